"""The trail of a record that others stand in for, and of records that were merged."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role, User
from accounts.viewer import Viewer, viewer_for
from chain.canonical import parse
from core import audit
from core.models import AuditEvent
from oversight.models import Case, Finding
from oversight.services.rules import look
from oversight.services.sealing import seal_all
from records.models import Patient, Scope
from records.services.consents import consent_grant
from records.services.delegations import carer_offer, delegation_accept, delegation_end
from records.services.merging import merge_confirm, merge_propose, merge_undo
from records.services.people import patient_link
from tests.factories.people import UserFactory, clinician, enrol, member, with_address
from tests.factories.records import observation, patient, patient_with_record
from tests.factories.registering import registered, registrar

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry", "clean_cache")]
READERS = "/my-health/readers/"
TODAY = timezone.now().date


def cared() -> tuple[Viewer, Patient, Viewer]:
    """A person, their record, and Dana, who cares for them."""
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), about=about)
    return viewer, row, caring(viewer, row, viewer_for(UserFactory(name="Dana Carer")))


def caring(viewer: Viewer, row: Patient, helper: Viewer) -> Viewer:
    offer = carer_offer(
        patient=row, email=with_address(helper).user.email, may_share=False, by=viewer,
        last_day=TODAY() + timedelta(days=30),
    )  # fmt: skip
    delegation_accept(delegation=offer, by=helper)
    return helper


def merged() -> tuple[Viewer, Patient, Patient]:
    """An owner, their record, and one that was merged into it after a doctor had looked at it."""
    clerk = registrar()
    stays, double = registered(clerk), registered(clerk, phone="")
    owner = viewer_for(UserFactory())
    patient_link(patient=stays, account=owner.user)
    read(clinician(), double)
    merge = merge_propose(retired=double.pk, survivor=stays.pk, reason="One Kim", by=clerk)
    merge_confirm(merge=merge, by=member(Role.MANAGER, clerk.organisation))
    return owner, Patient.objects.get(pk=stays.pk), Patient.objects.get(pk=double.pk)


def read(by: Viewer, row: Patient, target: str = "Observation/1") -> None:
    audit.record(audit.Name.RECORD_READ, by=by.actor, subject=row.pk, target=target)


# -- who cares for somebody ------------------------------------------------------------------------


def test_a_carer_is_named_to_the_person_and_to_themselves_alone(client: Client):
    viewer, row, helper = cared()
    client.force_login(helper.user)
    assert client.get(f"/patients/{row.pk}/").status_code == 200
    [event] = AuditEvent.objects.filter(name="record.listed")
    assert (event.actor_id, event.role) == (audit.own_actor(helper.user.pk), audit.CARER_ROLE)
    own = client.get(f"/patients/{row.pk}/readers/").content.decode()
    assert "<strong>You</strong>" in own
    assert "looked at the summary." in own
    assert "/wrong/" not in own
    client.force_login(viewer.user)
    page = client.get(READERS, {"person": str(event.actor_id)}).content.decode()
    assert "<strong>Dana Carer</strong>" in page
    assert "looked at your summary." in page
    assert f"/my-health/readers/{event.pk}/wrong/" in page


def test_a_carer_stays_named_after_they_ended_it(client: Client):
    viewer, row, helper = cared()
    client.force_login(helper.user)
    client.get(f"/patients/{row.pk}/")
    delegation_end(delegation=row.delegations.get(), by=viewer)
    assert client.get(f"/patients/{row.pk}/readers/").status_code == 404
    client.force_login(viewer.user)
    assert "<strong>Dana Carer</strong>" in client.get(READERS).content.decode()


def test_an_auditor_sees_that_a_carer_looked_and_not_who(client: Client):
    _, row, helper = cared()
    client.force_login(helper.user)
    client.get(f"/patients/{row.pk}/")
    auditor: User = enrol(UserFactory(own_role="auditor"))
    client.force_login(auditor)
    page = client.get("/audit/", {"patient": str(audit.pseudonym(row.pk))}).content.decode()
    assert "Somebody who cares for the patient" in page
    assert "Dana Carer" not in page
    bundle = client.get("/fhir/AuditEvent", {"patient": str(audit.pseudonym(row.pk))}).content
    assert audit.own_actor(helper.user.pk).bytes.hex() not in bundle.decode().replace("-", "")


def test_who_was_given_a_grant_as_a_person_is_named_too(client: Client):
    viewer, row, _ = cared()
    guest = viewer_for(UserFactory(name="Gail Guest"))
    consent_grant(
        patient=row, grantee=guest.user, scope=Scope.EVERYTHING, last_day=TODAY(), by=viewer
    )
    client.force_login(guest.user)
    assert client.get(f"/patients/{row.pk}/").status_code == 200
    client.force_login(viewer.user)
    assert "<strong>Gail Guest</strong>" in client.get(READERS).content.decode()


def test_a_stranger_does_not_see_who_read_it(client: Client):
    _, row, _ = cared()
    client.force_login(clinician().user)
    assert client.get(f"/patients/{row.pk}/readers/").status_code == 404


# -- merged records --------------------------------------------------------------------------------


def test_looks_at_a_merged_record_are_told_to_its_owner(client: Client):
    owner, _stays, double = merged()
    client.force_login(owner.user)
    page = client.get(READERS).content.decode()
    assert "<strong>Dr Test</strong>" in page
    assert "looked at your results" in page  # opened under the merged record's own key
    names = [reader["who"] for reader in client.get("/api/v1/me/readers/").json()["results"]]
    assert "Dr Test" in names
    bundle = parse(client.get("/fhir/AuditEvent").content)
    whats = [e["what"] for r in bundle["entry"] for e in r["resource"].get("entity", [])]
    assert {"reference": f"Patient/{double.pk}"} in whats


def test_a_look_at_a_merged_record_can_be_asked_about(client: Client):
    owner, stays, double = merged()
    [event] = AuditEvent.objects.filter(name="record.read")
    assert event.subject == audit.pseudonym(double.pk)
    client.force_login(owner.user)
    url = f"/my-health/readers/{event.pk}/wrong/"
    assert client.post(url, {"text": "I don't know them."}).status_code == 302
    assert Case.objects.get().patient_id == stays.pk


def test_after_a_merge_was_undone_they_are_none_of_the_owners_business(client: Client):
    owner, _stays, double = merged()
    merge = double.merges_away.get()
    assert merge.decided_by
    merge_undo(merge=merge, reason="Two people", by=viewer_for(merge.decided_by))
    client.force_login(owner.user)
    assert "Dr Test" not in client.get(READERS).content.decode()
    [event] = AuditEvent.objects.filter(name="record.read")
    assert client.get(f"/my-health/readers/{event.pk}/wrong/").status_code == 404


def test_staff_who_look_at_their_own_merged_record_stay_unnamed(client: Client):
    owner, _stays, double = merged()
    at_work = audit.Actor(owner.user.pk, role="clinician")
    audit.record(audit.Name.RECORD_READ, by=at_work, subject=double.pk)
    client.force_login(enrol(UserFactory(own_role="auditor")))
    page = client.get("/audit/", {"patient": str(audit.pseudonym(double.pk))}).content.decode()
    assert "A patient" in page
    assert owner.user.name not in page


# -- the rules -------------------------------------------------------------------------------------


def unrelated() -> list[UUID]:
    seal_all()
    look()
    return list(Finding.objects.filter(rule="no-relationship").values_list("actor_id", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_grant_holds_for_the_records_that_were_merged(client: Client):
    owner, stays, double = merged()
    doctor = clinician()
    assert doctor.organisation
    consent_grant(
        patient=stays, grantee=doctor.organisation, scope=Scope.EVERYTHING, last_day=TODAY(),
        by=owner,
    )  # fmt: skip
    read(doctor, double)
    assert doctor.user.pk not in unrelated()


@pytest.mark.django_db(transaction=True)
def test_a_carer_who_acts_for_an_organisation_has_to_do_with_the_patient():
    viewer, row, helper = cared()
    doctor, other = clinician(), clinician()
    caring(viewer, row, doctor)
    for who in (doctor, other):
        read(who, row)
    audit.record(audit.Name.RECORD_READ, by=helper.actor.as_carer, subject=row.pk)
    assert unrelated() == [other.user.pk]
