"""Whose proofs may be seen: the same rules as for what they are about."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.viewer import Viewer
from chain.models import Commitment, Kind
from chain.services import guard_documents
from core import audit
from core.errors import NotFound
from records.models import Consent, ConsentStatement, Version
from records.selectors import opened, versions_for
from records.services.consents import statement_document


def record_document(viewer: Viewer | None, row: Commitment) -> bytes:
    """A version's bytes for whoever may read that version; for nobody, a directory entry's."""
    found = opened(_versions(viewer).filter(commitment=row)[:1])
    if not found:
        raise NotFound
    if viewer is None:
        return found[0].document
    subject = found[0].version.record.patient_id
    audit.record(audit.Name.PROOF_READ, by=viewer.actor, subject=subject, target=row.kind)
    return found[0].document


def _versions(viewer: Viewer | None) -> QuerySet[Version]:
    if viewer is not None:
        return versions_for(viewer)
    return Version.objects.filter(record__patient=None).select_related("record")


def consent_document(viewer: Viewer, row: Commitment) -> bytes:
    """A statement's bytes: for the patient who made it."""
    found = (
        ConsentStatement.objects.select_related("consent")
        .filter(commitment=row, consent__patient__account=viewer.user)
        .first()
    )
    if found is None:
        raise NotFound
    subject = found.consent.patient_id
    audit.record(audit.Name.PROOF_READ, by=viewer.actor, subject=subject, target=row.kind)
    return statement_document(found)


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
