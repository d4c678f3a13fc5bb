"""Organisations, members and invitations for programs; and what staff do with organisations."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Invitation, Membership, Organisation, Role
from accounts.services.members import member_invite
from accounts.services.organisations import organisation_key_make
from accounts.tokens import token_issue
from accounts.viewer import Viewer
from core.models import AuditEvent
from tests.factories.audit import told
from tests.factories.people import OrganisationFactory, UserFactory, member

pytestmark = pytest.mark.django_db
V1 = "/api/v1/"


def program(viewer: Viewer) -> APIClient:
    client = APIClient()
    client.credentials(
        HTTP_AUTHORIZATION=f"Bearer {token_issue(user=viewer.user, by=viewer.actor)}"
    )
    return client


@pytest.fixture
def manager() -> Viewer:
    return member(Role.MANAGER)


def test_everybody_finds_who_was_checked(manager):
    OrganisationFactory(name="Zeta", verification=Organisation.Verification.NEW)
    api = program(manager)
    found = api.get(f"{V1}organisations/").json()["results"]
    assert manager.organisation
    assert [row["name"] for row in found] == [manager.organisation.name]
    assert api.get(f"{V1}organisations/{found[0]['id']}/").json() == found[0]


def test_who_was_not_checked_is_there_for_its_own_people_alone(manager):
    Organisation.objects.update(verification=Organisation.Verification.NEW)
    assert manager.organisation
    path = f"{V1}organisations/{manager.organisation.pk}/"
    assert program(manager).get(path).status_code == 200
    other = program(member(Role.NURSE)).get(path)
    assert (other.status_code, other.headers["Content-Type"]) == (404, "application/problem+json")


def test_keys_are_told_to_whoever_wants_to_check(manager):
    assert manager.organisation
    organisation_key_make(organisation=manager.organisation, by=manager.actor)
    path = f"{V1}organisations/{manager.organisation.pk}/keys/"
    [key] = program(member(Role.NURSE)).get(path).json()
    assert key["jwk"]["kty"] == "EC"
    assert "sealed" not in str(key)


def test_a_manager_invites_and_takes_back(manager):
    api = program(manager)
    made = api.post(f"{V1}invitations/", {"email": "a@example.org", "role": "nurse"}, format="json")
    assert made.status_code == 201
    assert [r["id"] for r in api.get(f"{V1}invitations/").json()["results"]] == [made.json()["id"]]
    assert api.delete(f"{V1}invitations/{made.json()['id']}/").status_code == 204
    assert api.get(f"{V1}invitations/").json()["results"] == []


@pytest.mark.parametrize(
    ("sent", "status", "place"),
    [
        ({}, 400, "email"),
        ({"email": "a", "role": "nurse"}, 400, "email"),
        ({"email": "a@example.org", "role": "king"}, 400, "role"),
        ({"email": "a@example.org", "role": "payer"}, 422, "role"),
    ],
)
def test_a_wrong_invitation_is_a_problem_that_names_the_place(manager, sent, status, place):
    answer = program(manager).post(f"{V1}invitations/", sent, format="json")
    assert answer.status_code == status
    assert place in [error["place"] for error in answer.json()["errors"]]
    assert not Invitation.objects.exists()


def test_members_are_listed_and_ended(manager):
    nurse = member(Role.NURSE, manager.organisation)
    api = program(manager)
    rows = api.get(f"{V1}members/").json()["results"]
    assert {row["role"] for row in rows} == {"manager", "nurse"}
    pk = nurse.user.memberships.get().pk
    assert api.delete(f"{V1}members/{pk}/").status_code == 204
    assert Membership.objects.get(pk=pk).ended_at
    last = manager.user.memberships.get().pk
    assert api.delete(f"{V1}members/{last}/").status_code == 409


@pytest.mark.parametrize("path", ["members/", "invitations/"])
def test_only_managers_look_at_members(manager, path):
    assert program(member(Role.NURSE, manager.organisation)).get(V1 + path).status_code == 403
    assert APIClient().get(V1 + path).status_code == 401


def test_a_foreign_organisation_s_rows_are_not_there(manager):
    other = member(Role.MANAGER)
    assert other.organisation
    row = member_invite(
        organisation=other.organisation, email="b@example.org", role=Role.NURSE, user=other.user,
        by=other.actor,
    )  # fmt: skip
    api = program(manager)
    assert api.delete(f"{V1}invitations/{row.pk}/").status_code == 404
    assert api.delete(f"{V1}members/{other.user.memberships.get().pk}/").status_code == 404


def test_lists_take_the_same_queries_for_any_length(manager, makes_queries):
    api = program(manager)
    api.get(f"{V1}members/")
    for count in (1, 20):
        for _ in range(count):
            member(Role.NURSE, manager.organisation)
        for path in ("members/", "organisations/"):
            with makes_queries(5):  # token, memberships, factor, acting, rows
                api.get(V1 + path)


# -- staff -----------------------------------------------------------------------------------------


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(UserFactory(is_staff=True, is_superuser=True, own_role=Role.ADMINISTRATOR))
    return client


CHANGELIST = "/admin/accounts/organisation/"


@pytest.mark.parametrize(("action", "outcome"), [("confirm", "verified"), ("refuse", "refused")])
def test_staff_check_organisations_and_that_is_noted(staff, action, outcome):
    row = OrganisationFactory(verification=Organisation.Verification.NEW)
    staff.post(CHANGELIST, {"action": action, "_selected_action": [str(row.pk)]})
    row.refresh_from_db()
    assert row.verification == outcome
    assert told(AuditEvent.objects.get(name="organisation.checked")).reason == outcome


def test_staff_are_told_of_wrong_numbers_and_what_they_change_is_noted(staff):
    row = OrganisationFactory()
    path = f"{CHANGELIST}{row.pk}/change/"
    sent = {
        "kind": "hospital",
        "name": "Other",
        "gln": "9521234500019",
        "npi": "",
        "own_number": "",
    }
    assert "last digit" in staff.post(path, sent).content.decode()
    assert staff.post(path, sent | {"gln": "9521234500018"}).status_code == 302
    row.refresh_from_db()
    assert (row.name, row.gln) == ("Other", "9521234500018")
    assert told(AuditEvent.objects.get(name="staff.changed")).reason == "changed"


def test_staff_name_the_first_manager(staff):
    row, user = OrganisationFactory(), UserFactory()
    path = f"/admin/accounts/user/{user.pk}/change/"
    sent = {
        "email": user.email, "name": user.name, "own_role": "patient", "is_active": "on",
        "memberships-TOTAL_FORMS": 1, "memberships-INITIAL_FORMS": 0,
        "memberships-0-organisation": str(row.pk), "memberships-0-role": "manager",
        "memberships-0-user": str(user.pk),
    }  # fmt: skip
    assert staff.post(path, sent).status_code == 302
    assert Membership.objects.get(user=user).role == Role.MANAGER


def test_staff_change_nobodys_address(staff):
    user = UserFactory(name="Robin")
    path = f"/admin/accounts/user/{user.pk}/change/"
    sent = {
        "email": "mine@example.org", "name": "Kim", "own_role": "patient", "is_active": "on",
        "memberships-TOTAL_FORMS": 0, "memberships-INITIAL_FORMS": 0,
    }  # fmt: skip
    assert staff.post(path, sent).status_code == 302
    email = user.email
    user.refresh_from_db()
    assert (user.email, user.name) == (email, "Kim")
    assert staff.get("/admin/account/emailaddress/").status_code == 404


def test_staff_see_nothing_clinical(staff):
    page = staff.get("/admin/").content.decode().lower()
    for word in ("record", "version", "consent", "patient", "authenticator", "wallet"):
        assert f">{word}" not in page
