"""Reading records: found through the gate, opened under the owner's key."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property, partial
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Q, QuerySet

from accounts.viewer import Viewer
from chain.models import AnchorState
from core.audit import own_actor, pseudonym
from core.errors import NotFound
from core.keys import Sealer, sealers_for
from core.models import AuditEvent
from core.prepared import Prepared
from core.row_security import Who
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
    AuditEvent.Name.PATIENT_MATCHED,
    AuditEvent.Name.PATIENT_ADMINISTERED,
    AuditEvent.Name.EMERGENCY_OPENED,
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
    owners = {row.pk: owner_of(row.patient_id) for row in rows}
    sealers = sealers_for(owners.values())
    return [
        Opened(row, sealer.open(row.sealed, seal_context(row.path)), sealer)
        for row in rows
        if (sealer := sealers.get(owners[row.pk]))
    ]


def versions_for(who: Viewer | Who) -> QuerySet[Version]:
    """All versions that this person may see, ready to be opened."""
    rows = versions_visible_to(who).select_related("commitment__batch")
    return rows.defer("commitment__batch__nodes")


def _one_version(reach: list[UUID], keeping: list[UUID], **which: Any) -> QuerySet[Version]:
    return versions_for(Who.given(reach, keeping)).filter(**which)


_ANYBODY: Any = {"reach": [UUID(int=1)], "keeping": [UUID(int=2)]}
_ONE: Any = {"type": "its type", "fhir_id": "its id"}
_current = Prepared(partial(_one_version, current=True), **_ANYBODY, **_ONE)
_numbered = Prepared(_one_version, **_ANYBODY, **_ONE, number=987654321)


def version_for(viewer: Viewer, type: str, fhir_id: str, number: int | None = None) -> Opened:
    """One version (the current one without a number); raises NotFound, also for what is foreign."""
    acting = viewer.acting
    which: dict[str, Any] = {"reach": list(acting.reach), "keeping": list(acting.keeping)}
    which |= {"type": type, "fhir_id": fhir_id}
    found = opened(_current(**which) if number is None else _numbered(**which, number=number))
    if not found:
        raise NotFound
    return found[0]


def chart_of(viewer: Viewer, patient_id: UUID, *types: str) -> list[Opened]:
    """The current versions of a patient's records that this person may see; also those of records
    that are merged into this one.
    """
    whose = Q(patient=patient_id) | Q(patient__merged_into=patient_id)
    rows = versions_for(viewer).filter(whose, current=True)
    return opened(rows.filter(type__in=types) if types else rows)


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
    seen = patients_visible_to(viewer)
    # A merged record stands in the chart of the one that stayed.
    others = seen.exclude(account=viewer.user).exclude(merged_into__in=seen.values("pk"))
    patients = list(others.order_by("created_at"))
    rows = versions_for(viewer).filter(current=True, type="Patient", patient__in=patients)
    by_patient = {o.version.patient_id: o for o in opened(rows)}
    return [(patient, by_patient.get(patient.pk)) for patient in patients]


def consents_of(patient: Patient) -> list[Consent]:
    """A patient's grants, newest first."""
    rows = patient.consents.select_related("user", "organisation")
    return list(rows.prefetch_related("statements__entry").order_by("-created_at"))


def directory_names(ids: Iterable[str]) -> dict[str, str]:
    """Names of organisations and practitioners by `Type/id`; the directory is nobody's secret."""
    wanted = [reference.split("/", 1)[1] for reference in ids if "/" in reference]
    rows = Version.objects.filter(current=True, patient=None, fhir_id__in=wanted)
    return {o.version.reference: display_name(o.resource) for o in opened(rows)}


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
    "own_patient", "patient_for", "patients_listed", "reads_of", "subjects_of", "version_for",
    "versions_for",
]  # fmt: skip


def subjects_of(patient: Patient) -> dict[UUID, UUID]:
    """A patient's names in the trail, with the record of each: theirs, and those merged into it."""
    return {pseudonym(pk): pk for pk in patient.with_merged}


def reads_of(patient: Patient, *, own: bool) -> QuerySet[AuditEvent]:
    """What was done with a patient's record, newest first; `own`: by the person too."""
    events = audit_events().filter(subject__in=list(subjects_of(patient)), name__in=READS)
    if own or patient.account_id is None:
        return events
    return events.exclude(actor_id__in=[patient.account_id, own_actor(patient.account_id)])
