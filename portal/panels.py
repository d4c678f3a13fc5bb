"""Dashboards of the roles that watch: administrator, donor."""

from typing import Any

from django.http import HttpRequest

from chain.models import AnchorState, Batch, Commitment
from portal.health import component_states


def of_administrator(request: HttpRequest) -> dict[str, Any]:
    """The health of every part."""
    return {"components": component_states()}


def of_public(request: HttpRequest) -> dict[str, Any]:
    """What everybody may check."""
    sealed = Commitment.objects.filter(batch__state=AnchorState.FINAL).count()
    return {"sealed": sealed, "batches": Batch.objects.filter(state=AnchorState.FINAL).count()}
