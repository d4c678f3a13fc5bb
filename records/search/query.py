"""A search as it was asked for: which parameters, how sorted, with what beside."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from core.errors import Invalid, Problem
from records.fhir.schema import resource_types
from records.search.parameters import OWN_WAY, Kind, Parameter, parameters_of

DEFAULT_COUNT, MOST = 20, 500
MOST_VALUES = 200  # joined by commas
MOST_CRITERIA = 50
DEEPEST = 4  # steps of a chain
# About how the answer looks, not about what is found.
ABOUT_THE_ANSWER = frozenset({"_format", "_pretty", "_summary", "_elements", "_contained"})

MODIFIERS: dict[Kind, frozenset[str]] = {
    Kind.TOKEN: frozenset({"not", "missing", "of-type"}),
    Kind.STRING: frozenset({"exact", "contains", "missing"}),
    Kind.REFERENCE: frozenset({"identifier", "missing"}),
    Kind.URI: frozenset({"above", "below", "missing"}),
    Kind.DATE: frozenset({"missing"}),
    Kind.NUMBER: frozenset({"missing"}),
    Kind.QUANTITY: frozenset({"missing"}),
    Kind.COMPOSITE: frozenset(),
}


@dataclass(frozen=True)
class Criterion:
    """One parameter with its values, of which one is enough."""

    name: str  # as it was written
    type: str
    parameter: Parameter | None  # None for `_id` and `_lastUpdated`
    modifier: str
    values: tuple[str, ...]

    @property
    def code(self) -> str:
        """The parameter's code."""
        return self.parameter.code if self.parameter else self.name.partition(":")[0]


@dataclass(frozen=True)
class Chained:
    """`subject:Patient.name=…`: what a reference leads to fulfils something; of any of the types."""

    parameter: Parameter
    inner: tuple["Condition", ...]


@dataclass(frozen=True)
class Having:
    """`_has:Observation:patient:code=…`: something of a type that refers here fulfils something."""

    parameter: Parameter  # the reference, of the other type
    inner: "Condition"


Condition = Criterion | Chained | Having


@dataclass(frozen=True)
class Include:
    """What is sent along: `Observation:subject:Patient`; backwards for `_revinclude`."""

    type: str
    parameter: Parameter | None  # None for all references of the type
    target: str
    iterate: bool
    backwards: bool


@dataclass(frozen=True)
class Order:
    """One key of `_sort`."""

    parameter: Parameter | None  # None for `_id` and `_lastUpdated`
    code: str
    descending: bool


@dataclass
class Search:
    """All of it."""

    type: str
    conditions: list[Condition] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    includes: list[Include] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    total: str = "accurate"  # or none, estimate
    unknown: list[str] = field(default_factory=list)  # what was left out
    taken: list[tuple[str, str]] = field(default_factory=list)  # what was understood


class WrongSearch(Invalid):
    """A search that can't be answered as it was asked; FHIR answers it with 400."""

    status = 400
    code = "invalid-search"


def wrong(name: str, text: str) -> WrongSearch:
    """The error, at the parameter."""
    return WrongSearch(problems=[Problem(name, text)])


def parsed(type: str, parameters: Iterable[tuple[str, str]], *, strict: bool = False) -> Search:
    """Understand the parameters of a search; raises WrongSearch.

    What this server does not know is left out and named, or refused if `strict`
    (`Prefer: handling=strict`).
    """
    search = Search(type)
    for name, value in parameters:
        if name in ABOUT_THE_ANSWER or not value:
            continue
        try:
            _take(search, name, value)
        except _Unknown:
            if strict:
                text = _("This server does not know this parameter.")
                raise wrong(name, text) from None
            search.unknown.append(name)
        else:
            search.taken.append((name, value))
    if len(search.conditions) > MOST_CRITERIA:
        raise wrong("", _("These are too many parameters at once."))
    return search


class _Unknown(Exception):
    """A parameter that this server does not know."""


def _take(search: Search, name: str, value: str) -> None:
    base, _colon, modifier = name.partition(":")
    if base == "_sort":
        search.orders += _orders(search.type, value)
    elif base == "_count":
        search.count = _count(value)
    elif base == "_total":
        if value not in ("none", "estimate", "accurate"):
            raise wrong(name, _("This is “none”, “estimate” or “accurate”."))
        search.total = value
    elif base in ("_include", "_revinclude"):
        if modifier not in ("", "iterate", "recurse"):
            raise wrong(name, _("There is no such modifier here."))
        search.includes += _includes(base, value, iterate=bool(modifier))
    else:
        search.conditions.append(condition_of(search.type, name, value))


def _count(value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise wrong("_count", _("This is a whole number."))
    return min(int(value[:9]), MOST)


def condition_of(type: str, name: str, value: str, depth: int = 0) -> Condition:
    """What one parameter asks for; raises WrongSearch, or _Unknown for an unknown one."""
    if depth > DEEPEST:
        raise wrong(name, _("This chain is too long."))
    if name.startswith("_has:"):
        return _having(type, name, value, depth)
    head, dot, rest = name.partition(".")
    if dot:
        return _chained(type, head, rest, value, depth)
    code, _colon, modifier = name.partition(":")
    parameter = parameters_of(type).get(code)
    if parameter is None and code not in OWN_WAY:
        raise _Unknown
    _check_modifier(type, name, parameter, modifier)
    values = split(value, ",")
    if len(values) > MOST_VALUES:
        raise wrong(name, _("These are too many values at once."))
    return Criterion(name, type, parameter, modifier, tuple(values))


def _check_modifier(type: str, name: str, parameter: Parameter | None, modifier: str) -> None:
    if not modifier:
        return
    kind = parameter.kind if parameter else None
    known = MODIFIERS[kind] if kind else frozenset()
    if kind == Kind.REFERENCE and modifier in resource_types():
        return
    if modifier not in known:
        raise wrong(name, _("This modifier is not offered for this parameter."))


def _chained(type: str, head: str, rest: str, value: str, depth: int) -> Chained:
    code, _colon, target = head.partition(":")
    parameter = parameters_of(type).get(code)
    if parameter is None or parameter.kind != Kind.REFERENCE:
        raise _Unknown
    targets = (target,) if target else parameter.targets
    found = []
    for one in targets:
        if one not in resource_types():
            raise wrong(f"{head}.{rest}", _("There is no such resource type."))
        try:
            found.append(condition_of(one, rest, value, depth + 1))
        except _Unknown:
            continue
    if not found:
        raise _Unknown
    return Chained(parameter, tuple(found))


def _having(type: str, name: str, value: str, depth: int) -> Having:
    parts = name.split(":", 3)
    if len(parts) < 4 or parts[1] not in resource_types():
        raise wrong(name, _("This is written as _has:Type:reference:parameter."))
    _has, other, code, rest = parts
    parameter = parameters_of(other).get(code)
    if parameter is None or parameter.kind != Kind.REFERENCE:
        raise wrong(name, _("The third part is a reference of the second one's type."))
    if parameter.targets and type not in parameter.targets:
        raise wrong(name, _("This reference never leads here."))
    try:
        return Having(parameter, condition_of(other, rest, value, depth + 1))
    except _Unknown:
        text = _("The last part is a search parameter of the second one's type.")
        raise wrong(name, text) from None


def _orders(type: str, value: str) -> list[Order]:
    found = []
    for key in value.split(","):
        code = key.removeprefix("-").strip()
        parameter = parameters_of(type).get(code)
        if parameter is None and code not in OWN_WAY:
            raise wrong("_sort", _("There is no parameter “%(code)s”.") % {"code": code[:40]})
        found.append(Order(parameter, code, key.strip().startswith("-")))
    return found


def _includes(base: str, value: str, *, iterate: bool) -> list[Include]:
    backwards = base == "_revinclude"
    type, _colon, rest = value.partition(":")
    code, _colon, target = rest.partition(":")
    if type not in resource_types() or (target and target not in resource_types()):
        raise wrong(base, _("This is written as Type:parameter, with resource types of FHIR R4."))
    if code == "*" and not backwards:
        return [Include(type, None, target, iterate, backwards)]
    parameter = parameters_of(type).get(code)
    if parameter is None or parameter.kind != Kind.REFERENCE:
        raise wrong(base, _("This type has no such reference parameter."))
    return [Include(type, parameter, target, iterate, backwards)]


_SPLIT = {mark: re.compile(rf"(?<!\\)(?:\\\\)*{re.escape(mark)}") for mark in (",", "$", "|")}


def split(text: str, mark: str) -> list[str]:
    r"""At each mark that is not escaped (`\,`); the parts keep their escapes."""
    parts, at = [], 0
    for match in _SPLIT[mark].finditer(text):
        parts.append(text[at : match.end() - 1])
        at = match.end()
    return [*parts, text[at:]]


def plain(text: str) -> str:
    r"""Without escapes: `a\,b` is `a,b`."""
    return re.sub(r"\\([\\,$|])", r"\1", text)
