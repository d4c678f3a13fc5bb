"""A person's wallets over the API: their own, through the same services."""

from io import StringIO

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.tokens import token_issue
from accounts.viewer import viewer_for
from accounts.wallets import wallets_of
from core.models import AuditEvent
from tests.factories.audit import told
from tests.factories.people import UserFactory
from tests.integration.accounts.wallets import linked, wallet_of

pytestmark = pytest.mark.django_db
WALLETS = "/api/v1/me/wallets/"
PASSWORD = "a long password of a test"


@pytest.fixture
def user() -> User:
    made = UserFactory()
    made.set_password(PASSWORD)
    made.save()
    return made


@pytest.fixture
def api(user: User) -> APIClient:
    """A program with the person's token."""
    client = APIClient()
    token = token_issue(user=user, by=viewer_for(user).actor)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return client


def test_ones_wallets_are_listed_and_nobody_elses(api: APIClient, user: User):
    linked(UserFactory())
    first, second = linked(user, name="First"), linked(user, name="Second")
    body = api.get(WALLETS).json()
    assert [(row["name"], row["address"]) for row in body["results"]] == [
        ("Second", second.address),
        ("First", first.address),
    ]
    assert set(body["results"][0]) == {
        "id", "name", "address", "kind", "added_at", "last_used_at",
    }  # fmt: skip
    assert body["results"][0]["kind"] == "account"


def test_one_wallet_can_be_looked_at(api: APIClient, user: User):
    soft = linked(user)
    assert api.get(f"{WALLETS}{wallet_of(user).pk}/").json()["address"] == soft.address


def test_a_list_takes_as_many_queries_for_one_wallet_as_for_ten(
    api: APIClient, user: User, makes_queries
):
    api.get(WALLETS)  # notes that the token was used
    for count in (1, 9):
        for _ in range(count):
            linked(user)
        with makes_queries(4):  # token, memberships, acting, wallets
            assert api.get(WALLETS).status_code == 200


def test_a_wallet_is_removed_and_that_is_audited(api: APIClient, user: User):
    linked(user)
    pk = wallet_of(user).pk
    assert api.delete(f"{WALLETS}{pk}/").status_code == 204
    assert not wallets_of(user).exists()
    row = AuditEvent.objects.get(name="account.wallet-unlinked")
    assert (row.actor_id, told(row).target, row.channel) == (user.pk, str(pk), "api")
    assert api.delete(f"{WALLETS}{pk}/").status_code == 404


def test_the_only_way_in_stays(api: APIClient, user: User):
    linked(user)
    user.set_unusable_password()
    user.save()
    answer = api.delete(f"{WALLETS}{wallet_of(user).pk}/")
    assert answer.status_code == 409
    assert "only way to sign in" in answer.json()["detail"]
    assert wallets_of(user).count() == 1


@pytest.mark.parametrize("send", ["get", "delete"])
def test_somebody_elses_wallet_is_not_there(api: APIClient, send: str):
    theirs = UserFactory()
    linked(theirs)
    answer = getattr(api, send)(f"{WALLETS}{wallet_of(theirs).pk}/")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert wallets_of(theirs).count() == 1


@pytest.mark.parametrize("send", ["get", "delete"])
def test_nobody_gets_nothing(send: str):
    user = UserFactory()
    linked(user)
    client = APIClient()
    assert client.get(WALLETS).status_code == 401
    assert getattr(client, send)(f"{WALLETS}{wallet_of(user).pk}/").status_code == 401
    assert wallets_of(user).count() == 1


def test_a_browsers_session_has_to_confirm_who_it_is_before_a_wallet_is_removed(
    client: Client, user: User
):
    linked(user)
    client.force_login(user)
    url = f"{WALLETS}{wallet_of(user).pk}/"
    answer = client.delete(url)
    assert answer.status_code == 403
    assert "confirm that it is you" in answer.json()["detail"]
    assert wallets_of(user).count() == 1
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert client.delete(url).status_code == 204


@pytest.mark.parametrize("send", ["post", "put", "patch", "delete"])
def test_the_list_is_only_read(api: APIClient, send: str):
    assert getattr(api, send)(WALLETS, {}, format="json").status_code == 405


def test_the_description_knows_them():
    out = StringIO()
    call_command("spectacular", "--validate", stdout=out)
    paths = yaml.safe_load(out.getvalue())["paths"]
    assert set(paths[WALLETS]) == {"get"}
    assert set(paths[f"{WALLETS}{{id}}/"]) == {"get", "delete"}
    assert "204" in paths[f"{WALLETS}{{id}}/"]["delete"]["responses"]
