"""What the JSON schema can't say: compiled per type from the StructureDefinitions.

Required elements (the schema misses those that are primitive, and choices), required bindings, dates
that exist, numbers in bounds, references of a form that leads somewhere, nothing empty (ele-1), the
invariants. A check goes down the elements of a value together with it and never raises, provided
that the JSON schema holds.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from typing import Any

from django.utils.translation import gettext as _

from core.errors import Problem
from records.fhir.definitions import Codes, elements, value_set
from records.fhir.invariants import RULES
from records.fhir.schema import resource_types

Check = Callable[[Any, str, "Found"], None]  # a value, its place, where to say what is wrong
Needed = tuple[str, frozenset[str]]  # an element, and the keys any of which it may lie under


class Found:
    """What checks have found in one resource: problems, and which local references it has."""

    __slots__ = ("local", "problems")

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.local: list[tuple[str, str]] = []  # place, id

    def add(self, place: str, text: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(place, text))


# -- resources -------------------------------------------------------------------------------------


def check_resource(resource: dict[str, Any], place: str, found: Found) -> None:
    """Check a resource, and those within it; the JSON schema must hold."""
    outside, found.local = found.local, []
    check_of(resource["resourceType"])(resource, place, found)
    inner = resource.get("contained", ())
    for index, one in enumerate(inner):
        _contained(one, f"{place}.contained[{index}]", found)
    ids = {one.get("id") for one in inner}
    for where, id in found.local:
        if id and id not in ids:
            found.add(f"{where}.reference", _("this leads to nothing that is contained"))
    if inner:
        _unused(resource, place, found)
    found.local = outside


def _contained(resource: dict[str, Any], place: str, found: Found) -> None:
    """dom-2, dom-4, dom-5; what it refers to lies beside it."""
    check_of(resource["resourceType"])(resource, place, found)
    if "id" not in resource:
        found.add(f"{place}.id", _missing("id"))
    if "contained" in resource:
        found.add(f"{place}.contained", _("what is contained can't contain resources itself"))
    for name in sorted({"versionId", "lastUpdated", "security"} & resource.get("meta", {}).keys()):
        found.add(f"{place}.meta.{name}", _("what is contained has no version, time or label"))


def _unused(resource: dict[str, Any], place: str, found: Found) -> None:
    """dom-3: what is contained is referred to, or refers to the resource that contains it."""
    named = set(_locals({key: part for key, part in resource.items() if key != "contained"}))
    contained = resource["contained"]
    for one in contained:
        named.update(_locals(one))
    for index, one in enumerate(contained):
        if "id" in one and f"#{one['id']}" not in named and "#" not in _locals(one):
            found.add(f"{place}.contained[{index}]", _("nothing refers to this"))


def _locals(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith("#"):
            yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _locals(part)
    elif isinstance(value, list):
        for part in value:
            yield from _locals(part)


# -- types -----------------------------------------------------------------------------------------


@cache
def check_of(path: str) -> Check:
    """The check of a type (`Period`) or of a part of one (`Observation.component`)."""
    parts, needed = _compiled(path)
    rules = RULES.get(path, ())
    resource = path in resource_types()

    def check(value: dict[str, Any], place: str, found: Found) -> None:
        if not resource and len(value) == ("id" in value):
            found.add(place, _("this is empty"))
            return
        for key, inner in value.items():
            part = parts.get(key)
            if part is not None:
                part(inner, f"{place}.{key}", found)
            elif not inner and inner.__class__ in (list, dict):
                found.add(f"{place}.{key}", _("this is empty"))
        for name, keys in needed:
            if keys.isdisjoint(value):
                found.add(f"{place}.{name}", _missing(name))
        for rule in rules:
            if (problem := rule.broken(value, place)) is not None:
                found.problems.append(problem)

    return check


def _missing(name: str) -> str:
    return _("“%(name)s” is missing") % {"name": name}


def _compiled(path: str) -> tuple[dict[str, Check], list[Needed]]:
    """The checks of a type's elements by their key in JSON, and which of them must be there."""
    parts: dict[str, Check] = {}
    needed: list[Needed] = []
    for element in _children(path):
        name = element["path"].rpartition(".")[2]
        keys: set[str] = set()
        for key, type in _keys(element, name):
            keys |= _keys_that_do(key, type, element)
            if (check := _check(type, element)) is not None:
                parts[key] = _each(check) if element["base"]["max"] != "1" else check
            if _is_primitive(type):
                parts[f"_{key}"] = _extras
        if element["min"] and keys:
            needed.append((name, frozenset(keys)))
    return parts, needed


def _children(path: str) -> Iterator[dict[str, Any]]:
    depth = path.count(".") + 1
    for element in elements(path.partition(".")[0]):
        where = element["path"]
        if where.startswith(f"{path}.") and where.count(".") == depth:
            yield element


def _keys(element: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """Under which keys an element lies, each with the type or part that it has there."""
    if "contentReference" in element:
        yield name, element["contentReference"].partition("#")[2]
        return
    for type in element.get("type", ()):
        code = type["code"]
        if code in ("Element", "BackboneElement"):
            yield name, element["path"]
        elif name.endswith("[x]"):
            yield name[:-3] + code[0].upper() + code[1:], code
        else:
            yield name, code


def _is_primitive(type: str) -> bool:
    return type[0].islower() and "/" not in type


def _keys_that_do(key: str, type: str, element: dict[str, Any]) -> set[str]:
    """The keys that make a required element be there.

    Extensions alone may stand for a primitive, to say why it is absent; not for a code of a required
    binding, for which no other code than those of the set is allowed.
    """
    bound = element.get("binding", {}).get("strength") == "required"
    return {key, f"_{key}"} if _is_primitive(type) and not bound else {key}


def _check(type: str, element: dict[str, Any]) -> Check | None:
    """What is to be checked in a value of this type; None where the JSON schema has said it all."""
    if type == "Resource":
        # Those that are contained are checked by who contains them.
        return None if element["path"].endswith(".contained") else check_resource
    codes = _required_codes(element)
    if codes is not None and (check := _bound(type, codes)) is not None:
        return check
    if _is_primitive(type):
        return _PRIMITIVES.get(type)
    if type == "Reference":
        return _reference
    return None if "/" in type else _later(type)


def _later(type: str) -> Check:
    """Types hold each other in circles: compiled when a value of it comes."""

    def check(value: Any, place: str, found: Found) -> None:
        check_of(type)(value, place, found)

    return check


def _each(check: Check) -> Check:
    def every(values: list[Any], place: str, found: Found) -> None:
        if not values:
            found.add(place, _("this is empty"))
        for index, value in enumerate(values):
            if value is not None:
                check(value, f"{place}[{index}]", found)

    return every


def _extras(value: Any, place: str, found: Found) -> None:
    """The extensions of a primitive, or of a list of them."""
    check = check_of("Element")
    if isinstance(value, list):
        _each(check)(value, place, found)
    else:
        check(value, place, found)


# -- bindings --------------------------------------------------------------------------------------


def _required_codes(element: dict[str, Any]) -> Codes | None:
    binding = element.get("binding", {})
    if binding.get("strength") != "required" or "valueSet" not in binding:
        return None
    return value_set(binding["valueSet"])


def _bound(type: str, codes: Codes) -> Check | None:
    if type == "code":
        return _code(codes)
    if type in ("Coding", "Quantity"):
        return _coding(type, codes)
    return _concept(codes) if type == "CodeableConcept" else None


def _not_allowed() -> str:
    return _("this is not one of the allowed codes")


def _code(codes: Codes) -> Check:
    """A code alone: its system is the set's own."""
    allowed = frozenset(code for _system, code in codes)

    def check(value: str, place: str, found: Found) -> None:
        if value not in allowed:
            found.add(place, _not_allowed())

    return check


def _coding(type: str, codes: Codes) -> Check:
    """A Coding, or a Quantity by its unit."""

    def check(value: dict[str, Any], place: str, found: Found) -> None:
        check_of(type)(value, place, found)
        if "code" in value and (value.get("system"), value["code"]) not in codes:
            found.add(place, _not_allowed())

    return check


def _concept(codes: Codes) -> Check:
    """A CodeableConcept: one of its codings must be in the set, and a text alone does not do.

    R4's definition of `required` lets nothing stand for the code; of `extensible` it says that
    “alternate codings (or, data type allowing, text)” may be there instead. Extensions alone may be:
    they say why there is no code.
    """

    def check(value: dict[str, Any], place: str, found: Found) -> None:
        check_of("CodeableConcept")(value, place, found)
        codings = value.get("coding", ())
        if not codings and "text" not in value:
            return
        if not any((one.get("system"), one.get("code")) in codes for one in codings):
            found.add(place, _not_allowed())

    return check


# -- primitives ------------------------------------------------------------------------------------

MOST = 2**31 - 1  # R4's integers have 32 bits


def _date(value: str, place: str, found: Found) -> None:
    """The schema sees to the form; this, that the day exists."""
    if len(value) < 10:
        return
    try:
        date.fromisoformat(value[:10])
    except ValueError:
        found.add(place, _("this day does not exist"))


def _whole(least: int) -> Check:
    def check(value: Any, place: str, found: Found) -> None:
        if not isinstance(value, int) or not least <= value <= MOST:
            found.add(place, _("this is not a whole number within its type's bounds"))

    return check


_PRIMITIVES: dict[str, Check] = {
    "date": _date, "dateTime": _date, "instant": _date,
    "integer": _whole(-MOST - 1), "unsignedInt": _whole(0), "positiveInt": _whole(1),
}  # fmt: skip


# -- references ------------------------------------------------------------------------------------

_ID = r"[A-Za-z0-9\-.]{1,64}"
_RELATIVE = re.compile(rf"([A-Z][A-Za-z]+)(?:/{_ID}(?:/_history/{_ID})?|\?\S+)")
_ABSOLUTE = re.compile(
    r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+"
    r"|(?!urn:(?:uuid|oid):)[A-Za-z][A-Za-z0-9+.\-]*:\S+"
)


def _reference(value: dict[str, Any], place: str, found: Found) -> None:
    """A Reference: what it names must have one of the forms that lead somewhere."""
    check_of("Reference")(value, place, found)
    target = value.get("reference")
    if target is None:
        return
    if target.startswith("#"):
        found.local.append((place, target[1:]))
    elif not leads_somewhere(target):
        found.add(f"{place}.reference", _("this is no reference to a resource"))


def leads_somewhere(target: str) -> bool:
    """`Type/id`, also of a version; `Type?…` (a transaction's); an absolute URL, uuid or oid."""
    match = _RELATIVE.fullmatch(target)
    if match is not None:
        return match[1] in resource_types()
    return _ABSOLUTE.fullmatch(target) is not None
