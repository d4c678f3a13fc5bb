"""The ground rules in the OpenAPI description: keys, scopes and how errors look."""

from typing import Any
from uuid import UUID

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from core.acting import HEADER as ACTING_FOR
from core.api import PROBLEM
from core.idempotency import HEADER, WRITES

_KEY = OpenApiParameter(
    HEADER,
    str,
    OpenApiParameter.HEADER,
    description=(
        "1 to 255 visible characters of your choice, new for each write. The same request with the "
        "same key within 24 hours gives the first answer again, with `Idempotency-Replayed: true`; "
        "another request with it is refused with 422, one that is still running with 409."
    ),
)
_ACTING_FOR = OpenApiParameter(
    ACTING_FOR,
    UUID,
    OpenApiParameter.HEADER,
    description=(
        "The organisation that you act for; without it the first one that you joined. "
        "00000000-0000-0000-0000-000000000000: nobody but yourself."
    ),
)
_SHAPE = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["title", "status", "code"],
    "properties": {
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "scope": {"type": "string", "description": "The scope that the token lacks."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["place", "text"],
                "properties": {"place": {"type": "string"}, "text": {"type": "string"}},
            },
        },
    },
}
_REFUSED = {
    "description": "What went wrong.",
    "content": {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class Schema(AutoSchema):
    """Adds to each operation what all of them share."""

    def get_override_parameters(self) -> list[OpenApiParameter]:
        """For whom it is asked; and every write takes a key."""
        return [_ACTING_FOR, _KEY] if self.method in WRITES else [_ACTING_FOR]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Every operation may be refused, and names the scope that a token needs."""
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        area = getattr(self.view, "area", "")
        if operation is not None and area:
            operation["responses"]["default"] = _REFUSED
            operation["x-scope"] = f"{area}:{'write' if self.method in WRITES else 'read'}"
        return operation


def ground_rules(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """The shape of a problem, once for all operations."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = _SHAPE
    return result
