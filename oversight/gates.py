"""Who may look over everybody's shoulder, and who may see which case."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.viewer import Viewer
from chain.models import Commitment, Kind
from chain.services import Disclosed, guard_documents
from core import audit
from core.errors import Forbidden, NotFound
from oversight.models import AuditSeal, Case, Finding
from records.models import Patient
from records.selectors import own_patient


def require_auditor(viewer: Viewer) -> Viewer:
    """Somebody who audits; raises Forbidden."""
    if not viewer.has(Role.AUDITOR):
        raise Forbidden(_("The audit trail is for auditors."))
    return viewer


def access_case(viewer: Viewer, pk: UUID) -> Case:
    """A case, for auditors and for the person whose record it is about; raises NotFound."""
    rows = Case.objects.all()
    own = rows.filter(patient__account=viewer.user)
    found = (rows if viewer.has(Role.AUDITOR) else own).filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def access_finding(viewer: Viewer, pk: int) -> Finding:
    """A finding, for auditors; raises Forbidden, NotFound."""
    require_auditor(viewer)
    found = Finding.objects.filter(pk=pk).first()
    if found is None:
        raise NotFound
    return found


def require_patient(viewer: Viewer) -> Patient:
    """The person's own record; raises Forbidden where they have none here."""
    patient = own_patient(viewer)
    if patient is None:
        raise Forbidden(_("You have no record here."))
    return patient


def seal_of_trail(viewer: Viewer, row: Commitment) -> Disclosed:
    """A seal's document: for auditors alone, since it tells how busy everybody is."""
    found = AuditSeal.objects.filter(commitment=row).first()
    if found is None or not viewer.has(Role.AUDITOR):
        raise NotFound
    audit.record(
        audit.Name.PROOF_READ, by=viewer.actor, target=f"AuditSeal/{found.number}", count=1
    )
    return Disclosed(bytes(found.document))


def register() -> None:
    """At start-up."""
    guard_documents(Kind.AUDIT, seal_of_trail)
