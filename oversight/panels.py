"""What the auditor's dashboard shows."""

from typing import Any

from django.http import HttpRequest

from oversight.selectors import cases_waiting, findings_open


def of_auditor(request: HttpRequest) -> dict[str, Any]:
    """What waits for somebody to look."""
    return {"findings": findings_open().count(), "cases": cases_waiting().count()}
