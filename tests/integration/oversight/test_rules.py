"""Four rules look through sealed rows; what they find is settled by an auditor."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.viewer import Viewer
from core import audit
from core.audit import Name, Purpose
from core.errors import Conflict, Forbidden, Invalid
from core.models import AuditEvent
from oversight.models import Case, Finding, Rule, RuleSetting
from oversight.services.findings import finding_dismiss, finding_escalate, rule_change
from oversight.services.rules import look
from oversight.services.sealing import seal_all
from records.models import Patient, Scope
from records.services.consents import consent_grant, consent_revoke
from tests.factories.audit import told
from tests.factories.people import UserFactory, clinician, enrol
from tests.factories.records import (
    observation,
    organization,
    patient,
    patient_with_record,
    written_by,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("registry")]
NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 3, 23, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def demo(settings):
    """Only there may rows be dated."""
    settings.DEMO = True


@pytest.fixture
def doctor() -> Viewer:
    return clinician()


@pytest.fixture
def auditor() -> Viewer:
    from accounts.viewer import viewer_for

    return viewer_for(enrol(UserFactory(own_role="auditor")))


def related(doctor: Viewer) -> Patient:
    """A patient about whom the doctor's organisation has written."""
    about = patient()
    wrote = observation(about, **written_by(doctor.organisation.pk))
    clinic = organization(doctor.organisation.pk)
    return patient_with_record(clinic, wrote, about=about)[1]


def looked(by: Viewer, whom: Patient | UUID, at: datetime = NOON, **more: Any) -> None:
    with audit.dated(at):
        subject = whom if isinstance(whom, UUID) else whom.pk
        name = more.pop("name", Name.RECORD_READ)
        audit.record(name, by=by.actor, subject=subject, **more)


def found() -> list[tuple[str, UUID, int]]:
    """Everything found, after sealing; looking a second time finds nothing new."""
    seal_all()
    look()
    assert look() == 0
    rows = Finding.objects.order_by("rule", "at")
    return [(row.rule, row.actor_id, row.count) for row in rows]


# -- after hours -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("hour", "is_found"), [(6, True), (7, False), (19, False), (20, True)])
def test_looks_outside_of_the_working_day_are_found(doctor: Viewer, hour: int, is_found: bool):
    looked(doctor, related(doctor), NOON.replace(hour=hour, minute=59 if hour in (6, 19) else 0))
    assert found() == ([("after-hours", doctor.user.pk, 1)] if is_found else [])


def test_a_night_is_one_finding_an_hour_that_grows(doctor: Viewer):
    first, second = related(doctor), related(doctor)
    looked(doctor, first, NIGHT)
    assert found() == [("after-hours", doctor.user.pk, 1)]
    looked(doctor, second, NIGHT + timedelta(minutes=5))
    looked(doctor, second, NIGHT + timedelta(minutes=6))
    assert found() == [("after-hours", doctor.user.pk, 2)]


@pytest.mark.parametrize("name", [Name.PATIENT_LISTED, Name.RECORD_WRITTEN, Name.CONSENT_GRANTED])
def test_what_is_no_look_is_not_found(doctor: Viewer, name: Name):
    looked(doctor, related(doctor), NIGHT, name=name)
    assert found() == []


def test_patients_may_look_at_their_own_at_night():
    viewer, row, _ = patient_with_record()
    looked(viewer, row, NIGHT)
    assert found() == []


def test_a_rule_that_is_off_finds_nothing(doctor: Viewer):
    RuleSetting.objects.create(rule=Rule.AFTER_HOURS, active=False)
    looked(doctor, related(doctor), NIGHT)
    assert found() == []


# -- no relationship -------------------------------------------------------------------------------


def test_somebody_with_nothing_to_do_with_the_patient_is_found(doctor: Viewer):
    _, row, _ = patient_with_record()
    looked(doctor, row)
    looked(doctor, row, NOON + timedelta(minutes=1))
    assert found() == [("no-relationship", doctor.user.pk, 1)]


def test_whose_organisation_wrote_something_is_not(doctor: Viewer):
    looked(doctor, related(doctor))
    assert found() == []


@pytest.mark.parametrize("to", ["user", "organisation"])
def test_to_whom_it_was_shared_is_not(doctor: Viewer, to: str):
    viewer, row, _ = patient_with_record()
    consent_grant(
        patient=row, grantee=getattr(doctor, to), scope=Scope.EVERYTHING,
        last_day=timezone.now().date(), by=viewer,
    )  # fmt: skip
    looked(doctor, row, timezone.now())
    assert [f for f in found() if f[0] == "no-relationship"] == []


def test_a_grant_counts_only_while_it_stands(doctor: Viewer):
    viewer, row, _ = patient_with_record()
    before = timezone.now()
    consent = consent_grant(
        patient=row, grantee=doctor.user, scope=Scope.EVERYTHING,
        last_day=timezone.now().date(), by=viewer,
    )  # fmt: skip
    consent_revoke(consent=consent, by=viewer)
    looked(doctor, row, timezone.now())
    after = [f for f in found() if f[0] == "no-relationship"]
    assert after == [("no-relationship", doctor.user.pk, 1)]
    other = clinician()
    consent_grant(
        patient=row, grantee=other.user, scope=Scope.EVERYTHING,
        last_day=timezone.now().date(), by=viewer,
    )  # fmt: skip
    looked(other, row, before - timedelta(minutes=1))
    assert ("no-relationship", other.user.pk, 1) in found()


def test_a_pseudonym_that_is_nobodys_any_more_is_passed_over(doctor: Viewer):
    looked(doctor, uuid4())
    assert found() == []


# -- many patients ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "is_found"), [(2, False), (3, True)])
def test_so_many_patients_within_an_hour_are_found(doctor: Viewer, count: int, is_found: bool):
    RuleSetting.objects.create(rule=Rule.MANY_PATIENTS, most=3)
    for number in range(count):
        looked(doctor, related(doctor), NOON + timedelta(minutes=number))
    assert found() == ([("many-patients", doctor.user.pk, 3)] if is_found else [])


def test_the_same_patient_many_times_is_one(doctor: Viewer):
    RuleSetting.objects.create(rule=Rule.MANY_PATIENTS, most=3)
    row = related(doctor)
    for number in range(5):
        looked(doctor, row, NOON + timedelta(minutes=number))
    assert found() == []


def test_what_is_sealed_in_pieces_is_counted_together(doctor: Viewer):
    RuleSetting.objects.create(rule=Rule.MANY_PATIENTS, most=3)
    for number in range(3):
        looked(doctor, related(doctor), NOON + timedelta(minutes=number))
        seal_all()
        look()
    assert found() == [("many-patients", doctor.user.pk, 3)]


# -- break-glass -----------------------------------------------------------------------------------


def test_every_emergency_is_found_once_a_request(doctor: Viewer):
    row = related(doctor)
    with audit.origin():
        looked(doctor, row, purpose=Purpose.EMERGENCY)
        looked(doctor, row, purpose=Purpose.EMERGENCY)
    looked(doctor, row, purpose=Purpose.EMERGENCY)
    assert found() == [("break-glass", doctor.user.pk, 1)] * 2


def test_unsealed_rows_wait(doctor: Viewer):
    looked(doctor, related(doctor), purpose=Purpose.EMERGENCY)
    assert look() == 0
    assert found() == [("break-glass", doctor.user.pk, 1)]


# -- what auditors do ------------------------------------------------------------------------------


@pytest.fixture
def finding(doctor: Viewer) -> Finding:
    looked(doctor, related(doctor), purpose=Purpose.EMERGENCY)
    found()
    return Finding.objects.get()


def test_a_finding_is_dismissed_with_a_reason(finding: Finding, auditor: Viewer):
    row = finding_dismiss(finding=finding, reason="It was an emergency.", by=auditor)
    assert (row.state, row.settled_by_id) == ("dismissed", auditor.user.pk)
    event = AuditEvent.objects.get(name="audit.finding-dismissed")
    assert told(event).reason == "It was an emergency."
    assert found() == [("break-glass", finding.actor_id, 1)], "and it is not found again"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 2001])
def test_without_a_reason_it_stays_open(finding: Finding, auditor: Viewer, reason: str):
    with pytest.raises(Invalid):
        finding_dismiss(finding=finding, reason=reason, by=auditor)
    finding.refresh_from_db()
    assert finding.state == "open"


def test_a_finding_becomes_a_case_with_its_events(finding: Finding, auditor: Viewer):
    case = finding_escalate(finding=finding, reason="Look.", by=auditor)
    assert case.state == "in-review"
    assert case.patient is None
    assert [c.event_id for c in case.concerned.all()] == [finding.event_id]


def test_it_is_settled_once(finding: Finding, auditor: Viewer):
    finding_dismiss(finding=finding, reason="Fine.", by=auditor)
    with pytest.raises(Conflict):
        finding_escalate(finding=finding, reason="Look.", by=auditor)
    assert not Case.objects.exists()


def test_nobody_else_settles_findings_or_changes_rules(finding: Finding, doctor: Viewer):
    with pytest.raises(Forbidden):
        finding_dismiss(finding=finding, reason="Fine.", by=doctor)
    with pytest.raises(Forbidden):
        rule_change(rule=Rule.MANY_PATIENTS, most=99, by=doctor)


def test_a_stricter_rule_looks_at_the_last_days_again(doctor: Viewer, auditor: Viewer):
    row = related(doctor)
    looked(doctor, row)
    assert found() == []
    rule_change(rule=Rule.AFTER_HOURS, opens=13, closes=14, by=auditor)
    assert found() == [("after-hours", doctor.user.pk, 1)]
    said = told(AuditEvent.objects.get(name="audit.rule-changed"))
    assert (said.target, said.parameters) == ("Rule/after-hours", {"opens": "13", "closes": "14"})


# -- pages -----------------------------------------------------------------------------------------


def test_a_finding_is_dealt_with_on_its_page(client: Client, finding: Finding, auditor: Viewer):
    client.force_login(auditor.user)
    assert b"Dr Test" in client.get("/audit/findings/").content
    path = f"/audit/findings/{finding.pk}/"
    assert b"Opened 1 patient for an emergency." in client.get(path).content
    assert client.post(path, {"text": "", "act": "dismiss"}).status_code == 422
    assert client.post(path, {"text": "Look.", "act": "escalate"}).status_code == 302
    assert client.post(path, {"text": "Fine.", "act": "dismiss"}).status_code == 422
    case = Case.objects.get()
    assert b"Look." in client.get(f"/audit/cases/{case.pk}/").content
    assert b"Made a case" in client.get(path).content
    assert client.get("/audit/findings/?state=escalated&rule=break-glass").status_code == 200
    assert client.get("/audit/findings/99999/").status_code == 404


def test_a_rule_is_changed_on_its_page(client: Client, auditor: Viewer):
    client.force_login(auditor.user)
    path = "/audit/rules/after-hours/"
    for wrong in (
        {"opens": 20, "closes": 7},
        {"opens": "x", "closes": 7},
        {"opens": 1, "closes": 25},
    ):
        assert client.post(path, {"active": "on", **wrong}).status_code == 422
    assert not RuleSetting.objects.exists()
    assert client.post(path, {"active": "on", "opens": 8, "closes": 18}).status_code == 302
    row = RuleSetting.objects.get()
    assert (row.rule, row.opens, row.closes, row.active) == ("after-hours", 8, 18, True)
    assert (
        client.post("/audit/rules/many-patients/", {"active": "on", "most": 0}).status_code == 422
    )
    assert client.get("/audit/rules/nothing/").status_code == 404


def test_the_list_costs_the_same_for_any_number(
    client: Client, doctor: Viewer, auditor: Viewer, makes_queries
):
    client.force_login(auditor.user)
    for count in (1, 10):
        for _ in range(count):
            looked(doctor, related(doctor), purpose=Purpose.EMERGENCY)
        found()
        client.get("/audit/findings/")
        with makes_queries(8):
            client.get("/audit/findings/")
