"""Opening a record for an emergency: at once, whatever was denied, and never unnoticed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Notice, Role
from accounts.viewer import Viewer, viewer_for
from core.errors import Forbidden, Invalid, NotFound
from core.models import AuditEvent, Purpose
from records.access import patients_visible_to
from records.emergencies import access_emergency, emergencies_of
from records.models import EffectiveAccess, EmergencyAccess, Patient, Scope
from records.provisions import DENY, Provision
from records.selectors import chart_of
from records.services.consents import consent_grant
from records.services.emergencies import emergency_end, emergency_open
from tests.factories.audit import told
from tests.factories.people import UserFactory, clinician, member
from tests.factories.records import allergy, observation, patient, patient_with_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry", "clean_cache")]
WHY = "Unconscious after a fall."


def record() -> tuple[Viewer, Patient]:
    about = patient(identifier=[{"system": "urn:x", "value": "756.1234"}])
    viewer, row, _ = patient_with_record(observation(about), allergy(about), about=about)
    return viewer, row


def count(viewer: Viewer, row: Patient) -> int:
    return len(chart_of(viewer, row.pk))


def test_it_opens_everything_whatever_was_denied_and_ends_at_once():
    owner, row = record()
    doctor = clinician()
    consent_grant(
        patient=row, grantee=doctor.user, scope=Scope.CHOSEN, by=owner,
        provisions=(Provision(DENY),), last_day=timezone.now().date(),
    )  # fmt: skip
    assert count(doctor, row) == 0
    opened = emergency_open(identifier=str(row.pk), reason=WHY, by=doctor)
    assert count(doctor, row) == 3
    assert count(clinician(doctor.organisation), row) == 0
    assert opened.ends_at <= timezone.now() + timedelta(hours=4)
    emergency_end(emergency=opened, by=doctor)
    emergency_end(emergency=opened, by=doctor)
    assert count(doctor, row) == 0
    assert not patients_visible_to(doctor).exists()


def test_it_runs_out():
    _owner, row = record()
    doctor = clinician()
    emergency_open(identifier=str(row.pk), reason=WHY, by=doctor)
    EffectiveAccess.objects.filter(reason="emergency").update(ends_at=timezone.now())
    assert count(doctor, row) == 0


def test_a_number_is_enough_and_a_wrong_one_finds_nobody():
    _owner, row = record()
    doctor = clinician()
    for wrong in ("756.9999", "", "nobody"):
        with pytest.raises(Invalid):
            emergency_open(identifier=wrong, reason=WHY, by=doctor)
    assert emergency_open(identifier="756.1234", reason=WHY, by=doctor).patient_id == row.pk
    assert emergency_open(identifier="756.1234", reason=WHY, by=doctor)
    assert EmergencyAccess.objects.count() == 1


def test_only_who_cares_may_and_says_why():
    _owner, row = record()
    for viewer in (viewer_for(UserFactory()), member(Role.PAYER), member(Role.REGISTRAR)):
        with pytest.raises(Forbidden):
            emergency_open(identifier=str(row.pk), reason=WHY, by=viewer)
    with pytest.raises(Invalid):
        emergency_open(identifier=str(row.pk), reason=" ", by=clinician())


def test_the_patient_is_told_at_once_and_sees_who_and_why(client):
    owner, row = record()
    doctor = clinician()
    opened = emergency_open(identifier=str(row.pk), reason=WHY, by=doctor)
    assert Notice.objects.get(type="record-emergency").user == owner.user
    [seen] = emergencies_of(row)
    assert (seen.row, seen.reason) == (opened, WHY)
    client.force_login(owner.user)
    page = client.get("/sharing/").content.decode()
    assert WHY in page
    assert str(doctor.user) in page
    with pytest.raises(NotFound):
        access_emergency(owner, opened.pk)


def test_every_look_is_in_the_trail_as_an_emergency(client):
    _owner, row = record()
    doctor = clinician()
    client.force_login(doctor.user)
    assert client.get(f"/patients/{row.pk}/").status_code == 404
    answers = {"identifier": "756.1234", "reason": WHY, "understood": "on"}
    assert client.post("/emergency/", answers).status_code == 302
    assert client.get(f"/patients/{row.pk}/").status_code == 200
    [opening] = AuditEvent.objects.filter(name="emergency.opened")
    assert told(opening, row.pk).reason == WHY
    listed = AuditEvent.objects.filter(name="record.listed").latest("pk")
    assert {opening.purpose, listed.purpose} == {Purpose.EMERGENCY}
    emergency_end(emergency=EmergencyAccess.objects.get(), by=doctor)
    assert client.get(f"/patients/{row.pk}/").status_code == 404


def test_a_program_opens_and_ends_it(client):
    _owner, row = record()
    doctor = clinician()
    client.force_login(doctor.user)
    body = {"identifier": str(row.pk), "reason": WHY}
    made = client.post("/api/v1/emergencies/", body, content_type="application/json")
    assert made.status_code == 201
    assert client.get("/api/v1/emergencies/").json() == [made.json()]
    ended = client.post(f"/api/v1/emergencies/{made.json()['id']}/end/")
    assert ended.status_code == 204
    assert client.get("/api/v1/emergencies/").json() == []
