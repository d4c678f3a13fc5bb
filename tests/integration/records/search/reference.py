"""What a search should find: every resource opened and looked at, parameter by parameter.

Written after R4's chapter on search, and apart from the index: it shares with it only where the
values of a parameter lie in a resource.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from records.search.parameters import Kind, Parameter, parameters_of
from records.search.paths import compiled

Json = dict[str, Any]
FAR_PAST, FAR_FUTURE = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Reference:
    """All resources that the viewer may see."""

    resources: list[Json]

    def find(self, type: str, asked: Iterable[tuple[str, str]]) -> set[str]:
        """The ids of those that fulfil all of what is asked."""
        wanted = list(asked)
        return {
            resource["id"]
            for resource in self.resources
            if resource["resourceType"] == type
            and all(self.fulfils(resource, name, value) for name, value in wanted)
        }

    def fulfils(self, resource: Json, name: str, value: str) -> bool:
        """Whether one does what one parameter asks for."""
        type = resource["resourceType"]
        if name.startswith("_has:"):
            _has, other, code, rest = name.split(":", 3)
            return any(
                self._refers(one, other, code, f"{type}/{resource['id']}")
                and self.fulfils(one, rest, value)
                for one in self.resources
                if one["resourceType"] == other
            )
        head, dot, rest = name.partition(".")
        if dot:
            code, _colon, target = head.partition(":")
            return any(
                self._refers(resource, type, code, f"{one['resourceType']}/{one['id']}")
                and self.fulfils(one, rest, value)
                for one in self.resources
                if target in ("", one["resourceType"])
                and rest.partition(":")[0].partition(".")[0] in parameters_of(one["resourceType"])
            )
        code, _colon, modifier = name.partition(":")
        if code == "_id":
            return resource["id"] in value.split(",")
        parameter = parameters_of(type)[code]
        nodes = [node for path in parameter.paths for node in path(type, resource)]
        if modifier == "missing":
            return (not nodes) == (value == "true")
        found = any(matches(parameter, nodes, one, modifier) for one in value.split(","))
        return found != (modifier == "not")

    def _refers(self, resource: Json, type: str, code: str, to: str) -> bool:
        for path in parameters_of(type)[code].paths:
            for _type, value in path(type, resource):
                if isinstance(value, dict) and value.get("reference") == to:
                    return True
        return False


def matches(parameter: Parameter, nodes: list[Any], value: str, modifier: str) -> bool:
    """Whether one of the values is what is asked for."""
    if parameter.kind == Kind.COMPOSITE:
        return any(_combination(parameter, node, value.split("$")) for node in nodes)
    test = _TESTS[parameter.kind]
    return any(test(type, node, value, modifier) for type, node in nodes)


def _combination(parameter: Parameter, node: Any, parts: list[str]) -> bool:
    for component, part in zip(parameter.components, parts, strict=True):
        inner = [n for path in compiled(component.expression, node[0]) for n in path(*node)]
        if not any(_TESTS[component.kind](type, value, part, "") for type, value in inner):
            return False
    return True


# -- by kind ---------------------------------------------------------------------------------------


def _token(type: str, node: Any, value: str, modifier: str) -> bool:
    system, bar, code = value.rpartition("|")
    for own_system, own_code in _codes(type, node):
        if type in ("code", "boolean", "string", "id", "uri"):
            fits = own_code.lower() == code.lower() and (not bar or (type == "code" and system))
        elif not bar:
            fits = own_code.lower() == code.lower()
        elif not code:
            fits = own_system == system
        else:
            fits = own_system == system and own_code.lower() == code.lower()
        if fits:
            return True
    return False


def _codes(type: str, node: Any) -> Iterable[tuple[str, str]]:
    if isinstance(node, bool):
        return [("", str(node).lower())]
    if isinstance(node, str):
        return [("", node)]
    if type == "CodeableConcept":
        codings = node.get("coding", [])
        return [(c.get("system", ""), c.get("code", "")) for c in codings]
    if type == "Identifier":
        return [(node.get("system", ""), node.get("value", ""))]
    if type == "ContactPoint":
        return [("", node.get("value", ""))]
    return [(node.get("system", ""), node.get("code", ""))]


def _plain(text: str) -> str:
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in letters if c.isalnum())


def _string(type: str, node: Any, value: str, modifier: str) -> bool:
    texts = [node] if isinstance(node, str) else []
    if isinstance(node, dict):
        keys = (
            ("family", "given", "prefix", "suffix", "text") if type == "HumanName"
            else ("line", "city", "district", "state", "postalCode", "country", "text")
        )  # fmt: skip
        for key in keys:
            found = node.get(key, [])
            texts += found if isinstance(found, list) else [found]
    if modifier == "exact":
        return value in texts
    plain = [_plain(text) for text in texts]
    if modifier == "contains":
        return any(_plain(value) in text for text in plain)
    return any(text.startswith(_plain(value)) for text in plain)


def _reference(type: str, node: Any, value: str, modifier: str) -> bool:
    if isinstance(node, str):
        return node == value
    if modifier == "identifier":
        return _token("Identifier", node.get("identifier") or {}, value, "")
    reference = node.get("reference", "")
    if modifier:
        return reference == f"{modifier}/{value}"
    return reference == value or ("/" not in value and reference.partition("/")[2] == value)


def _uri(type: str, node: Any, value: str, modifier: str) -> bool:
    if modifier == "below":
        return node == value or node.startswith(value.rstrip("/") + "/")
    if modifier == "above":
        return value == node or value.startswith(node.rstrip("/") + "/")
    return node == value


def _prefix(value: str) -> tuple[str, str]:
    match = re.fullmatch(r"(eq|ne|gt|lt|ge|le|sa|eb)?(.*)", value)
    assert match
    return match[1] or "eq", match[2]


def _span(text: str) -> tuple[datetime, datetime]:
    """A date or time as it is written, as the first moment in it and the first one after it."""
    if len(text) == 4:
        return datetime(int(text), 1, 1, tzinfo=UTC), datetime(int(text) + 1, 1, 1, tzinfo=UTC)
    if len(text) == 7:
        year, month = int(text[:4]), int(text[5:])
        later = (year + 1, 1) if month == 12 else (year, month + 1)
        return datetime(year, month, 1, tzinfo=UTC), datetime(*later, 1, tzinfo=UTC)
    start = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if len(text) == 10:
        start = start.replace(tzinfo=UTC)
        return start, start + timedelta(days=1)
    if "." in text:
        digits = len(re.search(r"\.(\d+)", text)[1])  # type: ignore[index]
        return start, start + timedelta(microseconds=10 ** (6 - digits))
    return start, start + timedelta(seconds=1)


def _date(type: str, node: Any, value: str, modifier: str) -> bool:
    if isinstance(node, dict):
        if type == "Timing":
            return any(_date("dateTime", event, value, "") for event in node.get("event", []))
        low = _span(node["start"])[0] if "start" in node else FAR_PAST
        high = _span(node["end"])[1] if "end" in node else FAR_FUTURE
    else:
        low, high = _span(node)
    prefix, text = _prefix(value)
    start, end = _span(text)
    equal = start <= low and high <= end
    tests: dict[str, Callable[[], bool]] = {
        "eq": lambda: equal, "ne": lambda: not equal, "gt": lambda: high > end,
        "lt": lambda: low < start, "ge": lambda: high > end or equal,
        "le": lambda: low < start or equal, "sa": lambda: low >= end, "eb": lambda: high <= start,
    }  # fmt: skip
    return tests[prefix]()


def _number(type: str, node: Any, value: str, modifier: str) -> bool:
    prefix, text = _prefix(value)
    return _compared(Decimal(str(node)), prefix, text)


def _compared(own: Decimal, prefix: str, text: str) -> bool:
    asked = Decimal(text)
    places = len(text.partition(".")[2])
    half = Decimal("0.5") / 10**places
    equal = asked - half <= own < asked + half
    return {
        "eq": equal, "ne": not equal, "gt": own > asked, "lt": own < asked, "ge": own >= asked,
        "le": own <= asked, "sa": own > asked, "eb": own < asked,
    }[prefix]  # fmt: skip


def _quantity(type: str, node: Any, value: str, modifier: str) -> bool:
    amount, *unit = value.split("|")
    if "value" not in node or not _compared_quantity(node, amount):
        return False
    if not unit or not any(unit):
        return True
    system, code = unit
    if system:
        return (node.get("system"), node.get("code")) == (system, code)
    return code in (node.get("code"), node.get("unit"))


def _compared_quantity(node: Json, amount: str) -> bool:
    prefix, text = _prefix(amount)
    return _compared(Decimal(str(node["value"])), prefix, text)


_TESTS: dict[Kind, Callable[[str, Any, str, str], bool]] = {
    Kind.TOKEN: _token, Kind.STRING: _string, Kind.REFERENCE: _reference, Kind.URI: _uri,
    Kind.DATE: _date, Kind.NUMBER: _number, Kind.QUANTITY: _quantity,
}  # fmt: skip
