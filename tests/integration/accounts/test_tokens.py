"""Tokens: what they are made for, for whom they act, and how they end."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, Membership, Organisation, Role, User
from accounts.scopes import every_scope
from accounts.selectors import clinicians
from accounts.tokens import machine_token_issue, token_issue, token_revoke
from accounts.viewer import Viewer, viewer_for
from core.errors import Forbidden, Invalid
from core.models import AuditEvent
from tests.factories.people import (
    OrganisationFactory,
    SalusClient,
    UserFactory,
    clinician,
    manager,
)
from tests.factories.records import (
    imported,
    observation,
    organization,
    patient,
    patient_with_record,
    written_by,
)

pytestmark = pytest.mark.django_db
PASSWORD = "a long password of a test"


def with_token(token: str, **more: Any) -> Client:
    return Client(headers={"Authorization": f"Bearer {token}"}, **more)


def issue(viewer: Viewer, *scopes: str) -> str:
    return token_issue(user=viewer.user, by=viewer.actor, name="Test", scopes=scopes or None)


@pytest.fixture
def viewer() -> Viewer:
    return viewer_for(UserFactory())


@pytest.fixture
def boss() -> Viewer:
    return manager()


def machine(by: Viewer, role: str = Role.CLINICIAN, *scopes: str, **more: Any) -> str:
    return machine_token_issue(
        organisation=more.pop("organisation", by.organisation), role=role, by=by, name="Robot",
        scopes=scopes or every_scope(), **more,
    )  # fmt: skip


# -- what it opens ---------------------------------------------------------------------------------


def test_a_token_opens_what_it_was_made_for_and_nothing_else(viewer: Viewer):
    client = with_token(issue(viewer, "account:read"))
    assert client.get("/api/v1/me/").json()["scopes"] == ["account:read"]
    answer = client.get("/api/v1/consents/")
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["scope"] == "consents:read"
    assert answer["WWW-Authenticate"] == (
        'Bearer realm="salus", error="insufficient_scope", scope="consents:read"'
    )
    sent = {"in_app": False, "by_mail": False}
    put = client.put("/api/v1/me/notice-preferences/export-ready/", sent, "application/json")
    assert (put.status_code, put.json()["scope"]) == (403, "account:write")


def test_fhir_says_the_same_in_its_own_form():
    about = patient()
    weight = observation(about)
    viewer, _, _ = patient_with_record(weight, about=about)
    url = f"/fhir/Observation/{weight['id']}"
    assert with_token(issue(viewer, "records:read")).get(url).status_code == 200
    answer = with_token(issue(viewer, "account:read")).get(url)
    assert answer.status_code == 403
    assert answer["Content-Type"].startswith("application/fhir+json")
    assert "records:read" in answer.json()["issue"][0]["diagnostics"]
    assert 'scope="records:read"' in answer["WWW-Authenticate"]
    assert weight["code"]["text"] not in answer.content.decode()


def test_a_proof_is_as_guarded_as_what_it_proves(registry):
    from records.models import ConsentStatement, Version

    about = patient()
    viewer, row, _ = patient_with_record(observation(about), about=about)
    client = with_token(issue(viewer, "consents:read"))
    record = Version.objects.filter(record__patient=row).first().commitment_id
    refused = client.get(f"/proofs/{record}.json")
    assert (refused.status_code, "records:read" in refused.content.decode()) == (403, True)
    sent = {
        "grantee_type": "organisation", "grantee_id": str(OrganisationFactory().pk),
        "scope": "results", "last_day": timezone.now().date().isoformat(),
    }  # fmt: skip
    with_token(issue(viewer, "consents:write")).post("/api/v1/consents/", sent, "application/json")
    decision = ConsentStatement.objects.get().entry.commitment_id
    assert client.get(f"/proofs/{decision}.json").status_code == 202
    other = with_token(issue(viewer, "records:read"))
    assert other.get(f"/proofs/{decision}.json").status_code == 403


@pytest.mark.parametrize("scopes", [["account"], ["account:delete"], ["*"], ["nothing:read"], []])
def test_an_unknown_scope_is_refused(viewer: Viewer, scopes: list[str]):
    with pytest.raises(Invalid):
        token_issue(user=viewer.user, by=viewer.actor, scopes=scopes)
    assert not ApiToken.objects.exists()


def test_the_command_gives_a_token_for_everything_and_nothing_else():
    user = UserFactory()
    out = StringIO()
    call_command("issue_token", user.email.upper(), stdout=out)
    token = out.getvalue().strip()
    assert out.getvalue() == f"{token}\n"
    assert ApiToken.objects.get().scopes == every_scope()
    assert with_token(token).get("/api/v1/me/").json()["email"] == user.email
    with pytest.raises(CommandError):
        call_command("issue_token", "nobody@example.org", stdout=out)


# -- how it ends -----------------------------------------------------------------------------------


def test_an_ended_token_opens_nothing_at_once(viewer: Viewer):
    client = with_token(issue(viewer))
    assert client.get("/api/v1/me/").status_code == 200
    token = ApiToken.objects.get()
    for _ in range(2):
        token_revoke(token=token, by=viewer.actor)
    assert client.get("/api/v1/me/").status_code == 401
    assert AuditEvent.objects.filter(name="account.token-revoked").count() == 1


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_token_lasts_a_year_at_most(viewer: Viewer, days: int):
    with pytest.raises(Invalid):
        token_issue(user=viewer.user, by=viewer.actor, lifetime=timedelta(days=days))


def test_a_token_that_has_run_out_opens_nothing(viewer: Viewer):
    client = with_token(issue(viewer))
    ApiToken.objects.update(expires_at=timezone.now())
    assert client.get("/api/v1/me/").status_code == 401


def test_the_token_itself_is_kept_nowhere(viewer: Viewer):
    token = issue(viewer)
    row = ApiToken.objects.values().get()
    assert token not in str(row)
    assert token.encode() not in bytes(row["digest"])


@pytest.mark.parametrize(
    ("address", "network"),
    [("203.0.113.77", "203.0.113.0/24"), ("2001:db8:1:2::3", "2001:db8:1::/48")],
)
def test_where_it_was_last_used_from_is_kept_roughly(viewer: Viewer, address: str, network: str):
    with_token(issue(viewer), REMOTE_ADDR=address).get("/api/v1/me/")
    row = ApiToken.objects.get()
    assert row.last_used_from == network
    assert row.last_used_at is not None


# -- for an organisation ---------------------------------------------------------------------------


def test_a_program_acts_for_the_organisation_in_its_role(boss: Viewer):
    me = with_token(machine(boss)).get("/api/v1/me/").json()
    assert me["roles"] == ["clinician"]
    assert me["organisation"]["id"] == str(boss.organisation.pk)
    assert me["program"] is True
    assert me["name"] == "Robot"


def test_a_program_reads_what_its_organisation_wrote_but_nothing_of_its_maker(boss: Viewer):
    about, own = patient(), patient()
    written = observation(about, **written_by(boss.organisation.pk))
    imported(organization(boss.organisation.pk), about, written)
    mine = observation(own)
    imported(own, mine)
    from records.models import Patient

    Patient.objects.filter(pk=own["id"]).update(account=boss.user)
    client = with_token(machine(boss))
    assert client.get(f"/fhir/Observation/{written['id']}").status_code == 200
    assert client.get(f"/fhir/Observation/{mine['id']}").status_code == 404
    by = AuditEvent.objects.filter(name="record.read").latest("pk")
    program = ApiToken.objects.get().user
    assert (by.actor_id, by.organisation_id) == (program.pk, boss.organisation.pk)


@pytest.mark.parametrize("role", ["manager", "patient", "administrator", "", "x"])
def test_a_program_can_be_no_manager_and_no_person(boss: Viewer, role: str):
    with pytest.raises(Invalid):
        machine(boss, role)
    assert not User.objects.filter(is_program=True).exists()


def test_only_a_manager_of_that_organisation_makes_programs_of_it(boss: Viewer):
    for other in (clinician(boss.organisation), manager(), viewer_for(UserFactory())):
        with pytest.raises(Forbidden):
            machine(other, organisation=boss.organisation)
    with pytest.raises(Forbidden):
        machine(boss, organisation=OrganisationFactory())
    assert not ApiToken.objects.exists()


def test_an_ended_program_acts_for_nobody(boss: Viewer):
    client = with_token(machine(boss))
    row = ApiToken.objects.get()
    token_revoke(token=row, by=boss.actor)
    assert client.get("/api/v1/me/").status_code == 401
    assert not Membership.objects.filter(user=row.user, ended_at=None).exists()


def test_nobody_signs_in_as_a_program_or_shares_with_one(boss: Viewer, client: Client):
    machine(boss)
    program = ApiToken.objects.get().user
    assert not program.has_usable_password()
    assert program not in clinicians()
    answer = client.post("/account/login/", {"login": program.email, "password": ""})
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_token_makes_no_other_token(viewer: Viewer):
    sent = {"name": "More", "scopes": ["account:read"]}
    answer = with_token(issue(viewer)).post("/api/v1/me/tokens/", sent, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert ApiToken.objects.count() == 1


# -- the pages and the API of one's own --------------------------------------------------------------


@pytest.fixture
def user() -> User:
    made = UserFactory()
    made.set_password(PASSWORD)
    made.save()
    return made


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def confirmed(signed_in: Client) -> Client:
    """Somebody who has just entered the password once more."""
    assert signed_in.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return signed_in


GOOD = {"name": "Ward import", "scopes": ["account:read"], "days": "30"}


def test_the_password_is_asked_for_before_a_token_is_made(signed_in: Client):
    for send in (signed_in.get, signed_in.post):
        answer = send("/account/tokens/new/")
        assert answer["Location"].startswith("/account/reauthenticate/")
    sent = {"name": "x", "scopes": ["account:read"]}
    answer = signed_in.post("/api/v1/me/tokens/", sent, "application/json")
    assert (answer.status_code, "confirm that it is you" in answer.json()["detail"]) == (403, True)
    assert not ApiToken.objects.exists()


def test_the_page_shows_a_new_token_once(confirmed: Client, user: User):
    answer = confirmed.post("/account/tokens/new/", GOOD)
    assert answer.status_code == 201
    token = answer.context["token"]
    assert token in answer.content.decode()
    page = confirmed.get("/account/tokens/").content.decode()
    assert "Ward import" in page
    assert token not in page
    assert with_token(token).get("/api/v1/me/").json()["id"] == str(user.pk)
    row = ApiToken.objects.get()
    assert row.scopes == ["account:read"]
    assert timedelta(days=29) < row.expires_at - timezone.now() < timedelta(days=30)


@pytest.mark.parametrize(
    "change", [{"name": ""}, {"scopes": []}, {"scopes": ["all"]}, {"days": "9999"}, {"days": ""}]
)
def test_a_wrong_entry_is_explained_and_makes_nothing(confirmed: Client, change: dict[str, Any]):
    answer = confirmed.post("/account/tokens/new/", GOOD | change)
    assert answer.status_code == 422
    assert b"There is a problem" in answer.content
    assert not ApiToken.objects.exists()


def test_the_api_makes_one_for_a_session_that_has_just_confirmed(confirmed: Client):
    sent = {"name": "Script", "scopes": ["account:read"], "days": 7}
    answer = confirmed.post("/api/v1/me/tokens/", sent, "application/json")
    assert answer.status_code == 201
    assert with_token(answer.json()["token"]).get("/api/v1/me/").status_code == 200
    listed = confirmed.get("/api/v1/me/tokens/").json()["results"]
    assert [row["name"] for row in listed] == ["Script"]
    assert "token" not in listed[0]
    for _ in range(2):
        assert confirmed.delete(f"/api/v1/me/tokens/{listed[0]['id']}/").status_code == 204
    assert ApiToken.objects.get().revoked_at is not None


def test_somebody_elses_token_is_not_there(confirmed: Client, viewer: Viewer):
    issue(viewer)
    pk = ApiToken.objects.get().pk
    assert confirmed.get(f"/account/tokens/{pk}/end/").status_code == 404
    assert confirmed.post(f"/account/tokens/{pk}/end/").status_code == 404
    assert confirmed.delete(f"/api/v1/me/tokens/{pk}/").status_code == 404
    assert ApiToken.objects.get().revoked_at is None


def test_a_page_ends_a_token(signed_in: Client, user: User):
    issue(viewer_for(user))
    pk = ApiToken.objects.get().pk
    assert b"End" in signed_in.get(f"/account/tokens/{pk}/end/").content
    assert signed_in.post(f"/account/tokens/{pk}/end/")["Location"] == "/account/tokens/"
    assert b"Ended" in signed_in.get("/account/tokens/").content


def test_a_manager_makes_and_ends_programs_by_page(client: Client, boss: Viewer):
    boss.user.set_password(PASSWORD)
    boss.user.save()
    client.force_login(boss.user)
    assert b"No tokens yet" in client.get("/account/tokens/organisation/").content
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    answer = client.post("/account/tokens/organisation/new/", GOOD | {"role": "nurse"})
    assert answer.status_code == 201
    page = client.get("/account/tokens/organisation/").content.decode()
    assert "Nurse" in page
    assert "Mo Manager" in page
    other = SalusClient()
    other.force_login(manager(boss.organisation).user)
    assert "Ward import" in other.get("/account/tokens/organisation/").content.decode()
    pk = ApiToken.objects.get().pk
    done = other.post(f"/account/tokens/{pk}/end/")
    assert done["Location"] == "/account/tokens/organisation/"
    assert (
        client.post("/account/tokens/organisation/new/", GOOD | {"role": "manager"}).status_code
        == 422
    )


def test_programs_of_an_organisation_are_for_its_managers(client: Client, boss: Viewer):
    machine(boss)
    pk = ApiToken.objects.get().pk
    for other in (clinician(boss.organisation), clinician()):
        client.force_login(other.user)
        assert client.get("/account/tokens/organisation/").status_code == 403
        assert client.get(f"/account/tokens/{pk}/end/").status_code == 404
    client.force_login(manager().user)
    assert b"Robot" not in client.get("/account/tokens/organisation/").content
    assert client.post(f"/account/tokens/{pk}/end/").status_code == 404


@pytest.mark.parametrize(("path", "queries"), [("", 5), ("organisation/", 7)])
def test_the_lists_cost_the_same_however_long_they_are(
    client: Client, boss: Viewer, path: str, queries: int, makes_queries
):
    client.force_login(boss.user)
    User.objects.filter(pk=boss.user.pk).update(has_notices=False)
    for _ in range(2):
        for _ in range(3):
            issue(boss, "account:read")
            machine(boss)
        User.objects.filter(pk=boss.user.pk).update(has_notices=False)
        client.get("/account/tokens/")
        # user, memberships, second factor, acting, tokens; the programs and their memberships
        with makes_queries(queries):
            client.get(f"/account/tokens/{path}")


def test_the_organisation_of_a_token_is_its_programs_alone(boss: Viewer):
    from django.db import IntegrityError

    machine(boss)
    with pytest.raises(IntegrityError):
        ApiToken.objects.update(organisation=None)


def test_an_organisation_that_is_gone_takes_its_programs_along(boss: Viewer):
    client = with_token(machine(boss))
    Organisation.objects.filter(pk=boss.organisation.pk).delete()
    assert client.get("/api/v1/me/").status_code == 401


def test_a_token_that_is_refused_stands_in_the_trail(viewer: Viewer):
    client = with_token(issue(viewer, "account:read"))
    for path in ("/api/v1/consents/", "/fhir/Observation/1"):
        assert client.get(path).status_code == 403
    rows = AuditEvent.objects.filter(name="access.refused").order_by("pk")
    assert [(row.actor_id, row.channel) for row in rows] == [
        (viewer.user.pk, "api"), (viewer.user.pk, "fhir"),
    ]  # fmt: skip


def test_a_programs_roles_wait_for_no_second_factor_and_its_makers_do(boss: Viewer):
    client = with_token(machine(boss))
    Authenticator.objects.all().delete()
    assert client.get("/api/v1/me/").json()["roles"] == ["clinician"]
    own = with_token(issue(boss)).get("/api/v1/me/").json()
    assert (own["roles"], own["organisation"]) == ([], None)


def test_programs_stand_with_the_tokens_and_not_among_the_members(boss: Viewer):
    machine(boss)
    program = ApiToken.objects.get().user.memberships.get()
    client = SalusClient()
    client.force_login(boss.user)
    assert "Robot" not in client.get("/organisation/members/").content.decode()
    assert client.delete(f"/api/v1/members/{program.pk}/").status_code == 404
    [row] = client.get("/api/v1/members/").json()["results"]
    assert row["user"] == str(boss.user.pk)


def test_a_program_gets_no_role_that_such_an_organisation_does_not_have(boss: Viewer):
    with pytest.raises(Invalid):
        machine(boss, Role.PAYER)
