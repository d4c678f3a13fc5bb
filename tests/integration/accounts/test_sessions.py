"""Where one is signed in: listed, with a device and a network, and ended at once."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.sessions import sessions_of
from core.models import AuditEvent
from tests.factories.audit import told
from tests.factories.people import PASSWORD, person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
FOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def user() -> User:
    return person()


def browser(user: User, agent: str = FOX, address: str = "203.0.113.77") -> Client:
    """Somebody's browser, signed in by hand."""
    made = Client(headers={"user-agent": agent}, REMOTE_ADDR=address)
    made.post("/account/login/", {"login": user.email, "password": PASSWORD})
    return made


def is_in(client: Client) -> bool:
    return client.get("/dashboard/").status_code == 200


def test_each_sign_in_is_listed_with_device_and_network(user: User):
    here = browser(user)
    browser(user, PHONE, "2001:db8:1:2::9")
    page = here.get("/account/sessions/").content.decode()
    assert "Firefox on Linux" in page
    assert "Safari on iPhone" in page
    assert "203.0.113.0" in page
    assert "2001:db8:1::" in page
    assert page.count("This device") == 1


def test_the_whole_address_is_kept_nowhere(user: User):
    browser(user)
    assert UserSession.objects.get().ip == "203.0.113.0"


@pytest.mark.parametrize("agent", ["", "\x00", "x" * 5000, "<script>alert(1)</script>"])
def test_an_odd_browser_does_no_harm(user: User, agent: str):
    here = browser(user, agent.replace("\x00", "?"))
    page = here.get("/account/sessions/").content.decode()
    assert "An unknown device" in page
    assert "<script>alert" not in page


def test_ending_one_takes_effect_at_once(user: User):
    here, there = browser(user), browser(user, PHONE)
    assert is_in(there)
    row = UserSession.objects.get(user_agent=PHONE)
    assert here.post(f"/account/sessions/{row.pk}/end/").status_code == 302
    assert not is_in(there)
    assert is_in(here)
    event = AuditEvent.objects.get(name="account.session-ended")
    assert (event.actor_id, told(event).target) == (user.pk, str(row.pk))


def test_ending_the_one_that_one_uses_signs_out(user: User):
    here = browser(user)
    row = UserSession.objects.get()
    assert here.post(f"/account/sessions/{row.pk}/end/")["Location"] == "/"
    assert not is_in(here)


def test_all_others_are_ended_together(user: User):
    here, *others = (browser(user) for _ in range(3))
    here.post("/account/sessions/end-others/")
    assert [is_in(there) for there in others] == [False, False]
    assert is_in(here)
    assert AuditEvent.objects.get(name="account.session-ended").count == 2


def test_nobody_elses_session_can_be_ended(user: User):
    theirs = browser(person())
    row = UserSession.objects.get()
    here = browser(user)
    assert here.post(f"/account/sessions/{row.pk}/end/").status_code == 404
    here.post("/account/sessions/end-others/")
    assert is_in(theirs)


@pytest.mark.parametrize("path", ["1/end/", "end-others/"])
def test_looking_ends_nothing(user: User, path: str):
    assert browser(user).get(f"/account/sessions/{path}").status_code == 405
    assert Client().get(f"/account/sessions/{path}")["Location"].startswith("/account/login/")


def test_a_new_password_ends_all_others(user: User):
    here, there = browser(user), browser(user, PHONE)
    new = "another long password"
    sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert here.post("/account/password/change/", sent)["Location"] == "/account/"
    assert is_in(here)
    assert not is_in(there)
    assert len(sessions_of(user, None)) == 1


def test_last_seen_follows_once_a_minute(user: User):
    here = browser(user)
    row = UserSession.objects.get()
    is_in(here)
    assert UserSession.objects.get().last_seen_at == row.last_seen_at
    cache.delete(f"session-seen:{row.session_key}")
    is_in(here)
    assert UserSession.objects.get().last_seen_at > row.last_seen_at


def test_a_session_that_has_run_out_is_not_listed(user: User):
    browser(user)
    Session.objects.update(expire_date=timezone.now())
    assert sessions_of(user, None) == []


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_costs_the_same_for_any_number(user: User, count: int, makes_queries):
    here, *_ = [browser(user) for _ in range(count)]
    is_in(here)
    # user, memberships, acting, sessions, unread notices (of the first new device)
    with makes_queries(4 if count == 1 else 5):
        here.get("/account/sessions/")
