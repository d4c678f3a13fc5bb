"""Authenticator apps: enrolled with a code, taken once, sealed at rest, removed with their codes."""

import time

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client

from accounts.models import Notice, User
from accounts.notices.sending import notice_mail_send
from accounts.recovery_codes import codes_left, codes_show
from accounts.totp import PERIOD, totp_accept, totp_code, totp_enrol, totp_of, totp_remove
from core.audit import Actor
from core.errors import Conflict, Invalid
from core.keys import Tampered
from core.models import AuditEvent
from tests.factories.people import (
    PASSWORD,
    SECRET,
    SalusClient,
    UserFactory,
    code_now,
    enrol,
    person,
)

pytestmark = pytest.mark.django_db
BY = Actor.system("test")


@pytest.fixture
def noon(monkeypatch) -> float:
    """The beginning of a step, so that no code changes under the test's hands."""
    now = float(int(time.time()) // PERIOD * PERIOD)
    monkeypatch.setattr(time, "time", lambda: now)
    return now


@pytest.fixture
def row(noon: float) -> Authenticator:
    """An app, enrolled with the code of the step before."""
    found = totp_of(enrol(UserFactory()))
    assert found is not None
    return found


def test_a_code_is_taken_once(row: Authenticator):
    assert totp_accept(row=row, code=code_now())
    assert not totp_accept(row=row, code=code_now())


def test_the_code_of_enrolling_signs_nobody_in(row: Authenticator):
    assert not totp_accept(row=row, code=code_now(-1))


@pytest.mark.parametrize(("steps", "taken"), [(-2, False), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_off_by_half_a_minute(row: Authenticator, steps: int, taken: bool):
    assert totp_accept(row=row, code=code_now(steps)) == taken


def test_after_a_later_code_an_earlier_one_is_too_late(row: Authenticator):
    assert totp_accept(row=row, code=code_now(1))
    assert not totp_accept(row=row, code=code_now())


def test_a_code_is_not_taken_again_when_the_cache_is_lost(row: Authenticator, clean_cache):
    assert totp_accept(row=row, code=code_now())
    cache.clear()
    assert not totp_accept(row=row, code=code_now())


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６", "\x00", " "])
def test_what_is_no_code_is_refused(row: Authenticator, code: str):
    assert not totp_accept(row=row, code=code)


def test_spaces_in_a_code_do_no_harm(row: Authenticator):
    code = code_now()
    assert totp_accept(row=row, code=f" {code[:3]} {code[3:]} ")


def test_the_secret_lies_sealed(row: Authenticator):
    assert SECRET not in str(row.data)
    row.data["secret"] = row.data["secret"][:-8] + "AAAAAAA="
    row.save()
    with pytest.raises(Tampered):
        totp_accept(row=row, code=code_now())


def test_a_wrong_code_enrols_nothing(noon: float):
    with pytest.raises(Invalid):
        totp_enrol(user=UserFactory(), secret=SECRET, code=code_now(5), by=BY)
    assert not Authenticator.objects.exists()
    assert not AuditEvent.objects.exists()


def test_one_has_one_app(row: Authenticator):
    with pytest.raises(Conflict):
        totp_enrol(user=row.user, secret=SECRET, code=code_now(), by=BY)


def test_recovery_codes_come_with_it_and_go_with_it(row: Authenticator):
    assert codes_left(row.user) == 10
    totp_remove(user=row.user, by=BY)
    assert codes_left(row.user) is None
    names = set(AuditEvent.objects.values_list("name", flat=True))
    assert names == {"account.app-added", "account.codes-made", "account.app-removed"}


def test_recovery_codes_are_shown_once(row: Authenticator):
    assert len(set(codes_show(user=row.user))) == 10
    assert codes_show(user=row.user) == []


# -- the pages -------------------------------------------------------------------------------------


@pytest.fixture
def user() -> User:
    return person()


@pytest.fixture
def confirmed(client: Client, user: User) -> Client:
    """Somebody who has just entered the password once more."""
    client.force_login(user)
    assert client.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return client


def test_the_page_enrols_and_shows_the_codes_once(
    confirmed: Client, user: User, django_capture_on_commit_callbacks
):
    page = confirmed.get("/account/second-step/app/")
    secret = page.context["secret"]
    assert page.context["picture"].startswith("data:image/svg+xml;base64,")
    assert secret not in str(dict(confirmed.session))
    with django_capture_on_commit_callbacks(execute=True):
        answer = confirmed.post(
            "/account/second-step/app/", {"code": totp_code(secret, time.time())}
        )
    assert answer["Location"] == "/account/recovery-codes/"
    notice_mail_send(notice_id=Notice.objects.get(user=user).pk)
    assert [m.subject for m in mail.outbox] == ["Salus: An authenticator app was added"]
    assert len(confirmed.get("/account/recovery-codes/").context["codes"]) == 10
    assert confirmed.get("/account/recovery-codes/").context["codes"] == []


def test_a_wrong_code_is_said_and_the_secret_stays(confirmed: Client, user: User):
    secret = confirmed.get("/account/second-step/app/").context["secret"]
    answer = confirmed.post("/account/second-step/app/", {"code": "000000"})
    assert answer.status_code == 422
    assert "not the code that your app shows" in answer.content.decode()
    assert answer.context["secret"] == secret
    assert totp_of(user) is None


@pytest.mark.parametrize(
    "path",
    ["second-step/app/", "second-step/app/remove/", "recovery-codes/", "recovery-codes/new/"],
)
def test_who_one_is_is_asked_for_again_before_any_of_it(client: Client, user: User, path: str):
    client.force_login(enrol(user))
    for send in (client.get, client.post):
        answer = send(f"/account/{path}")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/account/reauthenticate/")
    assert totp_of(user) is not None


def test_new_recovery_codes_end_the_old_ones(confirmed: Client, user: User):
    old = codes_show(user=enrol(user))
    assert confirmed.post("/account/recovery-codes/new/").status_code == 302
    new = confirmed.get("/account/recovery-codes/").context["codes"]
    assert not set(old) & set(new)


def test_without_a_factor_there_are_no_recovery_codes_to_make(confirmed: Client):
    assert confirmed.post("/account/recovery-codes/new/").status_code == 409
    assert not Authenticator.objects.exists()


def test_a_session_that_never_saw_the_factor_is_asked_for_it_and_not_for_the_password(
    client: SalusClient, user: User
):
    client.force_login(enrol(user), second_factor=False)
    wanted = "/account/passkeys/add/"
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    answer = client.get(wanted)
    assert answer["Location"].startswith("/account/reauthenticate/code/")
    client.post("/account/reauthenticate/code/", {"code": code_now()})
    assert client.get(wanted).status_code == 200
