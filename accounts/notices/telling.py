"""Notices are written in the transaction of what they tell of; mail goes out after it."""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

from celery import current_app
from django.contrib.postgres.fields import ArrayField
from django.db import transaction
from django.db.models import F, Func, QuerySet, UUIDField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.models import MailState, Notice, User
from accounts.notices.preferences import Wanted, wanted_by
from core.audit import Actor
from core.registry import NoticeType, registry

KEPT = timedelta(days=365)
MAIL_TASK = "accounts.tasks.send_notice_mail_task"


def notify(
    users: User | Iterable[User], type: str, *, about: str = "", by: Actor | None = None
) -> None:
    """Tell people of something, in the caller's transaction, as each of them wants to be told.

    The same type about the same thing is one notice a day, which counts; it is mailed once.
    """
    told = [users] if isinstance(users, User) else list(users)
    told = [user for user in told if user.is_active and not user.is_program]
    kind = registry.notice_type(type)
    if kind is None:
        raise ValueError(f"there is no notice type “{type}”")
    if told:
        _tell(told, kind, about, None if kind.discreet else by)


@transaction.atomic
def _tell(users: list[User], kind: NoticeType, about: str, by: Actor | None) -> None:
    now, wanted = moment_of(kind), wanted_by(users, kind)
    rows = [_row(user, kind, about, now, wanted[user.pk]) for user in users if any(wanted[user.pk])]
    # In one order, so that two who tell the same people never wait in a circle.
    rows.sort(key=lambda row: row.user_id)
    Notice.objects.bulk_create(rows, ignore_conflicts=True)
    todays = Notice.objects.filter(
        user__in=[row.user_id for row in rows], type=kind.key, about=about, day=now.date()
    )
    if kind.discreet:
        todays = todays.filter(count=0)
    _count(todays, by, now)
    User.objects.filter(pk__in=[r.user_id for r in rows], has_notices=False).update(
        has_notices=True
    )
    mailed = [row.pk for row in rows if row.mail_state == MailState.QUEUED]
    if mailed:
        _send_later(mailed)


def moment_of(kind: NoticeType) -> datetime:
    """When something is said to have happened: now, or for a discreet type just today."""
    now = timezone.now()
    return datetime.combine(now.date(), time(), UTC) if kind.discreet else now


def _row(user: User, kind: NoticeType, about: str, now: datetime, wanted: Wanted) -> Notice:
    return Notice(
        user=user, type=kind.key, about=about, day=now.date(), created_at=now, last_at=now,
        in_app=wanted.in_app,
        mail_state=MailState.QUEUED if wanted.by_mail else MailState.NONE,
        mail_due_at=now if wanted.by_mail else None,
    )  # fmt: skip


def _count(rows: QuerySet[Notice], by: Actor | None, now: datetime) -> None:
    """One more time, by one more person, and unread again."""
    fields: dict[str, Any] = {"count": F("count") + 1, "last_at": now, "read_at": None}
    if by is not None and by.user_id is not None:
        who = Cast(Value(by.user_id), UUIDField())
        kept = ArrayField(UUIDField())
        others = Func(F("actors"), who, function="array_remove", output_field=kept)
        fields["actors"] = Func(others, who, function="array_append", output_field=kept)
    if by is not None:
        fields["organisation_id"] = by.organisation_id
    rows.update(**fields)


def _send_later(ids: list[UUID]) -> None:
    def ask() -> None:
        # By name, because tasks stand above services. What is not found was no news: one mail a day.
        for id in ids:
            current_app.send_task(MAIL_TASK, [str(id)], queue="work")

    transaction.on_commit(ask, robust=True)


def notices_forget() -> int:
    """Delete what is a year old: nobody needs it, and who read a record stands in the audit trail."""
    return Notice.objects.filter(last_at__lt=timezone.now() - KEPT).delete()[0]


# -- reading ---------------------------------------------------------------------------------------


def notice_read(*, notice: Notice) -> None:
    """Note that the person has seen it."""
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())


def notices_read_all(*, user: User, until: datetime) -> int:
    """Note that the person has seen all that they were shown until then; gives how many."""
    unread = Notice.objects.filter(user=user, in_app=True, read_at=None, last_at__lte=until)
    return unread.update(read_at=timezone.now())
