"""What the accounts hold of a person."""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.corrections import Correction, corrections_of
from accounts.models import (
    ApiToken,
    CorrectionRequest,
    DataExport,
    KnownDevice,
    Membership,
    Notice,
    NoticePreference,
    User,
)
from accounts.passkeys import passkeys_of
from core.models import AuditEvent, IdempotencyKey
from core.registry import Content, PersonalData

ROWS = 200  # of a list, read and written at once


def as_json(value: object) -> bytes:
    """Readable by people and programs."""
    return (json.dumps(value, indent=1, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n").encode()


def json_list(name: str, rows: Iterable[object]) -> Iterator[tuple[str, Content]]:
    """A list of any length as one file, some rows at a time."""
    started, waiting = False, list[object]()
    for row in rows:
        waiting.append(row)
        if len(waiting) == ROWS:
            yield name, _part(waiting, first=not started)
            started, waiting = True, []
    yield name, (_part(waiting, first=not started) if waiting else b"" if started else b"[")
    yield name, b"\n]\n"


def _part(rows: list[object], *, first: bool) -> bytes:
    lines = ",\n".join(json.dumps(r, cls=DjangoJSONEncoder, ensure_ascii=False) for r in rows)
    return (("[\n" if first else ",\n") + lines).encode()


def _columns(rows: QuerySet[Any], *names: str) -> list[dict[str, Any]]:
    return list(rows.values(*names))


def _export(user_id: UUID) -> Iterator[tuple[str, Content]]:
    user = User.objects.get(pk=user_id)
    yield "account.json", as_json(_account(user))
    yield "tokens.json", as_json(
        _columns(
            ApiToken.objects.filter(user=user),
            "name", "scopes", "created_at", "expires_at", "last_used_at", "last_used_from",
            "revoked_at",
        )
    )  # fmt: skip
    rows = Notice.objects.filter(user=user).order_by("created_at")
    told = rows.values("type", "count", "created_at", "read_at", "mail_state", "mail_sent_at")
    yield from json_list("notices.json", told.iterator(ROWS))
    yield from json_list("corrections.json", map(_correction, corrections_of(user)))
    # What somebody did, not to whom: that is the other person's.
    acts = AuditEvent.objects.filter(actor_id=user_id).order_by("pk")
    yield from json_list("what-i-did.json", acts.values("at", "name", "channel").iterator(ROWS))


def _account(user: User) -> dict[str, Any]:
    addresses = EmailAddress.objects.filter(user=user)
    members = Membership.objects.filter(user=user)
    return {
        "id": user.pk,
        "name": user.name,
        "email": user.email,
        "role": user.own_role,
        "since": user.created_at,
        "last_signed_in": user.last_login,
        "addresses": _columns(addresses, "email", "verified", "primary"),
        "organisations": _columns(members, "organisation__name", "role", "created_at"),
        "passkeys": [
            {"name": p.name, "added": p.added_at, "last_used": p.used_at} for p in passkeys_of(user)
        ],
        "notices_wanted": _columns(
            NoticePreference.objects.filter(user=user), "type", "in_app", "by_mail"
        ),
        "known_browsers": _columns(KnownDevice.objects.filter(user=user), "created_at", "seen_at"),
        "copies_asked_for": _columns(
            DataExport.objects.filter(user=user), "created_at", "ready_at", "expires_at", "state"
        ),
        "administration": _columns(
            LogEntry.objects.filter(user=user), "action_time", "action_flag"
        ),
        "answers_kept_for_programs": _columns(
            IdempotencyKey.objects.filter(person_id=user.pk), "created_at", "status"
        ),
    }


def _correction(found: Correction) -> dict[str, Any]:
    row = found.row
    return {
        "asked": str(row.organisation),
        "at": row.created_at,
        "wish": found.wish,
        "answer": found.answer,
        "corrected": row.corrected,
        "ended": row.ended_at,
    }


def _size(user_id: UUID) -> int:
    acts = AuditEvent.objects.filter(actor_id=user_id).count()
    return 8 + (Notice.objects.filter(user=user_id).count() + acts) // ROWS


def _close(user_id: UUID) -> None:
    """Tokens end; the browsers are strangers again."""
    KnownDevice.objects.filter(user=user_id).delete()
    IdempotencyKey.objects.filter(person_id=user_id).delete()


def _empty(user_id: UUID) -> None:
    """What only served the person goes; the row stays, since what they did names it by its id."""
    gone: tuple[type[Model], ...] = (
        ApiToken, Authenticator, CorrectionRequest, DataExport, EmailAddress, KnownDevice, Membership, Notice,
        NoticePreference,
    )  # fmt: skip
    for model in gone:
        model._default_manager.filter(user=user_id).delete()


PERSONAL_DATA = PersonalData(
    key="account",
    label=_("Your account"),
    order=10,
    stays=_(
        "In the audit trail it stays written what was done under your account, by number and without "
        "your name, since others rely on it."
    ),
    models=frozenset(
        {
            ApiToken, AuditEvent, Authenticator, CorrectionRequest, DataExport, EmailAddress,
            EmailConfirmation, IdempotencyKey, KnownDevice, LogEntry, Membership, Notice,
            NoticePreference, User,
        }
    ),
    size=_size,
    export=_export,
    close=_close,
    empty=_empty,
)  # fmt: skip
