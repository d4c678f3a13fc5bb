"""Whose proofs may be seen: the same rules as for what they are about."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Role
from accounts.viewer import Viewer
from chain.heads import head_document
from chain.models import Commitment, Kind, PersonHead
from chain.services import Disclosed, guard_documents
from core import audit
from core.acting import portal_acts
from core.errors import NotFound
from records.delegates import actor_at, stands_for
from records.models import Consent, ConsentStatement, ErasureRequest, Patient, Version
from records.selectors import opened, patient_for, versions_for
from records.services.consents import ending_of, statement_document
from records.services.erasure import erasure_document
from records.services.people import may_unlink


def record_document(viewer: Viewer | None, row: Commitment) -> Disclosed:
    """A version's bytes for whoever may read that version; for nobody, a directory entry's."""
    found = opened(_versions(viewer).filter(commitment=row)[:1])
    if not found:
        raise NotFound
    if viewer is None:
        return Disclosed(found[0].document)
    version = found[0].version
    audit.record(
        audit.Name.PROOF_READ, by=actor_at(viewer, version.patient_id), subject=version.patient_id,
        target=version.reference, sealer=found[0].sealer,
    )  # fmt: skip
    return Disclosed(found[0].document)


def _versions(viewer: Viewer | None) -> QuerySet[Version]:
    if viewer is not None:
        return versions_for(viewer)
    return Version.objects.filter(patient=None)


def consent_document(viewer: Viewer, row: Commitment) -> Disclosed:
    """A grant's signed statement, and that of its end: for the patient and who cares for them."""
    found = (
        ConsentStatement.objects.select_related("consent__patient")
        .filter(entry__commitment=row)
        .first()
    )
    actor = stands_for(viewer, found.consent.patient) if found else None
    if found is None or actor is None:
        raise NotFound
    subject = found.consent.patient_id
    audit.record(audit.Name.PROOF_READ, by=actor, subject=subject, target=row.kind)
    return Disclosed(statement_document(found), ending_of(found.consent))


def head_of_person(viewer: Viewer, row: Commitment) -> Disclosed:
    """A person's head: for themselves and who cares for them."""
    head = PersonHead.objects.filter(commitment=row).first()
    patient = Patient.objects.filter(pk=head.owner_id).first() if head else None
    actor = stands_for(viewer, patient) if patient else None
    if head is None or actor is None:
        raise NotFound
    audit.record(audit.Name.PROOF_READ, by=actor, subject=head.owner_id, target=row.kind)
    return Disclosed(head_document(head))


def access_consent(viewer: Viewer, pk: UUID) -> Consent:
    """A grant of the viewer's own record, or of somebody's for whom they care; raises NotFound."""
    rows = Consent.objects.select_related("patient", "user", "organisation")
    found = rows.filter(pk=pk).first()
    if found is None or not stands_for(viewer, found.patient):
        raise NotFound
    return found


def access_person(viewer: Viewer, pk: UUID) -> Patient:
    """The viewer's own record, or that of somebody for whom they care; raises NotFound."""
    patient = patient_for(viewer, pk)
    if not stands_for(viewer, patient):
        raise NotFound
    return patient


def erasure_of(viewer: Viewer, row: Commitment) -> Disclosed:
    """That a record was erased: for who asked, for who decides, and for auditors."""
    with portal_acts():
        found = ErasureRequest.objects.filter(commitment=row).first()
    seen = may_unlink(viewer) or viewer.has(Role.AUDITOR)
    if found is None or not (seen or found.asked_by_id == viewer.user.pk):
        raise NotFound
    audit.record(audit.Name.PROOF_READ, by=viewer.actor, target=row.kind)
    return Disclosed(erasure_document(found))


def register() -> None:
    """At start-up."""
    guard_documents(Kind.FHIR, record_document)
    guard_documents(Kind.CONSENT, consent_document)
    guard_documents(Kind.HEAD, head_of_person)
    guard_documents(Kind.ERASED, erasure_of)
