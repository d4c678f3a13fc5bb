"""What the accounts hold of a person."""

import json
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.corrections import Correction, corrections_of
from accounts.models import (
    ApiToken,
    CorrectionRequest,
    DataExport,
    Invitation,
    KnownDevice,
    Membership,
    Notice,
    NoticePreference,
    Recovery,
    RecoveryConfirmation,
    User,
    Wallet,
)
from accounts.passkeys import passkeys_of
from accounts.sessions import sessions_end
from core.audit import own_actor
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
    acts = _acts(user_id).order_by("pk")
    yield from json_list("what-i-did.json", acts.values("at", "name", "channel").iterator(ROWS))


def _acts(user_id: UUID) -> QuerySet[AuditEvent]:
    """What the person did, on their own record as well, where they stand under another name."""
    return AuditEvent.objects.filter(actor_id__in=[user_id, own_actor(user_id)])


def _addresses(user_id: UUID) -> list[str]:
    rows = EmailAddress.objects.filter(user=user_id, verified=True)
    return list(rows.values_list("email", flat=True))


def _invitations(user_id: UUID) -> QuerySet[Invitation]:
    """Those that went to the person."""
    named = Q(accepted_by=user_id) | Q(email__in=_addresses(user_id))
    return Invitation.objects.filter(named)


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
        "organisations": _columns(
            members, "organisation__name", "role", "created_at", "ended_at"
        ),
        "passkeys": [
            {"name": p.name, "added": p.added_at, "last_used": p.used_at} for p in passkeys_of(user)
        ],
        "other_second_steps": _columns(
            Authenticator.objects.filter(user=user).exclude(type=Authenticator.Type.WEBAUTHN),
            "type", "created_at", "last_used_at",
        ),
        "wallets": [
            {"name": w.name, "address": w.shown, "added": w.added_at, "last_used": w.last_used_at}
            for w in Wallet.objects.filter(user=user)
        ],
        "signed_in": _columns(
            UserSession.objects.filter(user=user),
            "created_at", "last_seen_at", "ip", "user_agent",
        ),
        "recoveries": _columns(
            Recovery.objects.filter(user=user), "state", "asked_at", "ready_at", "ended_at"
        ),
        "recoveries_confirmed": _columns(
            RecoveryConfirmation.objects.filter(by=user), "organisation__name", "at"
        ),
        "invitations": _columns(
            _invitations(user.pk), "organisation__name", "role", "email", "state", "created_at"
        ),
        # Whom somebody invited is the other person's.
        "invitations_sent": _columns(
            Invitation.objects.filter(invited_by=user),
            "organisation__name", "role", "state", "created_at",
        ),
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
    }  # fmt: skip


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
    acts = _acts(user_id).count()
    return 8 + (Notice.objects.filter(user=user_id).count() + acts) // ROWS


def _close(user_id: UUID) -> None:
    """Nobody is signed in any more; the browsers are strangers again."""
    sessions_end(user=User(pk=user_id))
    KnownDevice.objects.filter(user=user_id).delete()
    IdempotencyKey.objects.filter(person_id=user_id).delete()


def _empty(user_id: UUID) -> None:
    """What only served the person goes; the row stays, since what they did names it by its id."""
    gone: tuple[type[Model], ...] = (
        ApiToken, Authenticator, CorrectionRequest, DataExport, EmailAddress, KnownDevice, Membership,
        Notice, NoticePreference, Recovery, UserSession, Wallet,
    )  # fmt: skip
    # The organisation keeps that somebody was invited, and by whom; to which address it forgets.
    theirs = _invitations(user_id)
    theirs.filter(state=Invitation.State.OPEN).update(state=Invitation.State.CANCELLED)
    theirs.update(email=f"{user_id}@closed.invalid")
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
            EmailConfirmation, IdempotencyKey, Invitation, KnownDevice, LogEntry, Membership, Notice,
            NoticePreference, Recovery, RecoveryConfirmation, User, UserSession, Wallet,
        }
    ),
    size=_size,
    export=_export,
    close=_close,
    empty=_empty,
)  # fmt: skip
