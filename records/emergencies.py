"""Records that are open for an emergency: read here, opened in records/services/emergencies.py."""

from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now

from accounts.models import CARE
from accounts.viewer import Viewer
from core.acting import portal_acts
from core.audit import Actor, Purpose
from core.errors import Forbidden, NotFound
from records.models import EmergencyAccess, Patient
from records.services.sealing import opened_each

REASON = "emergency reason"


def standing() -> QuerySet[EmergencyAccess]:
    """Those that count now."""
    return EmergencyAccess.objects.filter(ended_at=None, ends_at__gt=Now())


def require_care(viewer: Viewer) -> None:
    """Raises Forbidden for who does not care for patients in an organisation, with a second factor."""
    if viewer.organisation is None or not viewer.roles & CARE:
        raise Forbidden


def emergencies_by(viewer: Viewer) -> list[EmergencyAccess]:
    """What this person has open now."""
    rows = standing().filter(by=viewer.user).select_related("patient", "organisation")
    return list(rows.order_by("-created_at"))


def access_emergency(viewer: Viewer, pk: UUID) -> EmergencyAccess:
    """One that the viewer opened; raises NotFound."""
    found = EmergencyAccess.objects.filter(pk=pk, by=viewer.user).first()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Opening:
    """An emergency as the patient sees it."""

    row: EmergencyAccess
    reason: str


def emergencies_of(patient: Patient) -> list[Opening]:
    """Who opened a patient's record for an emergency, newest first."""
    rows = list(patient.emergencies.select_related("by", "organisation").order_by("-created_at"))
    reasons = opened_each(patient.pk, [row.sealed_reason for row in rows], REASON)
    return [Opening(row, reason) for row, reason in zip(rows, reasons, strict=True)]


def emergency_actor(viewer: Viewer, patient_id: UUID) -> Actor | None:
    """As whom the trail names somebody who has this record open for an emergency; else None."""
    if not viewer.in_emergency:
        return None
    with portal_acts():
        rows = standing().filter(by=viewer.user, effects__patient=patient_id)
        return replace(viewer.actor, purpose=Purpose.EMERGENCY) if rows.exists() else None
