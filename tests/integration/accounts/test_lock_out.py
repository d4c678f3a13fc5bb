"""Guessing is slowed down: it locks, it tells nothing, and it ends."""

import json
import re
import time
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from django.test import Client

from accounts.models import User
from tests.factories.people import PASSWORD, add_passkey, code_now, enrol, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
LOCKED = "Too many failed login attempts"


@pytest.fixture
def user() -> User:
    return person()


def attempt(email: str, password: str = "wrong", address: str = "203.0.113.1") -> str:
    sent = {"login": email, "password": password}
    return Client(REMOTE_ADDR=address).post("/account/login/", sent).content.decode()


def lock(email: str) -> list[str]:
    return [attempt(email, address=f"203.0.113.{n}") for n in range(5)]


def test_five_wrong_passwords_lock_even_for_the_right_one(user: User):
    assert not any(LOCKED in page for page in lock(user.email))
    assert LOCKED in attempt(user.email, PASSWORD, "203.0.113.99")


def test_a_lock_says_nothing_about_who_has_an_account(user: User):
    nobody = "nobody@example.org"
    known = [*lock(user.email), attempt(user.email, PASSWORD)]
    unknown = [*lock(nobody), attempt(nobody, PASSWORD)]
    shown = [_words(page, user.email) for page in known]
    assert shown == [_words(page, nobody) for page in unknown]
    assert LOCKED in shown[-1]


def _words(page: str, email: str) -> str:
    """What the page says, without what differs from one visit to the next."""
    main = page[page.index("<main") : page.index("</main>")].replace(email, "")
    main = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", main)
    return re.sub(r"demo-code.*?</p>", "", main, flags=re.DOTALL)


def test_a_lock_ends_by_itself(user: User, monkeypatch):
    lock(user.email)
    later = time.time() + 301
    monkeypatch.setattr(time, "time", lambda: later)
    client = Client()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert client.get("/dashboard/").status_code == 200


def test_a_lock_of_one_address_is_none_of_another(user: User):
    lock(user.email)
    other = person()
    client = Client()
    client.post("/account/login/", {"login": other.email, "password": PASSWORD})
    assert client.get("/dashboard/").status_code == 200


def test_from_one_place_ten_guesses_a_minute_are_enough(user: User):
    for n in range(10):
        assert LOCKED not in attempt(f"nobody{n}@example.org")
    assert LOCKED in attempt(user.email, PASSWORD)


def test_the_second_step_locks_as_well_and_keeps_the_right_code_out(user: User):
    enrol(user)
    client = Client()
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    for _ in range(5):
        client.post("/account/login/second-step/", {"code": "000000"})
    answer = client.post("/account/login/second-step/", {"code": code_now()})
    assert LOCKED in answer.content.decode()
    assert client.get("/dashboard/").status_code == 302


def test_a_passkey_still_opens_what_somebody_else_has_locked(user: User):
    soft = add_passkey(user)
    lock(user.email)
    client = Client()
    asked = client.get("/account/login/passkey/", headers={"accept": "application/json"}).json()
    challenge = asked["request_options"]["publicKey"]["challenge"]
    answer = soft.answer(challenge, user_pk_to_url_str(user))
    client.post("/account/login/passkey/", {"credential": json.dumps(answer)})
    assert client.get("/dashboard/").status_code == 200


def too_often(**headers: Any) -> Any:
    client = Client(headers=headers)
    for _ in range(21):
        answer = client.post("/account/signup/", {})
    return answer


def test_too_often_is_said_in_our_words_and_for_how_long():
    answer = too_often()
    assert answer.status_code == 429
    assert answer["Retry-After"] == "60"
    assert "That was too often in a short time" in answer.content.decode()
    assert "site-header" in answer.content.decode()


def test_a_program_is_told_so_as_a_problem():
    answer = too_often(accept="application/json")
    assert answer.status_code == 429
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "throttled"
