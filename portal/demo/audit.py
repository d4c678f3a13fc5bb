"""A made-up past for the audit trail: one case for each rule, and a question that waits.

Rows of the trail are dated when they are written; these say by their channel that they are not.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, Role, User
from accounts.models.people import GUARDED_ROLES
from accounts.viewer import Viewer, viewer_for
from core import audit
from core.audit import Name, Purpose
from core.models import AuditEvent
from oversight.models import Case, Rule
from oversight.selectors import reads_like
from oversight.services.cases import case_open
from oversight.services.findings import rule_change
from oversight.services.rules import look
from oversight.services.sealing import seal_all
from portal.demo.clinical.people import DEMO_PATIENT, HARBOUR_PATIENTS
from portal.demo.code import app_enrol
from portal.demo.people import HARBOUR, INSTITUTE, DemoOrganisation

CHANNEL: Final = "demo"
NETWORK: Final = "198.51.100.0/24"  # RFC 5737 keeps it for examples
MANY: Final = 10  # patients within an hour: the demo's hospital is a small one


@dataclass(frozen=True)
class DemoStaff:
    """Somebody who is seen in the trail, and can't sign in."""

    key: str
    name: str
    role: Role
    organisation: DemoOrganisation


NIGHT_NURSE: Final = DemoStaff("night", "Nils Nightwatch", Role.NURSE, HARBOUR)
COLLECTOR: Final = DemoStaff("collector", "Cleo Allcharts", Role.NURSE, HARBOUR)
CURIOUS: Final = DemoStaff("curious", "Quentin Peekwell", Role.RESEARCHER, INSTITUTE)


def seed_audit() -> None:
    """The past, what the rules find in it, and a patient's question; a second run adds nothing."""
    if not AuditEvent.objects.filter(channel=CHANNEL).exists():
        auditor = viewer_for(User.objects.get(email=f"{Role.AUDITOR.value}@salus.example"))
        with transaction.atomic():
            rule_change(rule=Rule.MANY_PATIENTS, most=MANY, by=auditor)
            _past()
    seal_all()
    look()
    _ask()


def _past() -> None:
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday, before = today - timedelta(days=1), today - timedelta(days=2)
    harbour = [UUID(patient) for patient in HARBOUR_PATIENTS]
    night = yesterday.replace(hour=2, minute=14)
    _looks(_staff(NIGHT_NURSE), harbour[:1], night)
    _looks(_staff(COLLECTOR), harbour, before.replace(hour=10, minute=5))
    _looks(_staff(CURIOUS), [UUID(DEMO_PATIENT)], before.replace(hour=15, minute=40))
    doctor = viewer_for(User.objects.get(email=f"{Role.CLINICIAN.value}@salus.example"))
    _looks(
        doctor, harbour[1:2], yesterday.replace(hour=11, minute=2), purpose=Purpose.EMERGENCY,
        reason="Brought in unconscious (made up).",
    )  # fmt: skip


def _looks(
    by: Viewer, patients: Sequence[UUID], at: datetime, *, purpose: str = "", reason: str = ""
) -> None:
    """One after the other, each half a minute long."""
    actor = replace(by.actor, channel=CHANNEL)
    for index, patient in enumerate(patients):
        with audit.dated(at + timedelta(seconds=30 * index)), audit.origin(NETWORK):
            audit.record(
                Name.RECORD_LISTED, by=actor, subject=patient, target="summary", count=1,
                purpose=purpose, reason=reason,
            )  # fmt: skip


def _staff(wanted: DemoStaff) -> Viewer:
    email = f"{wanted.key}@salus.example"
    user = User.objects.filter(email=email).first()
    if user is None:
        user = User.objects.create_user(email, None, name=wanted.name)
        if wanted.role in GUARDED_ROLES:
            app_enrol(user)
        Membership.objects.create(
            user=user, organisation_id=wanted.organisation.id, role=wanted.role
        )
    return viewer_for(user)


def _ask() -> None:
    """The demo patient has seen somebody whom they do not know."""
    patient = viewer_for(User.objects.get(email=f"{Role.PATIENT.value}@salus.example"))
    if Case.objects.filter(patient=UUID(DEMO_PATIENT)).exists():
        return
    subject = audit.pseudonym(UUID(DEMO_PATIENT))
    event = AuditEvent.objects.filter(channel=CHANNEL, subject=subject).first()
    if event is not None:
        text = "This was before I shared anything with the institute, and I don't know this person."
        case_open(events=reads_like(event), text=text, by=patient)
