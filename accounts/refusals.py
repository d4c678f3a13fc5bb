"""What was refused to somebody who had signed in: noted with the route's name, never the address."""

from django.http import HttpRequest

from accounts.models import User
from accounts.viewer import viewer_for
from core import audit

# Parts of an address that name somebody's thing: there a 404 may mean that it is not theirs.
NAMING = frozenset({"pk", "id", "patient_id", "fhir_id"})
CHANNELS = {"fhir": "fhir", "epcis": "epcis", "api": "api"}


def refusal_record(request: HttpRequest, status: int) -> None:
    """After the rollback: a row for a 403, or for a 404 where something of somebody's was named."""
    if status not in (403, 404):
        return
    user, match = getattr(request, "user", None), request.resolver_match
    if not isinstance(user, User) or match is None or not match.view_name:
        return
    if status == 403 or NAMING & set(match.kwargs):
        viewer = viewer_for(user, _channel(match.route))
        audit.record(
            audit.Name.ACCESS_REFUSED, by=viewer.actor, target=match.view_name, reason=str(status)
        )


def _channel(route: str) -> str:
    return CHANNELS.get(route.lstrip("^").split("/", 1)[0], "page")
