"""Reading records: found through the gate, opened under the owner's key."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import QuerySet

from accounts.viewer import Viewer
from chain.models import AnchorState
from core.audit import own_actor, pseudonym
from core.errors import NotFound
from core.keys import Sealer, sealers_for
from core.models import AuditEvent
from core.selectors import audit_events
from records.access import patients_visible_to, versions_visible_to
from records.fhir.resources import Resource
from records.models import Consent, Patient, Version
from records.services.store import owner_of, seal_context

_decoder = msgspec.json.Decoder(float_hook=Decimal)
READS = (
    AuditEvent.Name.RECORD_READ,
    AuditEvent.Name.RECORD_LISTED,
    AuditEvent.Name.PATIENT_LISTED,
    AuditEvent.Name.RECORD_WRITTEN,
    AuditEvent.Name.PROOF_READ,
)


@dataclass(frozen=True)
class Opened:
    """A version with its document."""

    version: Version
    document: bytes
    # Of whoever owns it, for what else concerns them in the same request.
    sealer: Sealer

    @cached_property
    def resource(self) -> Resource:
        """The parsed document, for display; the bytes stay what counts."""
        parsed: Resource = _decoder.decode(self.document)
        return parsed

    @property
    def state(self) -> AnchorState:
        """How far its seal is."""
        return self.version.commitment.state


def opened(versions: Iterable[Version]) -> list[Opened]:
    """Decrypt versions, with one query for all keys; erased ones are left out."""
    rows = list(versions)
    owners = {row.pk: owner_of(row.record.patient_id) for row in rows}
    sealers = sealers_for(owners.values())
    return [
        Opened(row, sealer.open(row.sealed, seal_context(row.path)), sealer)
        for row in rows
        if (sealer := sealers.get(owners[row.pk]))
    ]


def versions_for(viewer: Viewer) -> QuerySet[Version]:
    """All versions that this person may see, ready to be opened."""
    rows = versions_visible_to(viewer).select_related("record", "commitment__batch")
    return rows.defer("commitment__batch__nodes")


def version_for(viewer: Viewer, type: str, fhir_id: str, number: int | None = None) -> Opened:
    """One version (the current one without a number); raises NotFound, also for what is foreign."""
    rows = versions_for(viewer).filter(record__type=type, record__fhir_id=fhir_id)
    row = (
        rows.filter(number=number).first()
        if number is not None
        else rows.filter(current=True).first()
    )
    found = opened([row]) if row else []
    if not found:
        raise NotFound
    return found[0]


def chart_of(viewer: Viewer, patient_id: UUID, *types: str) -> list[Opened]:
    """The current versions of a patient's records that this person may see."""
    rows = versions_for(viewer).filter(current=True, record__patient=patient_id)
    return opened(rows.filter(record__type__in=types) if types else rows)


def patient_for(viewer: Viewer, patient_id: UUID) -> Patient:
    """A patient of whom this person may see anything; raises NotFound."""
    found = patients_visible_to(viewer).filter(pk=patient_id).first()
    if found is None:
        raise NotFound
    return found


def own_patient(viewer: Viewer) -> Patient | None:
    """The person's own record, if they have one here."""
    return Patient.objects.filter(account=viewer.user).first()


def patients_listed(viewer: Viewer) -> list[tuple[Patient, Opened | None]]:
    """The patients of whom this person may see anything, each with their Patient resource."""
    patients = list(patients_visible_to(viewer).exclude(account=viewer.user).order_by("created_at"))
    rows = versions_for(viewer).filter(
        current=True, record__type="Patient", record__patient__in=patients
    )
    by_patient = {o.version.record.patient_id: o for o in opened(rows)}
    return [(patient, by_patient.get(patient.pk)) for patient in patients]


def consents_of(patient: Patient) -> list[Consent]:
    """A patient's grants, newest first."""
    rows = patient.consents.select_related("user", "organisation")
    return list(rows.prefetch_related("statements__entry").order_by("-created_at"))


def directory_names(ids: Iterable[str]) -> dict[str, str]:
    """Names of organisations and practitioners by `Type/id`; the directory is nobody's secret."""
    wanted = [reference.split("/", 1)[1] for reference in ids if "/" in reference]
    rows = Version.objects.filter(current=True, record__patient=None, record__fhir_id__in=wanted)
    return {
        str(o.version.record): display_name(o.resource)
        for o in opened(rows.select_related("record"))
    }


def display_name(resource: Resource) -> str:
    """What a person or an organisation is called."""
    name: Any = resource.get("name")
    if isinstance(name, str):
        return name
    if isinstance(name, list) and name:
        first: dict[str, Any] = name[0]
        parts = [*first.get("prefix", []), *first.get("given", []), first.get("family", "")]
        return str(first.get("text") or " ".join(p for p in parts if p))
    return ""


__all__ = [
    "Opened", "chart_of", "consents_of", "directory_names", "display_name", "opened",
    "own_patient", "patient_for", "patients_listed", "reads_of", "version_for", "versions_for",
]  # fmt: skip


def reads_of(patient: Patient, *, own: bool) -> QuerySet[AuditEvent]:
    """What was done with a patient's record, newest first; `own`: by the person too."""
    events = audit_events().filter(subject=pseudonym(patient.pk), name__in=READS)
    if own or patient.account_id is None:
        return events
    return events.exclude(actor_id__in=[patient.account_id, own_actor(patient.account_id)])
