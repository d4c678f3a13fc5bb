"""Whose proofs may be seen: the same rules as for what they are about."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.viewer import Viewer
from chain.heads import head_document
from chain.models import Commitment, Kind, PersonHead
from chain.services import Disclosed, guard_documents
from core import audit
from core.errors import NotFound
from records.models import Consent, ConsentStatement, Patient, Version
from records.selectors import opened, versions_for
from records.services.consents import ending_of, statement_document


def record_document(viewer: Viewer | None, row: Commitment) -> Disclosed:
    """A version's bytes for whoever may read that version; for nobody, a directory entry's."""
    found = opened(_versions(viewer).filter(commitment=row)[:1])
    if not found:
        raise NotFound
    if viewer is None:
        return Disclosed(found[0].document)
    audit.record(
        audit.Name.PROOF_READ, by=viewer.actor, subject=found[0].version.record.patient_id,
        target=str(found[0].version.record), sealer=found[0].sealer,
    )  # fmt: skip
    return Disclosed(found[0].document)


def _versions(viewer: Viewer | None) -> QuerySet[Version]:
    if viewer is not None:
        return versions_for(viewer)
    return Version.objects.filter(record__patient=None).select_related("record")


def consent_document(viewer: Viewer, row: Commitment) -> Disclosed:
    """A grant's signed statement, and that of its end: for the patient who made them."""
    found = (
        ConsentStatement.objects.select_related("consent")
        .filter(entry__commitment=row, consent__patient__account=viewer.user)
        .first()
    )
    if found is None:
        raise NotFound
    subject = found.consent.patient_id
    audit.record(audit.Name.PROOF_READ, by=viewer.actor, subject=subject, target=row.kind)
    return Disclosed(statement_document(found), ending_of(found.consent))


def head_of_person(viewer: Viewer, row: Commitment) -> Disclosed:
    """A person's head: for themselves alone."""
    head = PersonHead.objects.filter(commitment=row).first()
    if head is None or not Patient.objects.filter(pk=head.owner_id, account=viewer.user).exists():
        raise NotFound
    audit.record(audit.Name.PROOF_READ, by=viewer.actor, subject=head.owner_id, target=row.kind)
    return Disclosed(head_document(head))


def access_consent(viewer: Viewer, pk: UUID) -> Consent:
    """A grant of the viewer's own record; raises NotFound."""
    rows = Consent.objects.select_related("patient", "user", "organisation")
    found = rows.filter(pk=pk, patient__account=viewer.user).first()
    if found is None:
        raise NotFound
    return found


def register() -> None:
    """At start-up."""
    guard_documents(Kind.FHIR, record_document)
    guard_documents(Kind.CONSENT, consent_document)
    guard_documents(Kind.HEAD, head_of_person)
