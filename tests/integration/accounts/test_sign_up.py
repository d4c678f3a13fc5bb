"""Making an account: as a patient or a donor, with a password or with a passkey alone."""

import json
import re
import time
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from accounts.models import Role, User
from core.models import AuditEvent
from tests.factories.audit import told
from tests.factories.people import PASSWORD, person
from tests.factories.signing import PRESENT, SoftPasskey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
CONFIRM = "/account/confirm-email/"
NEW = "/account/signup/passkey/new/"
ADDRESS = "newcomer@example.org"
PASSWORDS = {"password1": PASSWORD, "password2": PASSWORD}


def code_mailed() -> str:
    found = re.search(r"^\s*([B-Z]{4}-[B-Z]{4})\s*$", str(mail.outbox[-1].body), re.M)
    assert found is not None
    return found.group(1)


def sign_up(client: Client, **fields: str) -> Any:
    sent = {"email": ADDRESS, "role": "patient", **PASSWORDS, **fields}
    return client.post("/account/signup/", sent)


@pytest.mark.parametrize("role", [Role.PATIENT, Role.DONOR])
def test_one_becomes_what_one_chose(client: Client, role: Role):
    assert sign_up(client, role=role, name="Nell Newcomer")["Location"] == CONFIRM
    assert client.post(CONFIRM, {"code": code_mailed()})["Location"] == "/dashboard/"
    user = User.objects.get(email=ADDRESS)
    assert (user.own_role, user.name) == (role, "Nell Newcomer")
    assert EmailAddress.objects.get(user=user).verified
    event = AuditEvent.objects.get(name="account.signed-up")
    assert (event.actor_id, told(event).target) == (user.pk, role)


@pytest.mark.parametrize("role", ["", "clinician", "administrator", "auditor", "x"])
def test_no_other_role_can_be_had_for_the_asking(client: Client, role: str):
    assert sign_up(client, role=role).status_code == 200
    assert not User.objects.exists()


def test_an_address_must_be_confirmed_first(client: Client, monkeypatch):
    sign_up(client)
    assert client.get("/account/").status_code == 302
    later = time.time() + 11  # so often another code is mailed
    monkeypatch.setattr(time, "time", lambda: later)
    other = Client()
    answer = other.post("/account/login/", {"login": ADDRESS, "password": PASSWORD})
    assert answer["Location"] == CONFIRM
    assert other.get("/account/").status_code == 302


def test_three_wrong_codes_end_it(client: Client):
    sign_up(client)
    code = code_mailed()
    for _ in range(3):
        client.post(CONFIRM, {"code": "BBBB-BBBB"})
    client.post(CONFIRM, {"code": code})
    assert client.get("/account/").status_code == 302


def test_a_known_address_is_told_by_mail_alone(client: Client):
    known = person()
    fresh = sign_up(client)
    page = client.get(CONFIRM).content.decode()
    other = Client()
    again = sign_up(other, email=known.email)
    assert (again.status_code, again["Location"]) == (fresh.status_code, fresh["Location"])
    shown = other.get(CONFIRM).content.decode()
    assert _form(shown).replace(known.email, "") == _form(page).replace(ADDRESS, "")
    assert mail.outbox[-1].subject == "Salus: You have an account already"
    assert mail.outbox[-1].to == [known.email]


def _form(page: str) -> str:
    main = page[page.index("<h1") : page.index("code-else")]
    return re.sub(r'value="\w{64}"', "", main)


def test_the_mails_are_plain_and_short(client: Client):
    sign_up(client)
    (sent,) = mail.outbox
    assert sent.subject == "Salus: Your code"
    assert sent.alternatives == []  # type: ignore[attr-defined]


# -- with a passkey --------------------------------------------------------------------------------


@pytest.fixture
def at_the_passkey(client: Client) -> Client:
    """Somebody whose address was just confirmed."""
    client.post("/account/signup/passkey/", {"email": ADDRESS, "role": "donor"})
    answer = client.post(CONFIRM, {"code": code_mailed()})
    assert answer["Location"] == NEW
    return client


def send(client: Client, soft: SoftPasskey) -> Any:
    challenge = client.get(NEW).context["options"]["challenge"]
    answer = json.dumps(soft.registration(challenge))
    return client.post(NEW, {"name": "Phone", "credential": answer})


def test_a_passkey_alone_makes_an_account(at_the_passkey: Client):
    client = at_the_passkey
    assert send(client, SoftPasskey())["Location"].startswith("/account/recovery-codes/")
    user = User.objects.get(email=ADDRESS)
    assert not user.has_usable_password()
    assert user.own_role == Role.DONOR
    assert len(client.get("/account/recovery-codes/").context["codes"]) == 10
    assert client.get("/dashboard/").status_code == 200


def test_before_the_passkey_is_made_nobody_is_signed_in(at_the_passkey: Client):
    assert at_the_passkey.get("/account/").status_code == 302
    assert send(at_the_passkey, SoftPasskey(flags=PRESENT)).status_code == 422
    assert at_the_passkey.get("/account/").status_code == 302
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("sent", [{}, {"name": "P"}, {"name": "P", "credential": "{}"}])
def test_what_is_no_passkey_is_refused_and_can_be_mended(at_the_passkey: Client, sent):
    assert at_the_passkey.post(NEW, sent).status_code == 422
    assert send(at_the_passkey, SoftPasskey()).status_code == 302


def test_without_a_confirmed_address_there_is_no_such_step(client: Client):
    for ask in (client.get, client.post):
        assert ask(NEW)["Location"] == "/account/signup/"


def test_who_has_an_account_gets_no_passkey_from_sign_up(client: Client):
    known = person()
    client.post("/account/signup/passkey/", {"email": known.email, "role": "patient"})
    client.post(CONFIRM, {"code": "BBBB-BBBB"})
    assert client.get(NEW)["Location"] == "/account/signup/"
    assert not Authenticator.objects.exists()
