"""OperationOutcome: how FHIR says what went wrong."""

from typing import Any

from core.errors import SalusError

FHIR_JSON = "application/fhir+json; charset=utf-8"


def outcome(code: str, text: str, *, places: list[str] | None = None) -> dict[str, Any]:
    """One issue of severity error."""
    issue: dict[str, Any] = {"severity": "error", "code": code, "diagnostics": text}
    if places:
        issue["expression"] = places
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def outcome_of(error: SalusError) -> dict[str, Any]:
    """An error of ours, one issue per problem."""
    issues = [
        outcome(error.code, p.text, places=[p.place] if p.place else None)["issue"][0]
        for p in error.problems
    ]
    if not issues:
        return outcome(error.code, error.detail)
    return {"resourceType": "OperationOutcome", "issue": issues}
