"""The demo's one click, its app, and its mails; none of it exists elsewhere."""

import re
import time
from pathlib import Path

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.test import Client

from accounts.models import User
from accounts.models.people import GUARDED_ROLES
from accounts.totp import totp_code, totp_of, totp_remove
from core.audit import Actor
from portal.demo.people import APP_SECRET, ORGANISATIONS, PASSWORD, PEOPLE
from portal.demo.roles import DEMO_ROLES
from portal.demo.seed import _ensure_organisation, _ensure_person
from tests.factories.people import SalusClient

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
ADDRESSES = ["/demo/code/", "/demo/mail/"]


@pytest.fixture
def people() -> None:
    """The demo's people, without their records."""
    for organisation in ORGANISATIONS:
        _ensure_organisation(organisation)
    for person in PEOPLE:
        _ensure_person(person)


@pytest.fixture
def mailbox(settings, tmp_path: Path) -> Path:
    """Where the demo's mails go."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = tmp_path
    return tmp_path


def test_one_click_is_password_and_second_factor_both(people: None):
    for role in DEMO_ROLES:  # together, since making the people takes long
        client = SalusClient()
        assert client.post("/demo/sign-in/", {"role": role.key})["Location"] == role.path
        body = client.get("/api/v1/me/").json()
        assert body["roles"] == [role.key]
        assert len(client.get("/account/sessions/").context["sessions"]) == 1


def test_those_whose_role_needs_it_have_the_demos_app(people: None):
    for person in PEOPLE:
        user = User.objects.get(email=person.email)
        assert bool(totp_of(user)) == (person.role in GUARDED_ROLES), person.key


def test_a_demo_whose_visitors_removed_the_app_gets_it_back(people: None):
    auditor = next(person for person in PEOPLE if person.key == "auditor")
    user = User.objects.get(email=auditor.email)
    totp_remove(user=user, by=Actor.system("test"))
    _ensure_person(auditor)
    assert totp_of(user) is not None


def test_nobody_is_written_to_about_it(people: None):
    assert mail.outbox == []


def test_a_token_for_somebody_of_the_demo_carries_the_role(people: None, capsys):
    call_command("issue_token", "clinician@salus.example")
    token = capsys.readouterr().out.strip()
    me = Client().get("/api/v1/me/", headers={"authorization": f"Bearer {token}"}).json()
    assert me["roles"] == ["clinician"]


def test_the_code_on_the_page_signs_in(client: Client, people: None):
    page = client.get("/account/login/").content.decode()
    assert 'hx-get="/demo/code/"' in page
    sent = {"login": "auditor@salus.example", "password": PASSWORD}
    client.post("/account/login/", sent)
    step = client.get("/account/login/second-step/").content.decode()
    found = re.search(r"<code>(\d{3} \d{3})</code>", step)
    assert found is not None
    # The step in which it was seeded may be this one, and is used up: the next one then is not.
    code = found.group(1)
    answer = client.post("/account/login/second-step/", {"code": code})
    if answer.status_code == 200:
        client.post(
            "/account/login/second-step/", {"code": totp_code(APP_SECRET, time.time() + 30)}
        )
    assert client.get("/audit/").status_code == 200


def test_the_fragment_tells_code_and_seconds(client: Client):
    part = client.get("/demo/code/").content.decode()
    assert re.search(r"<code>\d{3} \d{3}</code>", part)
    seconds = re.search(r"for (\d+) second", part)
    assert seconds is not None
    assert 1 <= int(seconds.group(1)) <= 30
    assert "<html" not in part


def test_mails_are_shown_newest_first_and_harmlessly(client: Client, mailbox: Path):
    assert "No mail yet" in client.get("/demo/mail/").content.decode()
    mails = [EmailMessage(f"Mail {n}", "<script>x</script>", to=["a@b.example"]) for n in range(25)]
    mail.get_connection().send_messages(mails)
    page = client.get("/demo/mail/").content.decode()
    assert page.count("demo-mail-text") == 20
    assert page.index("Mail 24") < page.index("Mail 23")
    assert "Mail 4<" not in page
    assert "<script>x" not in page


def test_who_signs_up_finds_the_code_there(client: Client, mailbox: Path):
    sent = {"email": "n@made-up.example", "role": "patient"}
    sent |= {"password1": "a long password of a test", "password2": "a long password of a test"}
    assert "/demo/mail/" in client.get("/account/signup/").content.decode()
    client.post("/account/signup/", sent)
    page = Client().get("/demo/mail/").content.decode()
    found = re.search(r"[B-Z]{4}-[B-Z]{4}", page)
    assert found is not None
    answer = client.post("/account/confirm-email/", {"code": found.group()})
    assert answer["Location"] == "/dashboard/"


@pytest.mark.parametrize("path", ADDRESSES)
def test_outside_the_demo_there_is_nothing_of_it(client: Client, settings, path: str):
    settings.DEMO = False
    assert client.get(path).status_code == 404
    assert client.post("/demo/sign-in/", {"role": "patient"}).status_code == 404
    assert "salus-demo" not in client.get("/account/login/").content.decode()
    assert "demo-code" not in client.get("/account/login/").content.decode()
