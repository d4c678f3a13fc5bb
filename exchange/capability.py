"""The CapabilityStatement; a test compares it with what the server does."""

from functools import lru_cache
from typing import Any

from records.fhir.schema import resource_types

PUBLISHED = "2026-11-22"
VERSION = "0.1.0"


@lru_cache(maxsize=2)
def capability_statement(base: str) -> dict[str, Any]:
    """For the server at this base address."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": PUBLISHED,
        "kind": "instance",
        "software": {"name": "Salus", "version": VERSION},
        "implementation": {"description": "Salus health portal", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [{"mode": "server", "security": _security(), "resource": _resources()}],
    }


def _security() -> dict[str, Any]:
    return {
        "description": "A bearer token, issued by the portal; access as the patient granted it."
    }


# Made from the audit trail when it is asked for.
_AUDIT: dict[str, Any] = {
    "type": "AuditEvent",
    "interaction": [{"code": "read"}, {"code": "search-type"}],
    "searchParam": [{"name": "patient", "type": "reference"}, {"name": "date", "type": "date"}],
}


def _resources() -> list[dict[str, Any]]:
    return [
        _AUDIT
        if name == "AuditEvent"
        else {
            "type": name,
            "versioning": "versioned",
            "interaction": [{"code": "read"}, {"code": "vread"}],
            "operation": [{"name": "proof", "definition": "urn:salus:OperationDefinition:proof"}],
        }
        for name in sorted(resource_types() - {"Bundle", "Parameters", "Binary"})
    ]
