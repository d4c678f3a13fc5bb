"""/api/docs/: the OpenAPI description as a page, in the portal's own frame and without JavaScript."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked."""

    method: str
    path: str
    words: str
    scope: str
    parameters: list[dict[str, Any]]
    request: str
    answers: list[tuple[str, str]]


@login_not_required
def docs(request: HttpRequest) -> HttpResponse:
    """What can be asked, what to send, what comes back."""
    return render(
        request,
        "portal/api_docs.html",
        {"operations": _operations(), "base_url": settings.BASE_URL},
    )


@lru_cache(maxsize=1)
def _operations() -> list[Operation]:
    schema: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    shapes = schema.get("components", {}).get("schemas", {})
    return [
        _operation(method, path, entry[method], shapes)
        for path, entry in sorted(schema["paths"].items())
        for method in METHODS
        if method in entry
    ]


def _operation(method: str, path: str, raw: dict[str, Any], shapes: dict[str, Any]) -> Operation:
    # Errors look the same everywhere: said once, on top.
    answers = [(code, a) for code, a in raw.get("responses", {}).items() if code != "default"]
    return Operation(
        method.upper(),
        path,
        str(raw.get("description", "")),
        str(raw.get("x-scope", "")),
        list(raw.get("parameters", [])),
        _example(raw.get("requestBody"), shapes),
        [(code, _example(answer, shapes)) for code, answer in answers],
    )


def _example(holder: dict[str, Any] | None, shapes: dict[str, Any]) -> str:
    for content in ((holder or {}).get("content") or {}).values():
        return json.dumps(_shape(content.get("schema", {}), shapes), indent=2)
    return ""


def _shape(schema: dict[str, Any], shapes: dict[str, Any], depth: int = 0) -> Any:
    """A schema as an example would look: names with the types of their values."""
    if "$ref" in schema:
        schema = shapes.get(schema["$ref"].rsplit("/", 1)[1], {})
    for part in schema.get("allOf", []):
        schema = {**shapes.get(part.get("$ref", "").rsplit("/", 1)[-1], {}), **schema}
    if depth > 5:  # deeper nesting is in the file
        return "…"
    if schema.get("type") == "array":
        return [_shape(schema.get("items", {}), shapes, depth + 1)]
    if "properties" in schema:
        return {name: _shape(s, shapes, depth + 1) for name, s in schema["properties"].items()}
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    return schema.get("format") or schema.get("type") or "any"
