"""Permit and deny: by kind, code, subject, time, purpose and role; and both locks agree on it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Organisation, Role, User
from accounts.viewer import Viewer
from core.acting import acting_as
from core.errors import Invalid
from records.access import patients_visible_to, versions_visible_to
from records.models import Consent, ConsentStatement, EffectiveAccess, Patient, Scope, Version
from records.provisions import DENY, Provision, identified, template
from records.selectors import chart_of
from records.services.consents import consent_grant, consent_revoke, statement_document
from records.services.index import versions_index
from records.services.previewing import consent_preview
from records.services.statements import Draft, provisions_said
from tests.factories.people import OrganisationFactory, clinician, member
from tests.factories.records import Json, allergy, observation, patient, patient_with_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry")]
LOINC = "http://loinc.org"
ICD = "http://hl7.org/fhir/sid/icd-10"


def condition(of: Json, code: str, **more: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": str(uuid4()),
        "code": {"coding": [{"system": ICD, "code": code}]},
        "subject": {"reference": f"urn:uuid:{of['id']}"},
    } | more


def record() -> tuple[Viewer, Patient]:
    """A weight in 2024, an undated allergy, depression since 2020, diabetes in 2010."""
    about = patient()
    viewer, row, _ = patient_with_record(
        observation(about), allergy(about),
        condition(about, "F32.1", onsetDateTime="2020-02-02"),
        condition(about, "E11.9", onsetDateTime="2010-05-05"),
        about=about,
    )  # fmt: skip
    return viewer, row


def grant(viewer: Viewer, row: Patient, to: User | Organisation, *rules: Provision) -> Consent:
    return consent_grant(
        patient=row, grantee=to, scope=Scope.CHOSEN, by=viewer, provisions=rules,
        last_day=timezone.now().date() + timedelta(days=1),
    )  # fmt: skip


def seen(viewer: Viewer, row: Patient) -> list[str]:
    """By short names; the second lock, without any filter, must agree."""
    with acting_as(viewer.acting), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM records_version WHERE patient_id = %s", [row.pk])
        locked = {found[0] for found in cursor.fetchall()}
        cursor.execute("SELECT id FROM records_patient")
        people = {found[0] for found in cursor.fetchall()}
    versions = versions_visible_to(viewer).filter(patient=row)
    assert set(versions.values_list("pk", flat=True)) == locked
    assert set(patients_visible_to(viewer).values_list("pk", flat=True)) == people
    names = {"AllergyIntolerance": "allergy", "Observation": "weight", "Patient": "patient"}
    return sorted(
        names.get(one.version.type) or one.resource["code"]["coding"][0]["code"]
        for one in chart_of(viewer, row.pk)
    )


ALL = ["E11.9", "F32.1", "allergy", "patient", "weight"]


@pytest.mark.parametrize(
    ("rules", "visible"),
    [
        ([Provision()], ALL),
        ([Provision(), Provision(DENY, labels=("PSY",))], ["E11.9", "allergy", "patient", "weight"]),
        ([Provision(), Provision(DENY, types=("Condition",))], ["allergy", "patient", "weight"]),
        ([Provision(codes=(f"{LOINC}|29463-7",))], ["weight"]),
        ([Provision(types=("Condition",), codes=(f"{LOINC}|29463-7",))], []),
        ([Provision(types=("Condition",), labels=("PSY",))], ["F32.1"]),
        ([Provision(), Provision(DENY, codes=(f"{ICD}|E11.9",))], ["F32.1", "allergy", "patient", "weight"]),
        ([Provision(data_from=datetime(2020, 1, 1, tzinfo=UTC))], ["F32.1", "weight"]),
        ([Provision(data_until=datetime(2020, 1, 1, tzinfo=UTC))], ["E11.9"]),
        # What has no date may have happened then; who the patient is stays.
        (
            [Provision(), Provision(DENY, data_from=datetime(2024, 1, 1, tzinfo=UTC))],
            ["E11.9", "F32.1", "patient"],
        ),
        (
            template(
                Scope.VISIT,
                begin=datetime(2024, 3, 5, tzinfo=UTC), end=datetime(2024, 3, 6, tzinfo=UTC),
            ),
            ["patient", "weight"],
        ),
        (template(Scope.NOT_MENTAL), ["E11.9", "allergy", "patient", "weight"]),
        (identified([Provision(types=("Observation",))]), ["patient", "weight"]),
        ([Provision(DENY)], []),
    ],
)  # fmt: skip
def test_what_is_permitted_and_not_denied_is_seen(rules: list[Provision], visible: list[str]):
    viewer, row = record()
    doctor = clinician()
    grant(viewer, row, doctor.user, *rules)
    assert seen(doctor, row) == visible
    assert seen(viewer, row) == ALL
    assert seen(clinician(), row) == []


def test_a_denial_wins_over_another_consent_until_it_ends():
    viewer, row = record()
    doctor = clinician()
    assert doctor.organisation
    grant(viewer, row, doctor.organisation, Provision())
    denial = grant(viewer, row, doctor.user, Provision(DENY, labels=("PSY",)))
    assert "F32.1" not in seen(doctor, row)
    assert "F32.1" in seen(clinician(doctor.organisation), row)
    consent_revoke(consent=denial, by=viewer)
    assert seen(doctor, row) == ALL


def test_whoever_is_denied_everything_does_not_find_the_patient():
    viewer, row = record()
    doctor = clinician()
    assert doctor.organisation
    grant(viewer, row, doctor.organisation, Provision())
    assert patients_visible_to(doctor).exists()
    grant(viewer, row, doctor.user, Provision(DENY))
    assert seen(doctor, row) == []
    assert not patients_visible_to(doctor).exists()


def test_a_role_and_a_purpose_reach_those_who_act_in_them():
    viewer, row = record()
    hospital: Organisation = OrganisationFactory()
    nurse, doctor = member(Role.NURSE, hospital), clinician(hospital)
    grant(viewer, row, hospital, Provision(role=Role.NURSE.value, types=("Observation",)))
    assert (seen(nurse, row), seen(doctor, row)) == (["weight"], [])
    grant(viewer, row, hospital, Provision(purposes=("treatment",), types=("Condition",)))
    assert (len(seen(nurse, row)), seen(doctor, row)) == (3, ["E11.9", "F32.1"])
    payer = member(Role.PAYER, hospital)
    assert seen(payer, row) == []
    grant(viewer, row, hospital, Provision(purposes=("payment",), types=("Condition",)))
    assert seen(payer, row) == ["E11.9", "F32.1"]


def test_what_was_not_labelled_yet_is_denied_until_it_is():
    viewer, row = record()
    doctor = clinician()
    grant(viewer, row, doctor.user, *template(Scope.NOT_MENTAL))
    Version.objects.filter(patient=row).update(index_version=1, tokens=[])
    assert seen(doctor, row) == []
    assert list(versions_index())[-1] == 0
    assert seen(doctor, row) == ["E11.9", "allergy", "patient", "weight"]


def test_what_is_signed_is_what_is_enforced():
    viewer, row = record()
    rules = (
        Provision(),
        Provision(DENY, labels=("PSY",), data_from=datetime(2020, 1, 1, tzinfo=UTC)),
    )
    consent = grant(viewer, row, clinician().user, *rules)
    statement = consent.statements.get(number=ConsentStatement.GRANT)
    said = Draft.of_document(statement_document(statement)).said
    assert provisions_said(said) == rules
    assert "but not: what is about mental health, since 1 January 2020" in said["text"]
    assert EffectiveAccess.objects.filter(consent=consent).count() == 2


@pytest.mark.parametrize(
    "rule",
    [
        Provision("maybe"), Provision(types=("Spaceship",)), Provision(types=()),
        Provision(codes=("a|b",), labels=("PSY",)), Provision(labels=("XYZ",)),
        Provision(codes=("nothing",)), Provision(purposes=("oversight",)),
        Provision(role="administrator"), Provision(role="nurse"),
        Provision(data_from=datetime(2020, 1, 2, tzinfo=UTC), data_until=datetime(2020, 1, 1, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_what_cannot_be_enforced_is_refused(rule: Provision):
    viewer, row = record()
    with pytest.raises(Invalid):
        grant(viewer, row, clinician().user, rule)


# -- before it is signed ---------------------------------------------------------------------------


def test_a_preview_tells_what_would_be_seen_and_changes_nothing():
    _viewer, row = record()
    doctor = clinician()
    shown = consent_preview(
        patient=row,
        grantee=doctor.user,
        scope=Scope.NOT_MENTAL,
        provisions=template(Scope.NOT_MENTAL),
    )
    assert shown.seen == {"Patient": 1, "Observation": 1, "AllergyIntolerance": 1, "Condition": 1}
    assert (shown.hidden, len(shown.examples)) == (1, 3)
    assert not Consent.objects.exists()
    assert seen(doctor, row) == []


def test_the_check_page_shows_the_preview(client):
    viewer, _row = record()
    doctor = clinician()
    client.force_login(viewer.user)
    day = timezone.now().date() + timedelta(days=1)
    answers = {"grantee": f"user:{doctor.user.pk}", "scope": "not-mental", "last_day": f"{day}"}
    page = client.get("/sharing/new/check/", answers).content.decode()
    assert "What they would see" in page
    assert "1 entry stays hidden from them." in page
    assert "but not: what is about mental health" in page
