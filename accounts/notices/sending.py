"""Sending notices by mail: each at most once, as far as SMTP lets one know.

A row is locked while its mail is handed over, and marked in the same transaction. A worker that dies
between the mail server's yes and that mark leaves a mail that is sent once more: SMTP has no way to
ask. Both copies carry the same Message-ID, by which mailboxes recognise them.
"""

import logging
from datetime import timedelta
from smtplib import SMTPException
from urllib.parse import urlsplit
from uuid import UUID

from allauth.account.models import EmailAddress
from celery import current_app
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import MailState, Notice
from accounts.notices.telling import MAIL_TASK, moment_of
from core.registry import NoticeType, registry

logger = logging.getLogger(__name__)

# How long to wait after the first failure, the second, ...; then it is given up.
WAITS = [timedelta(minutes=m) for m in (1, 5, 30, 120, 720)]
AT_ONCE = 500
EXPIRES = 60  # seconds; the next sweep asks again


def notice_mail_send(*, notice_id: UUID) -> None:
    """Send a notice's mail if it is due; a second run finds nothing to do."""
    with transaction.atomic():
        rows = Notice.objects.select_for_update(skip_locked=True, of=("self",))
        due = rows.filter(mail_state=MailState.QUEUED, mail_due_at__lte=timezone.now())
        row = due.select_related("user").filter(pk=notice_id).first()
        if row is not None:
            _send(row)


def _send(row: Notice) -> None:
    kind = registry.notice_type(row.type)
    addresses = _addresses(row, kind) if kind else []
    if kind is None or not addresses:
        row.mail_advance(MailState.FAILED, mail_due_at=None)
        return
    try:
        for address in addresses:  # one mail each: nobody learns of the other addresses
            _mail(row, kind, address).send()
    except (SMTPException, OSError) as error:
        _put_off(row, error)
    else:
        row.mail_advance(MailState.SENT, mail_due_at=None, mail_sent_at=moment_of(kind))


def _put_off(row: Notice, error: Exception) -> None:
    logger.warning("a notice could not be mailed (%s)", type(error).__name__)
    if row.mail_tries == len(WAITS):
        row.mail_advance(MailState.FAILED, mail_due_at=None)
        return
    due = timezone.now() + WAITS[row.mail_tries]
    row.mail_advance(MailState.QUEUED, mail_due_at=due, mail_tries=row.mail_tries + 1)


def _addresses(row: Notice, kind: NoticeType) -> list[str]:
    """Only such that the person has shown to be theirs; of what guards the account all of them,
    since whoever got in may have chosen the first one.
    """
    found = EmailAddress.objects.filter(user=row.user, verified=True).order_by("-primary", "pk")
    addresses = list(found.values_list("email", flat=True))
    return addresses[:1] if kind.can_be_off else addresses


def _mail(row: Notice, kind: NoticeType, address: str) -> EmailMessage:
    """What happened in general, and where to sign in: no name but Salus', nothing of the record."""
    paragraphs = [
        str(kind.mail),
        settings.BASE_URL + reverse("notices"),
        _("You choose in your account which of these you get by e-mail:"),
        settings.BASE_URL + reverse("notice-preferences"),
    ]
    host = urlsplit(settings.BASE_URL).hostname
    return EmailMessage(
        subject=settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + str(kind.label),
        body="\n\n".join(paragraphs) + "\n",
        to=[address],
        headers={"Message-ID": f"<notice-{row.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    )


def notice_mail_sweep() -> None:
    """Ask for every mail that is due: those that were put off, and those that a dead worker left."""
    due = Notice.objects.filter(mail_state=MailState.QUEUED, mail_due_at__lte=timezone.now())
    for pk in due.order_by("mail_due_at").values_list("pk", flat=True)[:AT_ONCE]:
        current_app.send_task(MAIL_TASK, [str(pk)], queue="work", expires=EXPIRES)
