"""Dashboards of the roles that watch: administrator, donor."""

from typing import Any

from django.http import HttpRequest

from chain.selectors.standing import standing
from portal.health import component_states


def of_administrator(request: HttpRequest) -> dict[str, Any]:
    """The health of every part."""
    return {"components": component_states()}


def of_public(request: HttpRequest) -> dict[str, Any]:
    """What everybody may check."""
    return {"sealed": standing().sealed}
