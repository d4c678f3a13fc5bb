"""Who may look at an organisation, and who may change it: its managers, while they act for it."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Invitation, Membership, Organisation, Role
from accounts.selectors import members_of, organisations
from accounts.viewer import Viewer
from core.errors import Forbidden, NotFound


def require_manager(viewer: Viewer) -> Organisation:
    """The organisation that the viewer manages and acts for; raises Forbidden."""
    if not viewer.has(Role.MANAGER) or viewer.organisation is None:
        raise Forbidden(_("This is for people who manage an organisation."))
    return viewer.organisation


def access_membership(viewer: Viewer, pk: int) -> Membership:
    """A person's membership of the managed organisation; raises Forbidden, NotFound."""
    rows = members_of(require_manager(viewer)).select_related("user", "organisation")
    found = rows.filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def access_sent_invitation(viewer: Viewer, pk: UUID) -> Invitation:
    """An invitation that the managed organisation sent; raises Forbidden, NotFound."""
    found = require_manager(viewer).invitations.filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def access_organisation(viewer: Viewer, pk: UUID) -> Organisation:
    """One that was checked, or one of the viewer's own; raises NotFound."""
    own = [place for place in viewer.places if place.pk == pk]
    found = own[0] if own else organisations().filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found
