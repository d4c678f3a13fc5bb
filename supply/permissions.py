"""Who may do what with shipments: the only doors to them."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Organisation, Role
from accounts.viewer import Viewer
from chain.models import Commitment
from chain.services import Disclosed
from core import audit
from core.errors import Forbidden, NotFound
from supply.models import Shipment
from supply.selectors import event_document, shipments_of


def require_sender(viewer: Viewer) -> Organisation:
    """The organisation that a pharma person acts for; raises Forbidden."""
    if not viewer.has(Role.PHARMA) or viewer.organisation is None:
        raise Forbidden(_("Shipments are for people who act for a pharma organisation."))
    return viewer.organisation


def access_shipment(viewer: Viewer, pk: UUID) -> Shipment:
    """A shipment of the viewer's own organisation; raises Forbidden, NotFound."""
    found = shipments_of(require_sender(viewer)).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def epcis_document(viewer: Viewer, commitment: Commitment) -> Disclosed:
    """An event's bytes, for the organisation that wrote it and the one that receives it."""
    document = event_document(commitment, viewer.organisation_ids)
    if document is None:
        raise NotFound
    audit.record(audit.Name.PROOF_READ, by=viewer.actor, target=commitment.kind)
    return Disclosed(document)
