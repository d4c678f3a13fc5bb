"""What a resource can be found by: the forms of its values, before they are hashed.

A form is a short text that says both how and what: `=final` is a code in any system, `#http://…|`
anything of a system. The same functions make the forms of what is asked for, so that the two agree.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from records.blind_index import fold
from records.search.parameters import Component, Kind, Parameter
from records.search.paths import Node, compiled, referred_type
from records.search.ranges import ALWAYS, Range, decimal, moment, number, period

# Of a text that begins with fewer letters than this, the index would tell too much.
SHORTEST, LONGEST = 3, 32
PRESENT = "present"


@dataclass
class Forms:
    """What one value is found by: exact forms, ranges with the forms that go before them, references."""

    tokens: set[str] = field(default_factory=set)
    ranges: set[tuple[str, Range]] = field(default_factory=set)
    references: set[str] = field(default_factory=set)  # `Type/id`

    def __bool__(self) -> bool:
        return bool(self.tokens or self.ranges or self.references)

    def add(self, other: "Forms") -> None:
        """All of another's, too."""
        self.tokens |= other.tokens
        self.ranges |= other.ranges
        self.references |= other.references


def forms_of(parameter: Parameter, resource: dict[str, Any]) -> Forms:
    """By what a resource is found with a parameter."""
    found = Forms()
    for path in parameter.paths:
        for node in path(parameter.type, resource):
            if parameter.kind == Kind.COMPOSITE:
                found.add(_composite(parameter.components, node))
            else:
                found.add(_BY_KIND[parameter.kind](*node))
    if found:
        found.tokens.add(PRESENT)
    return found


def _composite(components: tuple[Component, ...], node: Node) -> Forms:
    """Each combination of what its parts are found by; at most one of them is a range."""
    parts = [_part(component, node) for component in components]
    texts = [part.tokens | part.references for part in parts]
    ranges = [part.ranges for part in parts]
    found = Forms()
    if all(texts):
        found.tokens = {"$".join(choice) for choice in product(*texts)}
    for index, own in enumerate(ranges):
        others = [text for at, text in enumerate(texts) if at != index]
        for before in product(*others):
            found.ranges |= {("$".join([*before, form]), range) for form, range in own}
    return found


def _part(component: Component, node: Node) -> Forms:
    found = Forms()
    for path in compiled(component.expression, node[0]):
        for inner in path(*node):
            found.add(_BY_KIND[component.kind](*inner))
    return found


# -- tokens ----------------------------------------------------------------------------------------


def code_forms(system: str, code: str) -> set[str]:
    """A code: in any system, in its own or in none, and that something of its system is there."""
    found = {f"#{system}|"} if system else set()
    if code:
        code = code.casefold()
        found |= {f"={code}", f"{system}|{code}"}
    return found


def _token(type: str, value: Any) -> Forms:
    found = Forms(_TOKENS.get(type, _plain)(value))
    # The system of a plain code is said by the specification: whichever is asked with is right.
    if type == "code" and isinstance(value, str):
        found.tokens.add(plain_code_form(value))
    return found


def plain_code_form(code: str) -> str:
    """A code that stands alone, as in `status`."""
    return f"%{code.casefold()}"


def _coding(value: Any) -> set[str]:
    return code_forms(_text(value, "system"), _text(value, "code"))


def _concept(value: Any) -> set[str]:
    codings = value.get("coding") if isinstance(value, dict) else None
    found: set[str] = set()
    for coding in codings if isinstance(codings, list) else []:
        found |= _coding(coding)
    return found


def identifier_forms(value: Any) -> set[str]:
    """An identifier, also by what kind of identifier it is (`:of-type`)."""
    number = _text(value, "value")
    found = code_forms(_text(value, "system"), number)
    kind = value.get("type") if isinstance(value, dict) else None
    for coding in (kind.get("coding") or []) if isinstance(kind, dict) else []:
        system, code = _text(coding, "system"), _text(coding, "code")
        if number and code:
            found.add(of_type_form(system, code, number))
    return found


def of_type_form(system: str, code: str, number: str) -> str:
    """An identifier of a kind."""
    return f"@{system}|{code}|{number}".casefold()


def _contact(value: Any) -> set[str]:
    return code_forms("", _text(value, "value").strip())


def _plain(value: Any) -> set[str]:
    if isinstance(value, bool):
        value = "true" if value else "false"
    return {f"={value.casefold()}"} if isinstance(value, str) and value else set()


_TOKENS: dict[str, Callable[[Any], set[str]]] = {
    "Coding": _coding, "CodeableConcept": _concept, "Identifier": identifier_forms,
    "ContactPoint": _contact,
}  # fmt: skip


def _text(value: Any, key: str) -> str:
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) else ""


# -- strings ---------------------------------------------------------------------------------------

_NAME = ("family", "given", "prefix", "suffix", "text")
_ADDRESS = ("line", "city", "district", "state", "postalCode", "country", "text")


def texts_of(type: str, value: Any) -> list[str]:
    """The texts that a value of a string parameter is made of."""
    if type not in ("HumanName", "Address"):
        return [value] if isinstance(value, str) and value else []
    found = []
    for element in _NAME if type == "HumanName" else _ADDRESS:
        inner = value.get(element) if isinstance(value, dict) else None
        texts = inner if isinstance(inner, list) else [inner]
        found += [text for text in texts if isinstance(text, str) and text]
    return found


def _string(type: str, value: Any) -> Forms:
    found: set[str] = set()
    for text in texts_of(type, value):
        found.add(exact_form(text))
        letters = fold(text)[:LONGEST]
        found |= {f"^{letters[:n]}" for n in range(SHORTEST, len(letters) + 1)}
    return Forms(found)


def exact_form(text: str) -> str:
    """A text as it is written (`:exact`)."""
    return f"!{text}"


# -- references and addresses ----------------------------------------------------------------------


def _reference(type: str, value: Any) -> Forms:
    if isinstance(value, str):  # canonical, uri
        return _uri(type, value)
    found = Forms()
    if not isinstance(value, dict):
        return found
    text = _text(value, "reference")
    if text and not text.startswith("#"):
        found.references.add(text.partition("/_history/")[0])
    identifier = value.get("identifier")
    if isinstance(identifier, dict):
        found.tokens |= {f"~{form}" for form in identifier_forms(identifier)}
    if referred := referred_type(value):
        found.tokens.add(f"#{referred}/")
    return found


def _uri(type: str, value: Any) -> Forms:
    if not isinstance(value, str) or not value:
        return Forms()
    plain = value.partition("|")[0]
    found = {f"={value}", f"={plain}"}
    return Forms(found | {f"<{part}" for part in parts_of(plain)})


def parts_of(uri: str) -> list[str]:
    """An address and those above it, as `:below` and `:above` mean them."""
    steps = uri.rstrip("/").split("/")
    return ["/".join(steps[:n]) for n in range(1, len(steps) + 1) if steps[n - 1]]


# -- ranges ----------------------------------------------------------------------------------------


def _date(type: str, value: Any) -> Forms:
    if type == "Period":
        found = [period(value)] if isinstance(value, dict) else []
    elif type == "Timing":
        found = list(_timing(value)) if isinstance(value, dict) else []
    else:
        found = [moment(value)] if isinstance(value, str) else []
    return Forms(ranges={("", range) for range in found if range is not None})


def _timing(value: dict[str, Any]) -> Iterator[Range | None]:
    events = value.get("event")
    for event in events if isinstance(events, list) else []:
        yield moment(event) if isinstance(event, str) else None
    repeat = value.get("repeat")
    bounds = repeat.get("boundsPeriod") if isinstance(repeat, dict) else None
    if isinstance(bounds, dict):
        yield period(bounds)


def _number(type: str, value: Any) -> Forms:
    found = number(value)
    return Forms(ranges={("", found)} if found else set())


def _quantity(type: str, value: Any) -> Forms:
    if type == "Range" and isinstance(value, dict):
        return _range(value)
    amount = decimal(value.get("value")) if isinstance(value, dict) else None
    if amount is None:
        return Forms()
    point, comparator = float(amount), _text(value, "comparator")
    range = Range(
        ALWAYS.low if comparator in ("<", "<=") else point,
        ALWAYS.high if comparator in (">", ">=") else point,
    )
    return Forms(ranges={(unit, range) for unit in _units(type, value)})


def _range(value: dict[str, Any]) -> Forms:
    low, high = value.get("low"), value.get("high")
    at_least = decimal(low.get("value")) if isinstance(low, dict) else None
    at_most = decimal(high.get("value")) if isinstance(high, dict) else None
    if at_least is None and at_most is None:
        return Forms()
    range = Range(
        ALWAYS.low if at_least is None else float(at_least),
        ALWAYS.high if at_most is None else float(at_most),
    )
    units = _units("Quantity", low if isinstance(low, dict) else high)
    return Forms(ranges={(unit, range) for unit in units})


def _units(type: str, value: Any) -> set[str]:
    """In any unit, in its own by code or by name, and in that of its system."""
    if type == "Money":
        system, code = "urn:iso:std:iso:4217", _text(value, "currency")
    else:
        system, code = _text(value, "system"), _text(value, "code")
    found = {"", *(unit_form("", name) for name in (code, _text(value, "unit")) if name)}
    return found | {unit_form(system, code)} if system and code else found


def unit_form(system: str, code: str) -> str:
    """A unit; without a system by its code or by its name."""
    return f"{system}|{code}"


_BY_KIND: dict[Kind, Callable[[str, Any], Forms]] = {
    Kind.TOKEN: _token, Kind.STRING: _string, Kind.REFERENCE: _reference, Kind.URI: _uri,
    Kind.DATE: _date, Kind.NUMBER: _number, Kind.QUANTITY: _quantity,
}  # fmt: skip
