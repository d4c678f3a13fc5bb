"""The CapabilityStatement; a test compares it with what the server does."""

from functools import lru_cache
from typing import Any

from records.fhir.schema import resource_types
from records.search.parameters import Kind, parameters_of
from records.services.writing import ELSEWHERE

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
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(),
                "resource": _resources(),
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
                "operation": [VALIDATE],
            }
        ],
    }


def _security() -> dict[str, Any]:
    return {
        "description": "A bearer token, issued by the portal; access as the patient granted it."
    }


HL7 = "http://hl7.org/fhir/OperationDefinition/"
IPS = "http://hl7.org/fhir/uv/ips/OperationDefinition/summary"
VALIDATE = {"name": "validate", "definition": f"{HL7}Resource-validate"}


def _operations(type: str) -> list[dict[str, str]]:
    proof = {"name": "proof", "definition": "urn:salus:OperationDefinition:proof"}
    found = [proof, VALIDATE]
    if type == "Patient":
        found.append({"name": "match", "definition": f"{HL7}Patient-match"})
        found.append({"name": "everything", "definition": f"{HL7}Patient-everything"})
        found.append({"name": "summary", "definition": IPS})
    return found


# Made from the audit trail when it is asked for.
_AUDIT: dict[str, Any] = {
    "type": "AuditEvent",
    "interaction": [{"code": "read"}, {"code": "search-type"}],
    "searchParam": [{"name": "patient", "type": "reference"}, {"name": "date", "type": "date"}],
}
_READING = ("read", "vread", "history-instance", "history-type", "search-type")
_WRITING = ("create", "update", "patch", "delete")


def _resources() -> list[dict[str, Any]]:
    left_out = {"Bundle", "Parameters"}
    return [
        _AUDIT if name == "AuditEvent" else _resource(name)
        for name in sorted(resource_types() - left_out)
    ]


def _resource(type: str) -> dict[str, Any]:
    parameters = parameters_of(type).values()
    references = [p for p in parameters if p.kind == Kind.REFERENCE]
    writes = type not in ELSEWHERE
    said: dict[str, Any] = {
        "type": type,
        "interaction": [{"code": code} for code in (*_READING, *(_WRITING if writes else ()))],
        "versioning": "versioned",
        "readHistory": True,
        "conditionalRead": "full-support",
        "searchInclude": [f"{type}:{p.code}" for p in references],
        "searchParam": [
            {"name": p.code, "definition": p.definition, "type": p.kind.value} for p in parameters
        ],
        "operation": _operations(type),
    }
    if writes:
        said |= {
            "updateCreate": True,
            "conditionalCreate": True,
            "conditionalUpdate": True,
            "conditionalDelete": "single",
        }
    return said
