"""OperationOutcome: how FHIR says what went wrong."""

import json
from typing import Any

from core.errors import SalusError

FHIR_JSON = "application/fhir+json; charset=utf-8"


def outcome(code: str, text: str, *, places: list[str] | None = None) -> dict[str, Any]:
    """One issue of severity error."""
    issue: dict[str, Any] = {"severity": "error", "code": code, "diagnostics": text}
    if places:
        issue["expression"] = places
    return {"resourceType": "OperationOutcome", "issue": [issue]}


# The codes of ours that FHIR's list of issue types calls otherwise.
_CODES = {
    "insufficient_scope": "forbidden", "invalid-search": "invalid", "duplicate": "duplicate",
    "too-large": "too-long",
}  # fmt: skip


def written_outcome(error: SalusError) -> bytes:
    """An error of ours as it stands in a bundle."""
    return json.dumps(outcome_of(error)).encode()


def outcome_of(error: SalusError) -> dict[str, Any]:
    """An error of ours, one issue per problem."""
    code = _CODES.get(error.code, error.code)
    issues = [
        outcome(code, p.text, places=[p.place] if p.place else None)["issue"][0]
        for p in error.problems
    ]
    if not issues:
        return outcome(code, error.detail)
    return {"resourceType": "OperationOutcome", "issue": issues}
