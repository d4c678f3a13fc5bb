"""The registrar's, the carer's and the claimant's pages, and the interfaces beside them."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Role
from accounts.tokens import token_issue
from accounts.viewer import Viewer, viewer_for
from core.audit import Actor
from core.models import AuditEvent
from records.models import Delegation, Patient, PatientMerge
from records.selectors import own_patient
from records.services.delegations import carer_offer, delegation_accept
from records.services.people import patient_link
from records.services.registration import code_issue
from tests.factories.people import OrganisationFactory, UserFactory, clinician, member, with_address
from tests.factories.records import allergy, observation, patient, patient_with_record
from tests.factories.registering import KIM, described, registered, registrar

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry", "clean_cache")]
FORM = {name: str(value) for name, value in KIM.items()}
TOMORROW = timezone.now().date() + timedelta(days=1)


def bearer(viewer: Viewer) -> dict[str, str]:
    token = token_issue(user=viewer.user, by=Actor.system("test"))
    return {"Authorization": f"Bearer {token}"}


def cared(*, may_share: bool = True) -> tuple[Viewer, Patient, Viewer]:
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), allergy(about), about=about)
    helper = with_address(viewer_for(UserFactory(name="Dana Carer")))
    offer = carer_offer(
        patient=row, email=helper.user.email, last_day=TOMORROW, may_share=may_share, by=viewer
    )
    delegation_accept(delegation=offer, by=helper)
    return viewer, row, helper


# -- the registrar ---------------------------------------------------------------------------------


def test_a_registrar_registers_a_patient_and_prints_their_code(client: Client):
    clerk = registrar()
    client.force_login(clerk.user)
    answer = client.post("/registration/new/", FORM)
    assert answer.status_code == 302, answer.content
    assert "Testfield" in client.get(answer["Location"]).content.decode()
    sheet = client.post(answer["Location"] + "code/").content.decode()
    assert "<svg" in sheet
    assert "/activate/" in sheet
    assert client.get(answer["Location"] + "code/").status_code == 405


def test_a_double_is_shown_in_words_and_needs_a_reason(client: Client):
    clerk = registrar()
    row = registered(clerk)
    client.force_login(clerk.user)
    answer = client.post("/registration/new/", FORM)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Very likely the same person" in page
    assert f"/registration/{row.pk}/" in page
    assert client.post("/registration/new/", FORM | {"reason": "Twins"}).status_code == 302
    assert Patient.objects.count() == 2


def test_of_another_organisations_patient_only_what_recognises_them_is_shown(client: Client):
    row = registered(registrar())
    client.force_login(registrar().user)
    page = client.post(
        "/registration/new/", FORM | {"line": "", "email": "", "phone": "", "identifier": ""}
    )
    assert page.status_code == 409
    text = page.content.decode()
    assert "Registered by another organisation" in text
    assert str(row.pk) not in text
    for hidden in (KIM["phone"], KIM["email"], KIM["line"]):
        assert hidden not in text


@pytest.mark.parametrize(
    "change", [{"family": ""}, {"born": "soon"}, {"born": "2999-01-01"}, {"phone": "call me"},
               {"gender": "x"}, {"email": "x"}]
)  # fmt: skip
def test_a_wrong_entry_registers_nobody(client: Client, change):
    client.force_login(registrar().user)
    assert client.post("/registration/new/", FORM | change).status_code == 422
    assert not Patient.objects.exists()


def test_patients_are_found_without_a_name_in_the_address(client: Client, makes_queries):
    clerk = registrar()
    for number in range(4):
        registered(clerk, family=f"Person{number}x", given=f"Given{number}")
    client.force_login(clerk.user)
    answer = client.post("/registration/", {"name": "person2X", "born": ""})
    page = answer.content.decode()
    assert "Person2x" in page
    assert "Person3x" not in page
    assert client.post("/registration/", {"born": "x"}).status_code == 422
    client.get("/registration/")
    # who it is, whose patients, a page of them, their resources, keys and codes, one audit statement
    with makes_queries(17):
        client.get("/registration/")


PAGES = ["", "new/", "merges/"]


@pytest.mark.parametrize("page", PAGES)
def test_only_the_office_gets_in(client: Client, page: str):
    client.force_login(clinician().user)
    assert client.get(f"/registration/{page}").status_code == 403
    client.force_login(registrar().user)
    assert client.get(f"/registration/{page}").status_code == 200


@pytest.mark.parametrize("page", ["", "guardian/", "merge/"])
def test_a_foreign_patient_is_not_there(client: Client, page: str):
    row = registered(registrar())
    client.force_login(registrar().user)
    foreign = client.get(f"/registration/{row.pk}/{page}")
    assert foreign.status_code == 404
    assert b"Testfield" not in foreign.content
    assert client.post(f"/registration/{row.pk}/code/").status_code == 404


def test_two_people_merge_two_records_and_one_undoes_it(client: Client):
    clerk = registrar()
    second = member(Role.MANAGER, clerk.organisation)
    stays, double = registered(clerk), registered(clerk)
    client.force_login(clerk.user)
    page = f"/registration/{stays.pk}/merge/"
    assert "Very likely the same person" in client.get(page).content.decode()
    assert (
        client.post(page, {"other": str(uuid4()), "stays": "this", "reason": "x"}).status_code
        == 422
    )
    said = {"other": str(double.pk), "stays": "this", "reason": "Same card"}
    assert client.post(page, said).status_code == 302
    merge = PatientMerge.objects.get()
    where = f"/registration/merges/{merge.pk}/"
    assert client.post(where, {"do": "confirm"}).status_code == 403
    client.force_login(second.user)
    assert "Same card" in client.get(where).content.decode()
    assert client.post(where, {"do": "confirm"}).status_code == 302
    double.refresh_from_db()
    assert double.merged_into == stays
    assert client.post(where, {"do": "undo", "reason": ""}).status_code == 422
    assert client.post(where, {"do": "undo", "reason": "Sisters"}).status_code == 302
    assert Patient.objects.get(pk=double.pk).merged_into is None
    assert client.get("/registration/merges/").status_code == 200
    client.force_login(registrar().user)
    assert client.get(where).status_code == 404


def test_the_wrong_account_loses_the_record_after_the_password_once_more(client: Client):
    home = OrganisationFactory(home=True)
    boss = member(Role.MANAGER, home)
    row = registered(registrar(home))
    patient_link(patient=row, account=UserFactory())
    password = "a long password of a test"
    boss.user.set_password(password)
    boss.user.save()
    client.force_login(boss.user)
    asked = client.post(f"/registration/{row.pk}/unlink/", {"reason": "The wrong Kim"})
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert row.links.get().ended_at is None
    client.post(asked["Location"], {"password": password})
    assert row.links.get().ended_at is not None


# -- claiming --------------------------------------------------------------------------------------


def test_a_person_claims_their_record_with_the_code(client: Client):
    clerk = registrar()
    row = registered(clerk)
    code, made = code_issue(patient_id=row.pk, by=clerk)
    account = UserFactory()
    client.force_login(account)
    assert b"I have a code" in client.get("/my-health/").content
    wrong = client.post("/activate/", {"code": code, "family": "Wrong", "born": "1980-02-29"})
    assert wrong.status_code == 422
    assert b"do not fit together" in wrong.content
    made.refresh_from_db()
    assert made.attempts == 1
    answer = client.post("/activate/", {"code": code, "family": "Testfield", "born": "1980-02-29"})
    assert answer["Location"] == "/my-health/"
    assert b"Kim Lee Testfield" in client.get("/my-health/").content
    assert own_patient(viewer_for(account)) == row
    assert client.get("/activate/").status_code == 302


def test_a_clinician_claims_nothing(client: Client):
    client.force_login(clinician().user)
    assert client.get("/activate/").status_code == 403


# -- caring ----------------------------------------------------------------------------------------


def test_a_person_names_a_carer_who_accepts_and_sees_whose_record_it_is(client: Client):
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), about=about)
    helper = with_address(viewer_for(UserFactory(name="Dana Carer")))
    client.force_login(viewer.user)
    said = {"email": helper.user.email, "last_day": TOMORROW}
    assert client.post("/sharing/carers/new/", said).status_code == 302
    assert b"has not answered yet" in client.get("/sharing/").content
    client.force_login(helper.user)
    assert client.get(f"/patients/{row.pk}/").status_code == 404
    assert b"1 person asks you to care for them" in client.get("/dashboard/").content
    assert b"You were asked to care for" in client.get("/caring/").content
    offer = Delegation.objects.get()
    assert client.post(f"/caring/{offer.pk}/answer/", {"accept": "1"}).status_code == 302
    assert b"You care for 1 person" in client.get("/dashboard/").content
    for page in ("", "trends/", "timeline/", "readers/", "sharing/"):
        answer = client.get(f"/patients/{row.pk}/{page}")
        assert b"This is the record of <strong>Kim Testfield</strong>" in answer.content, page
    assert client.get(f"/patients/{row.pk}/sharing/new/").status_code == 403
    client.force_login(viewer.user)
    assert b"Dana Carer" in client.get("/my-health/readers/").content
    assert client.post(f"/sharing/carers/{offer.pk}/end/").status_code == 302
    client.force_login(helper.user)
    for page in ("", "readers/", "sharing/"):
        assert client.get(f"/patients/{row.pk}/{page}").status_code == 404
    assert b"care for" not in client.get("/dashboard/").content.partition(b"<main")[2]


def test_a_carer_shares_for_the_person_and_not_their_own_record(client: Client):
    _viewer, row, helper = cared()
    doctor = clinician()
    client.force_login(helper.user)
    said = {"grantee": f"user:{doctor.user.pk}", "scope": "everything", "last_day": TOMORROW}
    chosen = client.post(f"/patients/{row.pk}/sharing/new/", said)
    assert chosen["Location"].startswith(f"/patients/{row.pk}/sharing/new/check/?")
    assert (
        b"For the person whose record this is, Dana Carer (carer)"
        in client.get(chosen["Location"]).content
    )
    done = client.post(chosen["Location"], {"way": "portal"})
    assert done["Location"] == f"/patients/{row.pk}/sharing/"
    consent = row.consents.get()
    assert client.post(f"/sharing/{consent.pk}/end/")["Location"] == f"/patients/{row.pk}/sharing/"
    consent.refresh_from_db()
    assert consent.status == "revoked"


@pytest.mark.parametrize("page", ["readers/", "sharing/", "sharing/new/", "sharing/new/check/"])
def test_what_is_the_persons_own_is_foreign_to_a_doctor_who_may_read(client: Client, page: str):
    _viewer, row, helper = cared()
    doctor = clinician()
    client.force_login(helper.user)
    said = {"grantee": f"user:{doctor.user.pk}", "scope": "everything", "last_day": TOMORROW}
    client.post(
        client.post(f"/patients/{row.pk}/sharing/new/", said)["Location"], {"way": "portal"}
    )
    client.force_login(doctor.user)
    assert client.get(f"/patients/{row.pk}/").status_code == 200
    assert client.get(f"/patients/{row.pk}/{page}").status_code == 404


@pytest.mark.parametrize(
    "change", [{"email": "x"}, {"last_day": "2020-01-01"}, {"last_day": "x"}, {"email": ""}]
)
def test_a_carer_is_not_named_by_a_wrong_entry(client: Client, change):
    about = patient()
    viewer, _, _ = patient_with_record(about=about)
    client.force_login(viewer.user)
    said = {"email": "a@example.org", "last_day": TOMORROW} | change
    assert client.post("/sharing/carers/new/", said).status_code == 422
    assert not Delegation.objects.exists()


# -- FHIR ------------------------------------------------------------------------------------------


def match(client: Client, viewer: Viewer, *parts: dict[str, Any]) -> Any:
    body = {"resourceType": "Parameters", "parameter": list(parts)}
    return client.post(
        "/fhir/Patient/$match", json.dumps(body), "application/fhir+json", headers=bearer(viewer)
    )


def wanted(clerk: Viewer, **more: Any) -> dict[str, Any]:
    return {"name": "resource", "resource": described(clerk, **more)}


def test_match_gives_scores_grades_and_no_more_than_recognises_a_person(client: Client):
    clerk = registrar()
    row = registered(clerk)
    answer = match(client, registrar(), wanted(clerk))
    assert answer.status_code == 200, answer.content
    bundle = answer.json()
    assert (bundle["type"], bundle["total"]) == ("searchset", 1)
    [entry] = bundle["entry"]
    assert entry["search"]["score"] == 1
    assert entry["search"]["extension"] == [
        {"url": "http://hl7.org/fhir/StructureDefinition/match-grade", "valueCode": "certain"}
    ]
    assert set(entry["resource"]) == {
        "resourceType", "id", "active", "name", "birthDate", "gender", "address", "meta",
    }  # fmt: skip
    assert entry["resource"]["id"] == str(row.pk)
    assert entry["resource"]["address"] == [{"city": "Nowhere", "postalCode": "00001"}]
    assert AuditEvent.objects.filter(name="patient.matched", channel="fhir").count() == 1
    from records.fhir.schema import problems_of

    assert problems_of(bundle) == []


def test_match_gives_only_the_certain_and_no_more_than_was_asked_for(client: Client):
    clerk = registrar()
    registered(clerk)
    registered(clerk, given="Kimberly")
    unsure = wanted(clerk, phone="", email="", identifier="", postcode="", line="", city="")
    assert match(client, clerk, unsure).json()["total"] == 2
    assert match(client, clerk, unsure, {"name": "count", "valueInteger": 1}).json()["total"] == 1
    certain = {"name": "onlyCertainMatches", "valueBoolean": True}
    assert match(client, clerk, unsure, certain).json()["total"] == 0


@pytest.mark.parametrize(
    "parts",
    [
        [],
        [{"name": "resource", "resource": {"resourceType": "Organization", "name": "x"}}],
        [{"name": "resource", "resource": {"resourceType": "Patient", "birthDate": 7}}],
        [{"name": "resource", "valueString": "x"}],
        [{"name": "count", "valueInteger": 0}],
        [{"name": "surprise", "valueString": "x"}],
    ],
)
def test_match_says_what_is_wrong_with_what_was_sent(client: Client, parts):
    clerk = registrar()
    if parts and parts[0]["name"] == "count":
        parts = [wanted(clerk), *parts]
    answer = match(client, clerk, *parts)
    assert answer.status_code == 422, answer.content
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[]", 422), (b'"x"', 422)])
def test_match_can_not_be_broken_by_what_is_no_resource(client: Client, body: bytes, status: int):
    headers = bearer(registrar())
    url = "/fhir/Patient/$match"
    assert client.post(url, body, "application/fhir+json", headers=headers).status_code == status


def test_match_is_for_registrars_with_a_token(client: Client):
    clerk = registrar()
    assert match(client, clinician(), wanted(clerk)).status_code == 403
    client.force_login(clerk.user)
    assert client.post("/fhir/Patient/$match", b"{}", "application/fhir+json").status_code == 401
    assert client.get("/fhir/Patient/$match").status_code == 405


# -- the API ---------------------------------------------------------------------------------------


def call(client: Client, viewer: Viewer, path: str, body: Any = None) -> Any:
    return client.post(
        f"/api/v1/{path}", json.dumps(body or {}), "application/json", headers=bearer(viewer)
    )


def test_programs_register_find_and_print(client: Client):
    clerk = registrar()
    kim = {name: value for name, value in FORM.items() if name != "identifier_system"}
    made = call(client, clerk, "patients/", kim)
    assert made.status_code == 201, made.content
    id = made.json()["id"]
    double = call(client, clerk, "patients/", kim)
    assert (double.status_code, double.json()["code"]) == (409, "duplicate")
    assert call(client, clerk, "patients/", kim | {"reason": "Twins"}).status_code == 201
    assert len(call(client, clerk, "patients/search/", {"name": "testfield"}).json()) == 2
    assert call(client, clerk, "patients/search/", {"name": "nobody"}).json() == []
    code = call(client, clerk, f"patients/{id}/code/")
    assert code.status_code == 201
    assert len(code.json()["code"]) == 23
    assert client.get(f"/api/v1/patients/{id}/", headers=bearer(clerk)).json()["code_until"]
    assert client.get("/api/v1/patients/", headers=bearer(clinician())).status_code == 403
    assert client.get(f"/api/v1/patients/{id}/", headers=bearer(registrar())).status_code == 404
    assert call(client, clerk, "patients/", {"family": "x"}).status_code == 400


def test_programs_merge_with_two_people(client: Client):
    clerk = registrar()
    second = member(Role.MANAGER, clerk.organisation)
    stays, double = registered(clerk), registered(clerk)
    body = {"retired": str(double.pk), "survivor": str(stays.pk), "reason": "Same card"}
    merge = call(client, clerk, "merges/", body)
    assert merge.status_code == 201, merge.content
    where = f"merges/{merge.json()['id']}"
    assert call(client, clerk, f"{where}/confirm/").status_code == 403
    assert call(client, second, f"{where}/confirm/").json()["state"] == "merged"
    assert call(client, second, f"{where}/confirm/").status_code == 409
    assert call(client, second, f"{where}/undo/").status_code == 422
    assert call(client, second, f"{where}/undo/", {"reason": "Sisters"}).json()["state"] == "undone"
    assert call(client, second, f"{where}/burn/").status_code == 404
    assert call(client, registrar(), f"{where}/confirm/").status_code == 404
    assert len(client.get("/api/v1/merges/", headers=bearer(clerk)).json()) == 1


def test_programs_name_and_end_carers(client: Client):
    about = patient()
    viewer, row, _ = patient_with_record(about=about)
    helper = with_address(viewer_for(UserFactory()))
    body = {"email": helper.user.email, "last_day": TOMORROW.isoformat()}
    made = call(client, viewer, "me/carers/", body)
    assert made.status_code == 201, made.content
    assert call(client, viewer, "me/carers/", body).status_code == 409
    id = made.json()["id"]
    assert call(client, clinician(), f"me/caring/{id}/accept/").status_code == 404
    assert call(client, helper, f"me/caring/{id}/accept/").json()["state"] == "active"
    [caring] = client.get("/api/v1/me/caring/", headers=bearer(helper)).json()
    assert caring["patient"] == str(row.pk)
    assert len(client.get("/api/v1/me/carers/", headers=bearer(viewer)).json()) == 1
    assert call(client, clinician(), f"me/carers/{id}/end/").status_code == 404
    assert call(client, viewer, f"me/carers/{id}/end/").status_code == 204
    assert client.get("/api/v1/me/caring/", headers=bearer(helper)).json() == []
