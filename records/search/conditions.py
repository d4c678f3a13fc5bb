"""What is asked for, as conditions on the index; decided for one viewer, on each step of a chain."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from records.blind_index import fold
from records.fhir.resources import Resource
from records.fhir.schema import resource_types
from records.search.blind import mask, reference_token, token
from records.search.parameters import Component, Kind, Parameter
from records.search.query import (
    Chained,
    Condition,
    Criterion,
    Having,
    plain,
    split,
    wrong,
)
from records.search.ranges import Range, decimal, moment, precision_of
from records.search.terms import (
    AnyOf,
    HasId,
    HasToken,
    InRanges,
    IsOne,
    LeadsTo,
    LedToBy,
    Not,
    Term,
    WrittenAt,
)
from records.search.values import (
    LONGEST,
    PRESENT,
    SHORTEST,
    exact_form,
    of_type_form,
    plain_code_form,
    texts_of,
    unit_form,
)

NUMBERS = (Kind.NUMBER, Kind.QUANTITY)
PREFIXES = ("eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap")
ABOUT = 0.1  # `ap`: a tenth of a number, or of the time between then and now

Check = Callable[[Resource], bool]


@dataclass(frozen=True)
class Found:
    """A condition in SQL; and one in Python, where the index alone can't tell."""

    where: Term
    check: Check | None = None


class Conditions:
    """Makes terms of what is asked for; `settle` runs a search that needs a check within another."""

    def __init__(self, base_url: str, settle: Callable[[str, Term, Check], list[int]]) -> None:
        # Of FHIR: absolute references to here are as good as relative ones.
        self.base_url = base_url
        self.settle = settle

    def of(self, condition: Condition) -> Found:
        """The condition; raises WrongSearch."""
        if isinstance(condition, Chained):
            return Found(self._chained(condition))
        if isinstance(condition, Having):
            return Found(self._having(condition))
        if condition.parameter is None:
            return Found(self._own_way(condition))
        if condition.modifier == "missing":
            return Found(_missing(condition, condition.parameter))
        return self._of_kind(condition, condition.parameter)

    def _of_kind(self, asked: Criterion, parameter: Parameter) -> Found:
        match parameter.kind:
            case Kind.TOKEN:
                return Found(_token(asked, parameter))
            case Kind.STRING:
                return _string(asked, parameter)
            case Kind.REFERENCE:
                return Found(self._reference(asked, parameter))
            case Kind.URI:
                return Found(_uri(asked, parameter))
            case Kind.COMPOSITE:
                return Found(self._composite(asked, parameter))
            case _:
                tests = [_range(parameter, value, asked.name) for value in asked.values]
                return Found(_any_of(tests))

    # -- references --------------------------------------------------------------------------------

    def _reference(self, asked: Criterion, parameter: Parameter) -> Term:
        if asked.modifier == "identifier":
            forms = [
                f"~{form}" for value in asked.values for form in _token_forms(value, asked.name)
            ]
            return one_of_tokens(token(parameter.name, form) for form in forms)
        found: list[int] = []
        for value in asked.values:
            for reference in self._references(parameter, plain(value), asked.modifier):
                found += [
                    reference_token(parameter.name, reference),
                    token(parameter.name, f"={reference}"),  # canonical
                ]
        return one_of_tokens(found)

    def _references(self, parameter: Parameter, text: str, type: str) -> list[str]:
        """What a value may mean: an id alone may be of each type that can be meant."""
        text = text.removeprefix(self.base_url).partition("/_history/")[0]
        if type:
            return [f"{type}/{text.removeprefix(f'{type}/')}"]
        if "/" in text or ":" in text:
            return [text]
        return [f"{target}/{text}" for target in parameter.targets or sorted(resource_types())]

    def _matching(self, condition: Condition, type: str) -> Term:
        """What fulfils an inner condition."""
        found = self.of(condition)
        if found.check is None:
            return found.where
        return IsOne(tuple(self.settle(type, found.where, found.check)))

    def _chained(self, condition: Chained) -> Term:
        way = mask(condition.parameter.name)
        types = [_type_of(inner) for inner in condition.inner]
        return AnyOf(
            tuple(
                LeadsTo(way, type, self._matching(inner, type))
                for inner, type in zip(condition.inner, types, strict=True)
            )
        )

    def _having(self, condition: Having) -> Term:
        type = condition.parameter.type
        inner = self._matching(condition.inner, type)
        return LedToBy(mask(condition.parameter.name), type, inner)

    # -- the rest ----------------------------------------------------------------------------------

    def _composite(self, asked: Criterion, parameter: Parameter) -> Term:
        found = []
        for value in asked.values:
            parts = split(value, "$")
            if len(parts) != len(parameter.components):
                raise wrong(asked.name, _("The parts of a composite are joined by $, all of them."))
            found.append(self._combination(asked, parameter, parts))
        return _any_of(found)

    def _combination(self, asked: Criterion, parameter: Parameter, parts: list[str]) -> Term:
        texts: list[list[str]] = []
        ranged: tuple[Component, str] | None = None
        for component, part in zip(parameter.components, parts, strict=True):
            if component.kind in (Kind.DATE, *NUMBERS):
                ranged = (component, part)
            else:
                texts.append(self._part_forms(component, part, asked.name))
        forms: list[list[str]] = [[]]
        for options in texts:
            forms = [[*before, option] for before in forms for option in options]
        if ranged is None:
            return one_of_tokens(token(parameter.name, "$".join(form)) for form in forms)
        component, part = ranged
        return _any_of(
            [_range_of(component.kind, parameter.name, part, asked.name, form) for form in forms]
        )

    def _part_forms(self, component: Component, part: str, name: str) -> list[str]:
        if component.kind == Kind.TOKEN:
            return _token_forms(part, name)
        if component.kind == Kind.REFERENCE:
            return [plain(part).removeprefix(self.base_url)]
        if component.kind == Kind.URI:
            return [f"={plain(part)}"]
        letters = fold(plain(part))
        if not SHORTEST <= len(letters) <= LONGEST:
            raise wrong(name, _("A text within a composite has 3 to 32 letters."))
        return [f"^{letters}"]

    def _own_way(self, asked: Criterion) -> Term:
        if asked.code == "_id":
            return HasId(tuple(plain(value) for value in asked.values))
        tests = []
        for value in asked.values:
            prefix, range = _moment(value, asked.name)
            tests.append(_updated(prefix, range))
        return _any_of(tests)


def _type_of(condition: Condition) -> str:
    """Of which type something is that fulfils a condition."""
    if isinstance(condition, Having):
        raise wrong("_has", _("_has does not stand within a chain."))
    if isinstance(condition, Chained):
        return condition.parameter.type
    return condition.type


def _any_of(tests: Sequence[Term]) -> Term:
    return tests[0] if len(tests) == 1 else AnyOf(tuple(tests))


def one_of_tokens(tokens: Any) -> Term:
    """Whether one of them is there."""
    return HasToken(tuple(sorted(set(tokens))))


def _missing(asked: Criterion, parameter: Parameter) -> Term:
    [value] = asked.values if len(asked.values) == 1 else [""]
    if value not in ("true", "false"):
        raise wrong(asked.name, _("This is true or false."))
    there = one_of_tokens([token(parameter.name, PRESENT)])
    return Not(there) if value == "true" else there


# -- tokens, texts and addresses -------------------------------------------------------------------


def _token(asked: Criterion, parameter: Parameter) -> Term:
    if asked.modifier == "of-type":
        forms = [_of_type(value, asked.name) for value in asked.values]
    else:
        forms = [form for value in asked.values for form in _token_forms(value, asked.name)]
    found = one_of_tokens(token(parameter.name, form) for form in forms)
    return Not(found) if asked.modifier == "not" else found


def _token_forms(value: str, name: str) -> list[str]:
    """`code`, `system|code`, `|code` (of no system), `system|` (anything of it)."""
    parts = [plain(part) for part in split(value, "|")]
    if len(parts) > 2 or not any(parts):
        raise wrong(name, _("This is written as code, system|code, |code or system|."))
    if len(parts) == 1:
        return [f"={parts[0].casefold()}"]
    system, code = parts
    if not code:
        return [f"#{system}|"]
    own = f"{system}|{code.casefold()}"
    return [own, plain_code_form(code)] if system else [own]


def _of_type(value: str, name: str) -> str:
    parts = [plain(part) for part in split(value, "|")]
    if len(parts) != 3 or not all(parts[1:]):
        raise wrong(name, _("This is written as system|code|value."))
    return of_type_form(*parts)


def _string(asked: Criterion, parameter: Parameter) -> Found:
    if asked.modifier == "exact":
        forms = [exact_form(plain(value)) for value in asked.values]
        return Found(one_of_tokens(token(parameter.name, form) for form in forms))
    wanted = [fold(plain(value)) for value in asked.values]
    within = asked.modifier == "contains"
    if not within and all(SHORTEST <= len(letters) <= LONGEST for letters in wanted):
        return Found(one_of_tokens(token(parameter.name, f"^{letters}") for letters in wanted))
    there = one_of_tokens([token(parameter.name, PRESENT)])
    return Found(there, _texts_check(parameter, wanted, within=within))


def _texts_check(parameter: Parameter, wanted: list[str], *, within: bool) -> Check:
    def check(resource: Resource) -> bool:
        for path in parameter.paths:
            for node in path(parameter.type, resource):
                for text in map(fold, texts_of(*node)):
                    if any(w in text if within else text.startswith(w) for w in wanted):
                        return True
        return False

    return check


def _uri(asked: Criterion, parameter: Parameter) -> Term:
    forms: list[str] = []
    for value in map(plain, asked.values):
        if asked.modifier == "below":
            forms.append(f"<{value.rstrip('/')}")
        elif asked.modifier == "above":
            steps = value.rstrip("/").split("/")
            forms += [f"={'/'.join(steps[:n])}" for n in range(1, len(steps) + 1)]
        else:
            forms.append(f"={value}")
    return one_of_tokens(token(parameter.name, form) for form in forms)


# -- ranges ----------------------------------------------------------------------------------------


def _range(parameter: Parameter, value: str, name: str) -> Term:
    return _range_of(parameter.kind, parameter.name, value, name, [])


def _range_of(kind: Kind, parameter: str, value: str, name: str, before: list[str]) -> Term:
    """A prefix and a value, under the forms that go before it in a composite."""
    if kind == Kind.DATE:
        prefix, range = _moment(value, name)
        return _in_ranges(token(parameter, "$".join([*before, ""])), *_dates(prefix, range))
    parts = [plain(part) for part in split(value, "|")]
    prefix, text = _prefixed(parts[0])
    amount = decimal(text) if text.strip() else None
    if amount is None or len(parts) not in (1, 3) or (kind == Kind.NUMBER and len(parts) > 1):
        raise wrong(name, _("This is a number, for quantities also as number|system|unit."))
    unit = unit_form(*parts[1:]) if len(parts) == 3 and any(parts[1:]) else ""
    key = token(parameter, "$".join([*before, unit]))
    return _in_ranges(key, *_numbers(prefix, amount))


def _prefixed(text: str) -> tuple[str, str]:
    return (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)


def _moment(value: str, name: str) -> tuple[str, Range]:
    prefix, text = _prefixed(plain(value))
    range = moment(text)
    if range is None:
        raise wrong(name, _("This is a date or a time, like 2026-11-22 or 2026-11-22T10:00:00Z."))
    if prefix == "ap":
        now = datetime.now(UTC).timestamp() * 1e6
        away = abs(now - range.low) * ABOUT
        range = Range(range.low - away, range.high + away)
    return prefix, range


# R4, 3.1.1.4.4: by the ranges of both sides. A test, and the ends of what is asked for in its order.
_WITHIN = "(r.l >= {} AND r.h <= {})"
_DATES: dict[str, tuple[str, str]] = {
    "eq": (_WITHIN, "lh"),
    "ne": (f"NOT {_WITHIN}", "lh"),
    "gt": ("r.h > {}", "h"),
    "lt": ("r.l < {}", "l"),
    "ge": (f"(r.h > {{}} OR {_WITHIN})", "hlh"),
    "le": (f"(r.l < {{}} OR {_WITHIN})", "llh"),
    "sa": ("r.l >= {}", "h"),
    "eb": ("r.h <= {}", "l"),
    "ap": ("(r.l < {} AND r.h > {})", "hl"),
}
# The same for numbers, which have no length: `v` is the number itself.
_POINT = "(r.l >= {} AND r.h < {})"
_NUMBERS: dict[str, tuple[str, str]] = {
    "eq": (_POINT, "lh"),
    "ne": (f"NOT {_POINT}", "lh"),
    "gt": ("r.h > {}", "v"),
    "lt": ("r.l < {}", "v"),
    "ge": ("r.h >= {}", "v"),
    "le": ("r.l <= {}", "v"),
    "sa": ("r.l > {}", "v"),
    "eb": ("r.h < {}", "v"),
    "ap": ("(r.l <= {} AND r.h >= {})", "ab"),
}


def _dates(prefix: str, asked: Range) -> tuple[str, list[float]]:
    test, ends = _DATES[prefix]
    return test, [asked.low if end == "l" else asked.high for end in ends]


def _numbers(prefix: str, amount: Decimal) -> tuple[str, list[float]]:
    """Equal within the digits that were given, else compared exactly."""
    value, same = float(amount), precision_of(amount)
    away = abs(value) * ABOUT
    named = {
        "v": value, "l": same.low, "h": same.high, "a": value + away, "b": value - away,
    }  # fmt: skip
    test, ends = _NUMBERS[prefix]
    return test, [named[end] for end in ends]


def _in_ranges(key: int, test: str, bounds: list[float]) -> Term:
    return InRanges((key,), test, tuple(bounds))


def _updated(prefix: str, asked: Range) -> Term:
    """`_lastUpdated` is a moment, to the millisecond, as the resource says it."""
    low, high = (_time(limit) for limit in (asked.low, asked.high))
    within = WrittenAt(low, high)
    tests: dict[str, Term] = {
        "ne": Not(within), "gt": WrittenAt(since=high), "sa": WrittenAt(since=high),
        "lt": WrittenAt(before=low), "eb": WrittenAt(before=low), "ge": WrittenAt(since=low),
        "le": WrittenAt(before=high),
    }  # fmt: skip
    return tests.get(prefix, within)


def _time(microseconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(microseconds / 1e6, UTC)
    except (OverflowError, ValueError, OSError):
        edge = datetime(9999, 12, 31, tzinfo=UTC)
        return edge if microseconds > 0 else datetime(1, 1, 1, tzinfo=UTC)
