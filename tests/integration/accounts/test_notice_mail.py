"""Notices by mail: nothing in them, each sent once, tried again where the mail server is away."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from threading import Event
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.mail import EmailMessage
from django.db import connection
from django.utils import timezone

from accounts.models import MailState, Notice, User
from accounts.notices import notify
from accounts.notices.sending import WAITS, notice_mail_send, notice_mail_sweep
from core.audit import Actor
from core.registry import registry
from tests.factories.people import OrganisationFactory, UserFactory

pytestmark = pytest.mark.django_db


def reachable(**more: Any) -> User:
    user = UserFactory(**more)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def notice() -> Notice:
    notify(reachable(), "record-read", about="1", by=Actor(UserFactory(name="Dr Curious").pk))
    return Notice.objects.get()


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The notices for which a worker was asked."""
    from accounts.notices import sending, telling

    found: list[str] = []

    class App:
        def send_task(self, name: str, args: list[str], **_: Any) -> None:
            assert name == "accounts.tasks.send_notice_mail_task"
            found.extend(args)

    for module in (sending, telling):
        monkeypatch.setattr(module, "current_app", App())
    return found


def away(self: EmailMessage, **_: Any) -> int:
    raise SMTPServerDisconnected("no server here")


def test_a_mail_says_that_something_happened_and_where_to_sign_in(notice: Notice):
    notice_mail_send(notice_id=notice.pk)
    [sent] = mail.outbox
    assert sent.to == [notice.user.email]
    assert sent.subject == "Salus: Somebody read your record"
    assert "Sign in to see who." in sent.body
    assert "/notices/" in sent.body
    assert "Curious" not in sent.body + sent.subject
    assert notice.user.name not in sent.body + sent.subject
    assert sent.extra_headers["Message-ID"].startswith(f"<notice-{notice.pk}@")


def test_no_mail_of_any_type_names_anybody(asked):
    user = reachable(name="Robin Reader")
    place = OrganisationFactory(name="Harbour Clinic")
    for kind in registry.notice_types:
        notify(user, kind.key, about="a-secret", by=Actor(UserFactory(name="Kim Who").pk, place.pk))
    Notice.objects.update(mail_state="queued", mail_due_at=timezone.now(), mail_sent_at=None)
    for row in Notice.objects.all():
        notice_mail_send(notice_id=row.pk)
    assert len(mail.outbox) == len(registry.notice_types)
    for sent in mail.outbox:
        text = f"{sent.subject} {sent.body}"
        assert not [w for w in ("Robin", "Kim", "Harbour", "a-secret") if w in text]


def test_a_mail_is_sent_once(notice: Notice):
    for _ in range(3):
        notice_mail_send(notice_id=notice.pk)
    assert len(mail.outbox) == 1
    row = Notice.objects.get()
    assert (row.mail_state, row.mail_due_at) == (MailState.SENT, None)
    assert row.mail_sent_at is not None


def test_what_happens_again_that_day_is_not_mailed_again():
    user = reachable()
    notify(user, "passkey-added")
    row = Notice.objects.get()
    notice_mail_send(notice_id=row.pk)
    notify(user, "passkey-added")
    assert Notice.objects.get().count == 2
    notice_mail_send(notice_id=row.pk)
    assert len(mail.outbox) == 1


def test_a_server_that_is_away_is_tried_again_later(notice: Notice, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", away)
        notice_mail_send(notice_id=notice.pk)
    row = Notice.objects.get()
    assert (row.mail_state, row.mail_tries) == (MailState.QUEUED, 1)
    assert row.mail_due_at is not None
    assert row.mail_due_at > timezone.now()
    notice_mail_send(notice_id=notice.pk)  # not due yet
    assert mail.outbox == []
    Notice.objects.update(mail_due_at=timezone.now())
    notice_mail_send(notice_id=notice.pk)
    assert len(mail.outbox) == 1


def test_at_some_time_it_is_given_up(notice: Notice, monkeypatch):
    monkeypatch.setattr(EmailMessage, "send", away)
    for _ in range(len(WAITS) + 1):
        Notice.objects.filter(mail_state="queued").update(mail_due_at=timezone.now())
        notice_mail_send(notice_id=notice.pk)
    assert Notice.objects.get().mail_state == MailState.FAILED


def test_an_address_that_nobody_has_confirmed_gets_nothing(notice: Notice):
    EmailAddress.objects.update(verified=False)
    notice_mail_send(notice_id=notice.pk)
    assert mail.outbox == []
    assert Notice.objects.get().mail_state == MailState.FAILED


def test_the_worker_is_asked_after_the_commit_and_the_sweep_asks_again(
    asked: list[str], django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        notify(reachable(), "record-read")
        assert asked == []
    row = Notice.objects.get()
    assert asked == [str(row.pk)]
    notice_mail_sweep()
    assert asked == [str(row.pk)] * 2
    Notice.objects.update(mail_due_at=timezone.now() + timedelta(minutes=1))
    notice_mail_sweep()
    assert len(asked) == 2


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_mail(monkeypatch):
    notify(reachable(), "record-read")
    pk = Notice.objects.get().pk
    began, go_on, sent = Event(), Event(), list[str]()

    def slow(self: EmailMessage, **_: Any) -> int:
        sent.append(self.to[0])
        began.set()
        assert go_on.wait(10)
        return 1

    def work() -> None:
        notice_mail_send(notice_id=pk)
        connection.close()

    monkeypatch.setattr(EmailMessage, "send", slow)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(work)
        assert began.wait(10)
        pool.submit(work).result(10)
        go_on.set()
        first.result(10)
    assert len(sent) == 1
    assert Notice.objects.get().mail_state == MailState.SENT


@pytest.mark.parametrize(("type", "told"), [("wallet-added", 2), ("record-read", 1)])
def test_what_guards_the_account_goes_to_all_confirmed_addresses(type: str, told: int):
    user = reachable()
    for number, verified in enumerate((True, False)):
        EmailAddress.objects.create(
            user=user, email=f"{number}-{user.email}", verified=verified, primary=False
        )
    notify(user, type)
    notice_mail_send(notice_id=Notice.objects.get().pk)
    expected = [[user.email], [f"0-{user.email}"]]
    assert [sent.to for sent in mail.outbox] == expected[:told]
