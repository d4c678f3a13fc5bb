"""Signing in: the password and what comes after it, or a passkey alone."""

import json
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from accounts.models import User
from accounts.recovery_codes import codes_left, codes_show
from core.models import AuditEvent
from tests.factories.people import PASSWORD, add_passkey, code_now, enrol, person
from tests.factories.signing import PRESENT, SoftPasskey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
LOGIN, STEP, ALONE = "/account/login/", "/account/login/second-step/", "/account/login/passkey/"


@pytest.fixture
def user() -> User:
    return person()


def by_password(client: Client, user: User, password: str = PASSWORD) -> Any:
    return client.post(LOGIN, {"login": user.email, "password": password})


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


# -- the second step -------------------------------------------------------------------------------


def test_without_a_factor_the_password_is_enough(client: Client, user: User):
    assert by_password(client, user)["Location"] == "/dashboard/"
    assert AuditEvent.objects.get().name == "account.signed-in"


def test_with_one_the_password_alone_opens_nothing(client: Client, user: User):
    enrol(user)
    assert by_password(client, user)["Location"] == STEP
    assert not is_in(client)
    assert not AuditEvent.objects.filter(name="account.signed-in").exists()


def test_the_apps_code_opens_and_opens_once(client: Client, user: User):
    enrol(user)
    code = code_now()
    by_password(client, user)
    assert client.post(STEP, {"code": code})["Location"] == "/dashboard/"
    assert is_in(client)
    other = Client()
    by_password(other, user)
    assert "was used already" in other.post(STEP, {"code": code}).content.decode()
    assert not is_in(other)


def test_a_recovery_code_opens_and_opens_once(client: Client, user: User):
    code = codes_show(user=enrol(user))[3]
    for browser, opens in ((client, True), (Client(), False)):
        by_password(browser, user)
        browser.post(STEP, {"code": code})
        assert is_in(browser) == opens
    assert codes_left(user) == 9


def test_a_passkey_is_a_second_factor_too(client: Client, user: User):
    soft = add_passkey(user)
    by_password(client, user)
    options = client.get(STEP).context["js_data"]["request_options"]["publicKey"]
    assert [c["id"] for c in options["allowCredentials"]] == [soft.id]
    assert options["userVerification"] == "required"
    answer = soft.answer(options["challenge"], user_pk_to_url_str(user))
    assert client.post(STEP, {"credential": json.dumps(answer)})["Location"] == "/dashboard/"


def test_the_second_step_without_the_first_leads_back(client: Client, user: User):
    enrol(user)
    for send in (client.get, client.post):
        assert send(STEP, {"code": code_now()})["Location"] == LOGIN


def test_somebody_elses_code_does_not_do(client: Client, user: User):
    theirs = codes_show(user=enrol(person()))[0]
    enrol(user)
    by_password(client, user)
    client.post(STEP, {"code": theirs})
    assert not is_in(client)


def test_a_new_password_does_not_skip_the_second_step(client: Client, user: User):
    enrol(user)
    client.post("/account/password/reset/", {"email": user.email})
    code = mail.outbox[-1].body.split("\n\n")[2].strip()
    client.post("/account/password/reset/confirm/", {"code": code})
    new = {"password1": "another long password", "password2": "another long password"}
    client.post("/account/password/reset/complete/", new)
    assert not is_in(client)
    assert by_password(client, user, "another long password")["Location"] == STEP
    assert not is_in(client)


# -- a passkey alone -------------------------------------------------------------------------------


def asked(client: Client) -> dict[str, Any]:
    """What the page's script asks for."""
    answer = client.get(ALONE, headers={"accept": "application/json"})
    options: dict[str, Any] = answer.json()["request_options"]["publicKey"]
    return options


def alone(client: Client, soft: SoftPasskey, user: User, challenge: str = "") -> Any:
    answer = soft.answer(challenge or asked(client)["challenge"], user_pk_to_url_str(user))
    return client.post(ALONE, {"credential": json.dumps(answer)})


def test_a_passkey_alone_is_enough(client: Client, user: User):
    soft = add_passkey(enrol(user))
    options = asked(client)
    assert options["userVerification"] == "required"
    assert not options.get("allowCredentials")
    assert alone(client, soft, user, options["challenge"])["Location"] == "/dashboard/"
    assert is_in(client)


def test_one_comes_to_the_page_that_one_wanted(client: Client, user: User):
    soft = add_passkey(user)
    answer = soft.answer(asked(client)["challenge"], user_pk_to_url_str(user))
    sent = {"credential": json.dumps(answer), "next": "/sharing/"}
    assert client.post(ALONE, sent)["Location"] == "/sharing/"


@pytest.mark.parametrize(
    "changes",
    [
        {"flags": PRESENT},
        {"flags": 0},
        {"origin": "https://elsewhere.example"},
        {"host": "elsewhere.example"},
        {"credential": b"another credential"},
    ],
    ids=["person not checked", "nobody there", "another page", "another host", "unknown"],
)
def test_an_answer_that_is_not_right_opens_nothing(client: Client, user: User, changes):
    soft = add_passkey(user)
    for name, value in changes.items():
        setattr(soft, name, value)
    assert alone(client, soft, user)["Location"] == LOGIN
    assert not is_in(client)


def test_another_key_opens_nothing(client: Client, user: User):
    soft = add_passkey(user)
    false = SoftPasskey(credential=soft.credential)
    alone(client, false, user)
    assert not is_in(client)


def test_a_passkey_opens_only_the_account_that_it_belongs_to(client: Client, user: User):
    mine, theirs = add_passkey(user), person()
    add_passkey(theirs)
    alone(client, mine, theirs)
    assert not is_in(client)


def test_an_answer_counts_once_and_for_its_own_question(client: Client, user: User):
    soft = add_passkey(user)
    challenge = asked(client)["challenge"]
    alone(client, soft, user, challenge)
    client.post("/account/logout/")
    asked(client)
    alone(client, soft, user, challenge)
    assert not is_in(client)


def test_a_passkey_whose_count_falls_back_was_copied(client: Client, user: User):
    soft = add_passkey(user)
    soft.count = 7
    alone(client, soft, user)
    assert is_in(client)
    soft.count = 6
    other = Client()
    alone(other, soft, user)
    assert not is_in(other)


def test_a_closed_account_is_not_opened(client: Client, user: User):
    soft = add_passkey(user)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert alone(client, soft, user)["Location"] == "/account/inactive/"
    assert not is_in(client)


GARBAGE = [
    "", "null", "[]", "7", '"text"', "{", "{}", '{"response": null}', '{"response": {}}',
    '{"id": "AA", "rawId": "AA", "type": "public-key", "response": {"authenticatorData": "AA", '
    '"clientDataJSON": "AA", "signature": "AA", "userHandle": "AA"}}',
    '{"id": 1, "rawId": 2, "type": 3, "response": {"userHandle": 4}}',
]  # fmt: skip


@pytest.mark.parametrize("sent", GARBAGE)
def test_whatever_a_stranger_sends_is_refused_in_peace(client: Client, user: User, sent: str):
    add_passkey(user)
    asked(client)
    assert client.post(ALONE, {"credential": sent})["Location"] == LOGIN
    by_password(client, user)
    client.get(STEP)
    assert client.post(STEP, {"credential": sent}).status_code == 200
    assert not is_in(client)
    client.force_login(user)
    again = client.post("/account/reauthenticate/passkey/", {"credential": sent})
    assert again.status_code == 302
    assert client.get("/account/passkeys/add/").status_code == 302


def test_a_passkey_confirms_who_one_is(client: Client, user: User):
    soft = add_passkey(user)
    client.force_login(user)
    page = client.get("/account/reauthenticate/passkey/?next=/account/passkeys/add/")
    challenge = page.context["js_data"]["request_options"]["publicKey"]["challenge"]
    answer = soft.answer(challenge, user_pk_to_url_str(user))
    sent = {"credential": json.dumps(answer), "next": "/account/passkeys/add/"}
    done = client.post("/account/reauthenticate/passkey/", sent)
    assert done["Location"] == "/account/passkeys/add/"
    assert client.get("/account/passkeys/add/").status_code == 200


def test_an_apps_code_confirms_who_one_is(client: Client, user: User):
    client.force_login(enrol(user))
    client.post("/account/reauthenticate/code/", {"code": code_now()})
    assert client.get("/account/passkeys/add/").status_code == 200
    assert Authenticator.objects.get(type="totp").last_used_at is not None
