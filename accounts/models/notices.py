"""What people are told, in Salus and by e-mail, and how they want to be told."""

import uuid
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class MailState(models.TextChoices):
    """How far a notice's mail is."""

    NONE = "none", _("not wanted")
    QUEUED = "queued", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("could not be sent")


class Notice(models.Model):
    """Something that a person is told: the same about the same thing on a day is one row.

    Names are not kept here: who did it stands as ids, and is put into words when it is shown.
    """

    MAIL_TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        MailState.NONE: frozenset(),
        MailState.QUEUED: frozenset({MailState.QUEUED, MailState.SENT, MailState.FAILED}),
        MailState.SENT: frozenset(),
        MailState.FAILED: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notices")
    type = models.CharField(max_length=40)
    about = models.CharField(max_length=64, blank=True)
    day = models.DateField()
    # Who did it, the newest last, and for which organisation.
    actors = ArrayField(models.UUIDField(), default=list)
    organisation_id = models.UUIDField(null=True)
    count = models.PositiveIntegerField(default=0)
    in_app = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    last_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    mail_state = models.CharField(max_length=6, choices=MailState.choices, default=MailState.NONE)
    mail_tries = models.PositiveSmallIntegerField(default=0)
    mail_due_at = models.DateTimeField(null=True)
    mail_sent_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "type", "about", "day"], name="notice_once_a_day"
            ),
            models.CheckConstraint(
                name="notice_mail_state_known", condition=Q(mail_state__in=MailState.values)
            ),
            models.CheckConstraint(
                name="notice_mail_due_while_queued",
                condition=Q(mail_state="queued") ^ Q(mail_due_at=None),
            ),
            models.CheckConstraint(
                name="notice_mail_sent_at_with_sent",
                condition=Q(mail_state="sent") ^ Q(mail_sent_at=None),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-last_at", "-id"], name="notice_newest"),
            models.Index(
                fields=["user"], name="notice_unread", condition=Q(read_at=None, in_app=True)
            ),
            models.Index(
                fields=["mail_due_at"], name="notice_mail_due", condition=Q(mail_state="queued")
            ),
        ]

    def mail_advance(self, state: MailState, **fields: Any) -> None:
        """Take a step that the table allows, and save it; the caller holds the row's lock."""
        if state not in self.MAIL_TRANSITIONS[self.mail_state]:
            raise ValueError(f"a mail can't go from {self.mail_state} to {state}")
        for name, value in {"mail_state": state, **fields}.items():
            setattr(self, name, value)
        self.save(update_fields=["mail_state", *fields])


class NoticePreference(models.Model):
    """How a person wants to be told of one type of notices; without a row as the type has it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="notice_preferences")
    type = models.CharField(max_length=40)
    in_app = models.BooleanField()
    by_mail = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "type"], name="notice_preference_once")
        ]


class KnownDevice(models.Model):
    """A browser with which a person has signed in before: its cookie's hash, nothing else."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="known_devices")
    digest = models.BinaryField(max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="known_device_once")]
