"""A person's wallets: added by a signature, named, removed, and nobody else's business."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User, Wallet
from accounts.viewer import viewer_for
from accounts.wallet_messages import Purpose
from accounts.wallets import access_wallet, wallet_link, wallet_unlink, wallets_of
from core.errors import Conflict, NotFound
from core.models import AuditEvent
from tests.factories.audit import told
from tests.factories.people import UserFactory
from tests.factories.signing import SoftWallet
from tests.integration.accounts.wallets import (
    ADD,
    ASK,
    SIGN_IN,
    asked,
    linked,
    signed,
    signer_of,
    wallet_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry", "clean_cache")]
PASSWORD = "a long password of a test"


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
    answer = signed_in.post("/account/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 302
    return signed_in


def add(client: Client, soft: SoftWallet, name: str = "Savings") -> Any:
    """Add a wallet as the page does."""
    message = asked(client, Purpose.LINK, soft.address)
    return client.post(ADD, signed(soft, message) | {"name": name})


# -- adding ------------------------------------------------------------------------------------------


def test_a_wallet_is_added_by_what_it_signs(confirmed: Client, user: User):
    soft = SoftWallet()
    answer = add(confirmed, soft)
    assert (answer.status_code, answer["Location"]) == (302, "/account/wallets/")
    row = wallet_of(user)
    assert (row.shown, row.name, row.kind) == (soft.address, "Savings", "account")
    page = confirmed.get("/account/wallets/").content.decode()
    assert "“Savings” was added" in page
    assert row.short in page
    assert "Not used yet" in page


def test_what_is_signed_says_what_it_does_and_where(confirmed: Client):
    soft = SoftWallet()
    message = asked(confirmed, Purpose.LINK, soft.address.lower())
    assert message.statement == (
        "Add this wallet to my Salus account, so that I can sign in with it."
    )
    assert (message.scheme, message.domain) == ("http", "localhost:8000")
    assert message.uri == f"http://localhost:8000{ADD}"
    assert (message.address, message.chain_id) == (soft.address, 31337)
    assert message.statement in confirmed.get(ADD).content.decode()


def test_a_site_with_tls_leaves_the_scheme_out_as_wallets_expect(confirmed: Client, settings):
    settings.BASE_URL = "https://salus.example"
    soft = SoftWallet()
    message = asked(confirmed, Purpose.LINK, soft.address)
    assert (message.scheme, message.domain) == (None, "salus.example")
    assert add(confirmed, soft).status_code == 302


def test_a_wallet_is_added_once(confirmed: Client, user: User):
    soft = linked(user)
    answer = add(confirmed, soft)
    assert answer.status_code == 422
    assert "added this wallet already" in answer.content.decode()
    assert wallets_of(user).count() == 1


def test_a_wallet_of_somebody_else_stays_theirs(confirmed: Client, user: User):
    theirs = UserFactory()
    soft = linked(theirs)
    answer = add(confirmed, soft)
    assert answer.status_code == 422
    body = answer.content.decode()
    assert "belongs to one account alone" in body
    assert theirs.email not in body
    assert wallet_of(theirs).name == "Savings"
    assert not wallets_of(user).exists()


def test_a_signature_for_signing_in_adds_nothing(confirmed: Client, user: User):
    soft = SoftWallet()
    message = asked(confirmed, Purpose.SIGN_IN, soft.address)
    link = asked(confirmed, Purpose.LINK, soft.address)
    for sent in (
        signed(soft, message),
        signed(soft, message, statement=link.statement),
        signed(soft, message, statement=link.statement, uri=link.uri),
    ):
        assert confirmed.post(ADD, sent | {"name": "Savings"}).status_code == 422
    assert not wallets_of(user).exists()


@pytest.mark.parametrize("name", ["", " ", "x" * 61])
def test_a_name_is_needed_and_not_endless(confirmed: Client, user: User, name: str):
    assert add(confirmed, SoftWallet(), name).status_code == 422
    assert not wallets_of(user).exists()


def test_markup_in_a_name_is_text(confirmed: Client):
    add(confirmed, SoftWallet(), "<b>Mine</b>")
    assert "&lt;b&gt;Mine&lt;/b&gt;" in confirmed.get("/account/wallets/").content.decode()


def test_adding_is_limited(confirmed: Client):
    answers = {confirmed.post(ADD, {"name": "x"}).status_code for _ in range(25)}
    assert answers == {422, 429}
    last = confirmed.post(ADD, {"name": "x"})
    assert last["Retry-After"] == "60"
    assert "too often in a short time" in last.content.decode()


def test_an_address_has_twenty_bytes_and_one_person():
    user = UserFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Wallet.objects.create(user=user, address=b"\1" * 19, kind="account", name="x")
    Wallet.objects.create(user=user, address=b"\1" * 20, kind="account", name="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Wallet.objects.create(user=UserFactory(), address=b"\1" * 20, kind="account", name="x")


# -- who may -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["", "add/", "{pk}/rename/", "{pk}/remove/"])
def test_without_a_sign_in_the_sign_in_page_comes(client: Client, path: str):
    theirs = UserFactory()
    linked(theirs)
    url = f"/account/wallets/{path.format(pk=wallet_of(theirs).pk)}"
    for send in (client.get, client.post):
        answer = send(url)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/login/")


def test_a_message_that_adds_a_wallet_is_for_somebody_signed_in(client: Client):
    answer = client.post(ASK, {"purpose": "link", "address": SoftWallet().address})
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert "sign in once more" in answer.json()["detail"]


def test_the_password_is_asked_for_before_a_wallet_is_added_or_removed(
    signed_in: Client, user: User
):
    soft = linked(user)
    other = SoftWallet()
    assert add(signed_in, other)["Location"].startswith("/account/reauthenticate/")
    for path in ("add/", f"{wallet_of(user).pk}/remove/"):
        for send in (signed_in.get, signed_in.post):
            answer = send(f"/account/wallets/{path}")
            assert answer.status_code == 302
            assert answer["Location"].startswith("/account/reauthenticate/")
    assert [row.shown for row in wallets_of(user)] == [soft.address]


def test_somebody_elses_wallet_can_be_neither_renamed_nor_removed(confirmed: Client):
    theirs = UserFactory()
    linked(theirs)
    for path in ("rename/", "remove/"):
        url = f"/account/wallets/{wallet_of(theirs).pk}/{path}"
        assert confirmed.get(url).status_code == 404
        assert confirmed.post(url, {"name": "Mine"}).status_code == 404
    assert wallet_of(theirs).name == "Savings"
    with pytest.raises(NotFound):
        access_wallet(UserFactory(), wallet_of(theirs).pk)


# -- naming and removing -------------------------------------------------------------------------------


def test_a_wallet_is_renamed_and_removed(confirmed: Client, user: User):
    linked(user)
    url = f"/account/wallets/{wallet_of(user).pk}"
    assert confirmed.post(f"{url}/rename/", {"name": ""}).status_code == 422
    assert confirmed.post(f"{url}/rename/", {"name": "Everyday"}).status_code == 302
    assert wallet_of(user).name == "Everyday"
    assert "Everyday" in confirmed.get(f"{url}/remove/").content.decode()
    assert confirmed.post(f"{url}/remove/").status_code == 302
    assert not wallets_of(user).exists()
    assert "You have added no wallet" in confirmed.get("/account/wallets/").content.decode()


def test_the_only_way_in_stays(signed_in: Client, user: User):
    linked(user)
    user.set_unusable_password()
    user.save()
    signed_in.force_login(user)
    answer = signed_in.post(f"/account/wallets/{wallet_of(user).pk}/remove/")
    assert answer.status_code == 409
    assert "your only way to sign in" in answer.content.decode()
    assert wallets_of(user).count() == 1


def test_of_two_wallets_without_a_password_one_may_go():
    user = UserFactory()  # has no password
    first, _ = linked(user), linked(user, name="Other")
    actor = viewer_for(user).actor
    wallet_unlink(wallet=wallets_of(user)[0], by=actor)
    with pytest.raises(Conflict):
        wallet_unlink(wallet=wallets_of(user)[0], by=actor)
    assert first.address not in [row.shown for row in wallets_of(user)]


def test_a_removed_wallet_can_be_added_by_somebody_else(user: User):
    soft = linked(user)
    wallet_unlink(wallet=wallet_of(user), by=viewer_for(user).actor)
    linked(UserFactory(), soft)


def test_adding_and_removing_is_audited_without_the_address(user: User):
    soft = linked(user)
    pk = str(wallet_of(user).pk)
    wallet_unlink(wallet=wallet_of(user), by=viewer_for(user).actor)
    found = AuditEvent.objects.order_by("pk")
    assert [(e.name, e.actor_id, told(e).target) for e in found] == [
        ("account.wallet-linked", user.pk, pk),
        ("account.wallet-unlinked", user.pk, pk),
    ]
    assert soft.address not in str(list(AuditEvent.objects.values()))


def test_what_is_refused_is_not_audited(user: User):
    soft = linked(UserFactory())
    before = AuditEvent.objects.count()
    with pytest.raises(Conflict):
        wallet_link(user=user, name="x", signer=signer_of(soft), by=viewer_for(user).actor)
    assert AuditEvent.objects.count() == before


def test_the_list_takes_as_many_queries_for_one_wallet_as_for_ten(
    signed_in: Client, user: User, makes_queries
):
    for count in (1, 9):
        for _ in range(count):
            linked(user)
        with makes_queries(5):  # user, memberships, acting, wallets, unread notices
            signed_in.get("/account/wallets/")


def test_the_account_names_the_page(signed_in: Client):
    assert "/account/wallets/" in signed_in.get("/account/").content.decode()


def test_without_a_chain_it_is_said_that_salus_is_not_ready(confirmed: Client, registry):
    registry.delete()
    answer = confirmed.post(ASK, {"purpose": "link", "address": SoftWallet().address})
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"
    assert confirmed.get(ADD).status_code == 200
    assert confirmed.get(SIGN_IN).status_code == 302
