"""Roles that see other people's data count only with a second factor, on every way in."""

import json

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Membership, Role, User
from accounts.models.people import GUARDED_ROLES, MEMBER_ROLES
from accounts.tokens import token_issue
from accounts.totp import totp_remove
from accounts.viewer import viewer_for
from core.audit import Actor
from tests.factories.people import (
    OrganisationFactory,
    SalusClient,
    UserFactory,
    clinician,
    code_now,
    enrol,
    mark_proven,
)
from tests.factories.records import (
    observation,
    organization,
    patient,
    patient_with_record,
    written_by,
)

pytestmark = pytest.mark.django_db
NEEDED = "/account/second-step/needed/"
GUARDED = sorted(GUARDED_ROLES)
OPEN = sorted(set(Role) - GUARDED_ROLES)


def in_role(role: Role) -> User:
    """Somebody with the role, without a second factor."""
    if role not in MEMBER_ROLES:
        return UserFactory(own_role=role)
    user = UserFactory(own_role="")
    Membership.objects.create(user=user, organisation=OrganisationFactory(), role=role)
    return user


@pytest.mark.parametrize("role", GUARDED)
def test_a_guarded_role_waits_for_the_second_factor(role: Role):
    user = in_role(role)
    assert viewer_for(user).roles == frozenset()
    assert viewer_for(user).withheld == {role}
    assert viewer_for(user).organisation_ids == []
    enrol(user)
    assert viewer_for(user).roles == {role}
    assert bool(viewer_for(user).organisation) == (role in MEMBER_ROLES)
    assert viewer_for(user, proven=False).roles == frozenset()


@pytest.mark.parametrize("role", OPEN)
def test_other_roles_do_not(role: Role):
    assert viewer_for(in_role(role), proven=False).roles == {role}


def test_who_is_a_patient_too_stays_one():
    user = in_role(Role.CLINICIAN)
    user.own_role = Role.PATIENT
    user.save()
    viewer = viewer_for(user)
    assert viewer.roles == {Role.PATIENT.value}
    assert viewer.withheld == {Role.CLINICIAN.value}


def test_recovery_codes_alone_are_no_factor():
    user = enrol(in_role(Role.AUDITOR))
    totp_remove(user=user, by=Actor.system("test"))
    assert viewer_for(user).withheld == {Role.AUDITOR}


@pytest.mark.parametrize(
    ("role", "queries"), [(Role.PATIENT, 1), (Role.PHARMA, 1), (Role.NURSE, 2)]
)
def test_finding_it_out_costs_a_query_for_those_whom_it_concerns(
    role: Role, queries: int, django_assert_num_queries
):
    user = enrol(in_role(role))
    with django_assert_num_queries(queries):
        viewer_for(user)


# -- pages -----------------------------------------------------------------------------------------


@pytest.fixture
def weak(client: SalusClient) -> Client:
    """An auditor who gave a password and nothing else."""
    client.force_login(in_role(Role.AUDITOR), second_factor=False)
    return client


def test_the_start_page_says_what_is_missing_and_how_to_get_it(weak: Client):
    assert weak.get("/dashboard/")["Location"] == NEEDED
    page = weak.get(NEEDED).content.decode()
    assert "Auditor" in page
    assert "/account/passkeys/add/" in page
    assert "/account/second-step/app/" in page


def test_who_has_another_role_goes_on_with_it_and_is_reminded(client: SalusClient):
    user = in_role(Role.CLINICIAN)
    User.objects.filter(pk=user.pk).update(own_role=Role.DONOR)
    client.force_login(user, second_factor=False)
    page = client.get("/dashboard/").content.decode()
    assert f'href="{NEEDED}"' in page


def test_a_page_that_needs_the_role_says_so_too_and_shows_nothing(weak: Client):
    answer = weak.get("/audit/")
    assert answer.status_code == 403
    assert "One more step before you begin" in answer.content.decode()


def test_with_the_factor_used_the_role_is_there(client: SalusClient):
    client.force_login(in_role(Role.AUDITOR))
    assert client.get("/audit/").status_code == 200
    assert client.get(NEEDED)["Location"] == "/dashboard/"


def test_a_session_from_before_it_was_enrolled_shows_it_once(client: SalusClient):
    client.force_login(enrol(in_role(Role.AUDITOR)), second_factor=False)
    assert client.get("/audit/").status_code == 403
    page = client.get(NEEDED)
    assert page.context["step_url"] in page.content.decode()
    client.post(page.context["step_url"], {"code": code_now()})
    assert client.get("/audit/").status_code == 200


def test_a_factor_that_is_gone_counts_no_more_in_any_session(client: SalusClient):
    user = in_role(Role.AUDITOR)
    client.force_login(user)
    totp_remove(user=user, by=Actor.system("test"))
    assert client.get("/audit/").status_code == 403


def test_the_proof_of_one_person_is_none_for_the_next(client: SalusClient):
    first, second = enrol(in_role(Role.AUDITOR)), enrol(in_role(Role.AUDITOR))
    client.force_login(second, second_factor=False)
    mark_proven(client, first)
    assert client.get("/audit/").status_code == 403


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/admin/login/"])
def test_the_administration_lies_behind_it(client: SalusClient, path: str):
    staff = UserFactory(own_role=Role.ADMINISTRATOR, is_staff=True, is_superuser=True)
    client.force_login(staff, second_factor=False)
    answer = client.get(path, follow=True)
    assert answer.redirect_chain[-1][0] == NEEDED
    assert client.post("/admin/login/", {"username": staff.email, "password": "x"})["Location"] == (
        NEEDED
    )
    client.force_login(staff)
    assert client.get("/admin/accounts/user/").status_code == 200


def test_nobody_else_comes_into_the_administration(client: SalusClient):
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/account/login/")
    client.force_login(in_role(Role.AUDITOR))
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_ledgers_troubles_are_shown_to_overseers_with_a_factor_alone(client: SalusClient):
    auditor = in_role(Role.AUDITOR)
    client.force_login(auditor, second_factor=False)
    assert client.get("/api/v1/ledger/status/").json()["consents_waiting"] is None
    client.force_login(auditor)
    assert client.get("/api/v1/ledger/status/").json()["consents_waiting"] is not None


# -- programs --------------------------------------------------------------------------------------


def roles_by_token(user: User) -> list[str]:
    token = token_issue(user=user, by=Actor.system("test"))
    caller = APIClient(headers={"authorization": f"Bearer {token}"})
    return caller.get("/api/v1/me/").json()["roles"]


def test_a_token_is_worth_no_more_than_its_person():
    user = in_role(Role.CLINICIAN)
    assert roles_by_token(user) == []
    assert roles_by_token(enrol(user)) == ["clinician"]


def test_the_api_asks_the_same_of_a_session(client: SalusClient):
    user = in_role(Role.CLINICIAN)
    client.force_login(user, second_factor=False)
    assert client.get("/api/v1/me/").json()["roles"] == []
    client.force_login(user)
    assert client.get("/api/v1/me/").json()["roles"] == ["clinician"]


def test_fhir_asks_the_same_of_tokens_and_sessions(client: SalusClient):
    doctor = clinician()
    assert doctor.organisation is not None
    chart = patient()
    weight = observation(chart, **written_by(doctor.organisation.pk))
    patient_with_record(organization(doctor.organisation.pk), weight, about=chart)
    path = f"/fhir/Observation/{weight['id']}"
    token = token_issue(user=doctor.user, by=Actor.system("test"))

    def by_token() -> int:
        return Client().get(path, headers={"authorization": f"Bearer {token}"}).status_code

    client.force_login(doctor.user, second_factor=False)
    assert (by_token(), client.get(path).status_code) == (200, 404)
    client.force_login(doctor.user)
    assert client.get(path).status_code == 200
    totp_remove(user=doctor.user, by=Actor.system("test"))
    assert (by_token(), client.get(path).status_code) == (404, 404)
    assert "Weight" not in json.dumps(client.get(path).json())
