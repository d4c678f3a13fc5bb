"""Signing in with a wallet: once, soon, from the same browser, here, and by its holder alone."""

import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.account.stages import LoginStage
from django.contrib.auth import get_user
from django.core.cache import cache
from django.http import HttpResponseRedirect
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts import wallet_messages
from accounts.adapter import AccountAdapter
from accounts.models import User, Wallet
from accounts.siwe import written
from accounts.siwe_checks import LIFETIME
from accounts.wallet_messages import Purpose
from chain.node import Node, get_node
from chain.signatures import personal_digest
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
    signed_in_with,
    wallet_of,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry", "clean_cache")]
# Says that the digest in storage slot 0 is signed, and no other (EIP-1271).
AGREES = "0x6004356000541463" + "1626ba7e" + "0260e01b60005260206000f3"


@pytest.fixture
def user() -> User:
    made = UserFactory()
    EmailAddress.objects.create(user=made, email=made.email, verified=True, primary=True)
    return made


@pytest.fixture
def soft(user: User) -> SoftWallet:
    return linked(user)


def who(client: Client) -> object:
    """Who is signed in, as the next page would see it."""
    return get_user(client) if client.session.get("_auth_user_id") else None  # type: ignore[arg-type]


def refused(client: Client, sent: dict[str, str], words: str) -> None:
    """Nobody is signed in, and it is said why."""
    answer = client.post(SIGN_IN, sent)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert who(client) is None
    assert not AuditEvent.objects.filter(name="account.wallet-sign-in").exists()


# -- the way in ----------------------------------------------------------------------------------------


def test_a_wallet_signs_its_holder_in(client: Client, user: User, soft: SoftWallet):
    before = client.session.session_key
    answer = signed_in_with(client, soft)
    assert (answer.status_code, answer["Location"]) == (302, "/dashboard/")
    assert who(client) == user
    assert client.session.session_key != before
    assert wallet_of(user).last_used_at is not None
    row = AuditEvent.objects.get(name="account.wallet-sign-in")
    assert (row.actor_id, told(row).target) == (user.pk, str(wallet_of(user).pk))


@pytest.mark.parametrize(
    ("next", "to"),
    [
        ("/sharing/", "/sharing/"),
        ("https://elsewhere.example/", "/dashboard/"),
        ("//elsewhere.example/", "/dashboard/"),
        ("javascript:alert(1)", "/dashboard/"),
    ],
)
def test_one_goes_where_one_wanted_to_on_this_site(
    client: Client, soft: SoftWallet, next: str, to: str
):
    assert signed_in_with(client, soft, next=next)["Location"] == to


def test_who_is_signed_in_already_is_sent_on(client: Client, user: User):
    client.force_login(user)
    assert client.get(SIGN_IN)["Location"] == "/dashboard/"


def test_the_page_says_what_will_be_signed(client: Client):
    answer = client.get(SIGN_IN, {"next": "/sharing/"})
    body = answer.content.decode()
    assert "Sign in to Salus with this wallet." in body
    assert 'value="/sharing/"' in body
    assert "This needs JavaScript" in body
    assert "_auth_user_id" not in client.session


def test_the_sign_in_page_knows_the_way_and_hides_it_at_first(client: Client):
    body = client.get("/account/login/", {"next": "/sharing/"}).content.decode()
    assert "data-wallet-entrance hidden" in body
    assert f"{SIGN_IN}?next=%2Fsharing%2F" in body


def test_a_wallet_of_nobody_is_told_what_to_do(client: Client):
    soft = SoftWallet()
    message = asked(client, Purpose.SIGN_IN, soft.address)
    refused(client, signed(soft, message), "belongs to no account yet")
    assert not Wallet.objects.exists()


def test_whether_a_wallet_is_known_is_not_told_to_others(client: Client, soft: SoftWallet):
    """The message and the refusal of a wrong signature are the same for a wallet of nobody."""
    stranger, thief = SoftWallet(), SoftWallet()
    said = []
    for address in (soft.address, stranger.address):
        message = asked(client, Purpose.SIGN_IN, address)
        answer = client.post(SIGN_IN, signed(thief, message))
        assert answer.status_code == 422
        said.append(answer.context["form"].errors)
    assert said[0] == said[1]


def test_somebody_whose_account_is_closed_stays_out(client: Client, user: User, soft: SoftWallet):
    User.objects.filter(pk=user.pk).update(is_active=False)
    answer = signed_in_with(client, soft)
    assert answer["Location"] == "/account/inactive/"
    assert who(client) is None
    assert wallet_of(user).last_used_at is None


def test_an_address_that_is_not_confirmed_is_asked_for_first(client: Client):
    user = UserFactory()
    EmailAddress.objects.create(user=user, email=user.email, verified=False, primary=True)
    answer = signed_in_with(client, linked(user))
    assert answer["Location"] == "/account/confirm-email/"
    assert who(client) is None


class AnotherFactor(LoginStage):
    """What allauth puts before a sign-in where a second factor is enrolled."""

    key = "test"

    def handle(self) -> tuple[Any, bool]:
        return HttpResponseRedirect("/second-factor/"), True


def test_a_second_factor_is_asked_for_all_the_same(
    client: Client, user: User, soft: SoftWallet, monkeypatch
):
    stage = f"{__name__}.AnotherFactor"
    monkeypatch.setattr(AccountAdapter, "get_login_stages", lambda self: [stage])
    answer = signed_in_with(client, soft)
    assert answer["Location"] == "/second-factor/"
    assert who(client) is None
    assert not AuditEvent.objects.filter(name="account.wallet-sign-in").exists()
    assert wallet_of(user).last_used_at is None
    kept = client.session["account_login"]["signal_kwargs"]
    assert kept == {"wallet": str(wallet_of(user).pk)}


# -- once, soon, from the same browser -------------------------------------------------------------------


def test_a_signature_counts_once(client: Client, soft: SoftWallet):
    sent = signed(soft, asked(client, Purpose.SIGN_IN, soft.address))
    assert client.post(SIGN_IN, sent).status_code == 302
    client.post("/account/logout/")
    refused_again = client.post(SIGN_IN, sent)
    assert refused_again.status_code == 422
    assert "signed before" in refused_again.content.decode()
    assert who(client) is None


def test_a_signature_counts_once_in_a_browser_that_never_left(client: Client):
    """Also where nobody was signed in by it, so that the session is the same still."""
    stranger = SoftWallet()
    sent = signed(stranger, asked(client, Purpose.SIGN_IN, stranger.address))
    refused(client, sent, "belongs to no account yet")
    refused(client, sent, "signed before")


def test_of_two_at_the_same_time_one_counts(client: Client, soft: SoftWallet, monkeypatch):
    """The second comes while the first one's signature is being looked at."""
    sent = signed(soft, asked(client, Purpose.SIGN_IN, soft.address))
    window = Client()
    window.cookies.update(client.cookies)
    real, answers = wallet_messages.personal_signer, []

    def looking(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(wallet_messages, "personal_signer", real)
        answers.append(window.post(SIGN_IN, sent).status_code)
        return real(*args, **more)

    monkeypatch.setattr(wallet_messages, "personal_signer", looking)
    answers.append(client.post(SIGN_IN, sent).status_code)
    assert answers == [302, 422]


def test_a_signature_from_another_browser_counts_not(client: Client, soft: SoftWallet):
    theirs = Client()
    sent = signed(soft, asked(theirs, Purpose.SIGN_IN, soft.address))
    refused(client, sent, "signed before, elsewhere")
    asked(client, Purpose.SIGN_IN, soft.address)
    refused(client, sent, "signed before, elsewhere")
    assert theirs.post(SIGN_IN, sent).status_code == 302


def test_after_its_time_a_nonce_is_unknown(client: Client, soft: SoftWallet):
    sent = signed(soft, asked(client, Purpose.SIGN_IN, soft.address))
    cache.clear()  # as Valkey does by itself after five minutes
    refused(client, sent, "too long ago")


def test_a_nonce_is_kept_for_five_minutes_and_no_longer(client: Client, soft: SoftWallet):
    message = asked(client, Purpose.SIGN_IN, soft.address)
    left = cache._cache.get_client(None).ttl(cache.make_key(f"siwe:{message.nonce}"))
    assert 290 < left <= LIFETIME.total_seconds() == 300


def test_two_windows_of_one_browser_do_not_disturb_each_other(client: Client, soft: SoftWallet):
    first = signed(soft, asked(client, Purpose.SIGN_IN, soft.address))
    asked(client, Purpose.SIGN_IN, soft.address)
    assert client.post(SIGN_IN, first).status_code == 302


def test_a_nonce_of_ones_own_making_counts_not(client: Client, soft: SoftWallet):
    message = asked(client, Purpose.SIGN_IN, soft.address)
    for nonce in ("0" * 32, "12345678", "a" * 2000):
        refused(client, signed(soft, message, nonce=nonce), "signed before")


def test_a_nonce_for_adding_a_wallet_signs_nobody_in(client: Client, soft: SoftWallet):
    other = UserFactory()
    client.force_login(other)
    link = asked(client, Purpose.LINK, soft.address)
    sign_in = asked(client, Purpose.SIGN_IN, soft.address)
    session = client.session
    for key in ("_auth_user_id", "_auth_user_backend", "_auth_user_hash"):
        del session[key]
    session.save()  # signed out, with the browser's name still known
    refused(client, signed(soft, link), "another page")
    sent = signed(soft, link, uri=sign_in.uri, statement=sign_in.statement)
    refused(client, sent, "signed before")


# -- here and now ----------------------------------------------------------------------------------------


def later(**offset: float) -> str:
    return written(timezone.now() + timedelta(**offset))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"domain": "elsewhere.example"}, "another site"),
        ({"domain": "localhost"}, "another site"),
        ({"domain": "localhost:8001"}, "another site"),
        ({"scheme": "https"}, "another site"),
        ({"scheme": None}, "another site"),
        ({"uri": "http://elsewhere.example/account/wallets/sign-in/"}, "another page"),
        ({"uri": f"http://localhost:8000{ADD}"}, "another page"),
        ({"chain_id": 1}, "another network"),
        ({"statement": "Transfer everything."}, "Something else was signed"),
        ({"statement": None}, "Something else was signed"),
    ],
)
def test_what_was_signed_for_elsewhere_is_refused(
    client: Client, soft: SoftWallet, changes, words: str
):
    message = asked(client, Purpose.SIGN_IN, soft.address)
    refused(client, signed(soft, message, **changes), words)
    # And it was no use of the nonce
    assert client.post(SIGN_IN, signed(soft, message)).status_code == 302


@pytest.mark.parametrize(
    ("name", "offset", "words"),
    [
        ("issued_at", {"minutes": 2}, "later than now"),
        ("issued_at", {"days": 400}, "later than now"),
        ("issued_at", {"minutes": -6}, "took too long"),
        ("expiration_time", {"seconds": -1}, "took too long"),
        ("expiration_time", {"days": -400}, "took too long"),
        ("not_before", {"minutes": 2}, "for a later time"),
    ],
)
def test_what_was_signed_for_another_time_is_refused(
    client: Client, soft: SoftWallet, name: str, offset, words: str
):
    message = asked(client, Purpose.SIGN_IN, soft.address)
    refused(client, signed(soft, message, **{name: later(**offset)}), words)


def test_what_somebody_else_has_signed_is_refused(client: Client, soft: SoftWallet):
    message = asked(client, Purpose.SIGN_IN, soft.address)
    good = signed(soft, message)
    refused(client, signed(SoftWallet(), message), "not by that wallet")
    refused(client, good | {"signature": "0x" + "11" * 65}, "not by that wallet")
    refused(client, good | {"signature": "0x01"}, "not by that wallet")
    other = SoftWallet()
    refused(client, signed(soft, message, address=other.address), "not by that wallet")


def test_the_address_is_the_signers_whoever_was_asked(client: Client, soft: SoftWallet):
    """Somebody who has changed the account in their wallet meanwhile signs in with that one."""
    message = asked(client, Purpose.SIGN_IN, SoftWallet().address)
    assert client.post(SIGN_IN, signed(soft, message, address=soft.address)).status_code == 302


# -- contract wallets --------------------------------------------------------------------------------------


@pytest.fixture
def contract(user: User) -> str:
    """The address of a contract wallet that the person has added."""
    address = b"\x11" + user.pk.bytes + b"\x22\x33\x44"
    Wallet.objects.create(user=user, address=address, kind="contract", name="Safe")
    return "0x" + address.hex()


def agree(address: str, digest: bytes) -> None:
    """The contract has signed this digest."""
    get_node().ask("anvil_setCode", address, AGREES)
    get_node().ask("anvil_setStorageAt", address, "0x" + "0" * 64, "0x" + digest.hex())


def test_a_contract_wallet_signs_in(client: Client, user: User, contract: str):
    text = asked(client, Purpose.SIGN_IN, contract).text.encode()
    agree(contract, personal_digest(text))
    sent = {"message": "0x" + text.hex(), "signature": "0x01"}
    assert client.post(SIGN_IN, sent).status_code == 302
    assert who(client) == user


def test_a_contract_wallet_that_has_signed_something_else_is_refused(client: Client, contract: str):
    text = asked(client, Purpose.SIGN_IN, contract).text.encode()
    agree(contract, personal_digest(b"something else"))
    sent = {"message": "0x" + text.hex(), "signature": "0x01"}
    refused(client, sent, "not by that wallet")


def test_a_ledger_that_does_not_answer_is_said_and_nothing_is_changed(
    client: Client, user: User, contract: str, monkeypatch
):
    text = asked(client, Purpose.SIGN_IN, contract).text.encode()
    agree(contract, personal_digest(text))
    sent = {"message": "0x" + text.hex(), "signature": "0x01"}
    with monkeypatch.context() as silent:
        silent.setattr(wallet_messages, "get_node", lambda: Node("http://127.0.0.1:9"))
        answer = client.post(SIGN_IN, sent)
    assert answer.status_code == 503
    assert "does not answer right now" in answer.content.decode()
    assert who(client) is None
    # The same can be sent again, once it does
    assert client.post(SIGN_IN, sent).status_code == 302


def test_a_node_of_another_chain_is_not_believed(
    client: Client, contract: str, registry, monkeypatch
):
    registry.chain_id = 5
    registry.save()
    text = asked(client, Purpose.SIGN_IN, contract).text.encode()
    agree(contract, personal_digest(text))
    answer = client.post(SIGN_IN, {"message": "0x" + text.hex(), "signature": "0x01"})
    assert answer.status_code == 503
    assert who(client) is None


# -- too often, and junk -------------------------------------------------------------------------------------


def test_attempts_are_limited(client: Client):
    answers = [client.post(SIGN_IN, {}).status_code for _ in range(35)]
    assert set(answers) == {422, 429}
    assert client.get(SIGN_IN).status_code == 200


def test_messages_are_limited(client: Client):
    sent = {"purpose": "sign-in", "address": SoftWallet().address}
    answers = [client.post(ASK, sent) for _ in range(35)]
    assert {answer.status_code for answer in answers} == {200, 429}
    assert answers[-1].json()["code"] == "throttled"
    assert answers[-1]["Retry-After"] == "60"


def test_a_message_is_asked_for_by_sending(client: Client):
    assert client.get(ASK).status_code == 405


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"purpose": "sign-in"},
        {"purpose": "sign-in", "address": ""},
        {"purpose": "sign-in", "address": "0x12"},
        {"purpose": "sign-in", "address": "nothing"},
        {"purpose": "sign-in", "address": "0x" + "1" * 42},
        {"purpose": "pay", "address": "0x" + "1" * 40},
        {"purpose": "\0", "address": "\0"},
        {"purpose": ["link", "pay"], "address": "0x" + "1" * 40},
    ],
)
def test_what_asks_for_no_message_gets_words(client: Client, sent):
    answer = client.post(ASK, sent)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["errors"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"message": "", "signature": ""},
        {"message": "0x", "signature": "0x"},
        {"message": "hello", "signature": "0x11"},
        {"message": "0x68656c6c6f", "signature": "0x11"},
        {"message": "0xff00", "signature": "0x11"},
        {"message": "0x" + "61" * 5000, "signature": "0x11"},
        {"message": "0x61", "signature": "0x" + "11" * 3000},
        {"message": "\0", "signature": "\ud7ff"},
        {"message": ["0x61", "0x62"], "signature": "0x11"},
    ],
)
def test_junk_is_refused_in_words(client: Client, sent):
    answer = client.post(SIGN_IN, sent)
    assert answer.status_code == 422
    assert "error-summary" in answer.content.decode()


@pytest.fixture
def unlimited(settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": None, "wallet_message": None, "wallet_add": None}


lines = st.sampled_from(
    [
        "localhost:8000 wants you to sign in with your Ethereum account:",
        "http://localhost:8000 wants you to sign in with your Ethereum account:",
        "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
        "",
        "Sign in to Salus with this wallet.",
        "URI: http://localhost:8000/account/wallets/sign-in/",
        "Version: 1",
        "Chain ID: 31337",
        "Nonce: 00000000000000000000000000000000",
        "Issued At: 2026-01-01T00:00:00Z",
        "Resources:",
        "- https://example.com",
    ]
)
texts = st.text() | st.lists(lines | st.text()).map("\n".join)
hexes = st.binary(max_size=200).map(lambda data: "0x" + data.hex())


@pytest.mark.usefixtures("unlimited")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    message=texts.map(lambda text: "0x" + text.encode("utf-8", "replace").hex()) | st.text(),
    signature=hexes | st.text(),
    next=st.text(),
)
def test_no_junk_at_all_is_a_fault_of_ours(client: Client, message: str, signature: str, next: str):
    sent = {"message": message, "signature": signature, "next": next}
    assert client.post(SIGN_IN, sent).status_code == 422
    asked = client.post(ASK, {"purpose": message, "address": signature})
    assert asked.status_code == 422
    who_cares = client.post(ASK, {"purpose": "sign-in", "address": signature})
    assert who_cares.status_code in (200, 422)
