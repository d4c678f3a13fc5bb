"""Who sees which request for erasure."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.viewer import Viewer
from core.acting import portal_acts
from core.errors import Forbidden, NotFound
from records.models import ErasureRequest
from records.services.people import may_unlink, require_unlinker

MOST = 200  # in a list, the newest


def newest_erasure(viewer: Viewer) -> ErasureRequest | None:
    """The viewer's own newest request."""
    rows = ErasureRequest.objects.filter(asked_by=viewer.user)
    return rows.order_by("-created_at", "-pk").first()


@portal_acts()
def erasures_for(viewer: Viewer) -> list[ErasureRequest]:
    """What managers of the organisation that runs Salus decide; nothing for those of another.

    Raises Forbidden for all but managers.
    """
    if not viewer.has(Role.MANAGER):
        raise Forbidden(_("Only managers decide about this."))
    if not may_unlink(viewer):
        return []
    rows = ErasureRequest.objects.exclude(state=ErasureRequest.State.WITHDRAWN)
    return list(rows.select_related("asked_by").order_by("-created_at", "-pk")[:MOST])


@portal_acts()
def access_erasure(viewer: Viewer, pk: UUID) -> ErasureRequest:
    """One of those; raises Forbidden, NotFound."""
    require_unlinker(viewer)
    row = ErasureRequest.objects.select_related("asked_by").filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row
