"""How people want to be told; notices about the security of an account can't be switched off."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import NoticePreference, User
from core.errors import Conflict, NotFound
from core.registry import NoticeType, registry


class Wanted(NamedTuple):
    """The ways in which somebody is told."""

    in_app: bool
    by_mail: bool


@dataclass(frozen=True)
class Preference:
    """One line of the page of preferences."""

    type: NoticeType
    wanted: Wanted


def wanted_by(users: Collection[User], kind: NoticeType) -> dict[UUID, Wanted]:
    """How each of these people wants to be told of this."""
    usual = Wanted(kind.in_app, kind.by_mail)
    found = {user.pk: usual for user in users}
    if kind.can_be_off:
        chosen = NoticePreference.objects.filter(user__in=users, type=kind.key)
        found |= {row.user_id: Wanted(row.in_app, row.by_mail) for row in chosen}
    return found


def preferences_of(user: User, roles: frozenset[str]) -> list[Preference]:
    """Every type that may concern a person with these roles, as they want it."""
    chosen = {row.type: row for row in NoticePreference.objects.filter(user=user)}
    fitting = [t for t in registry.notice_types if not t.roles or t.roles & roles]
    fitting.sort(key=lambda t: t.order)
    return [Preference(t, _wanted(t, chosen.get(t.key))) for t in fitting]


def _wanted(kind: NoticeType, row: NoticePreference | None) -> Wanted:
    if row is None or not kind.can_be_off:
        return Wanted(kind.in_app, kind.by_mail)
    return Wanted(row.in_app, row.by_mail)


@transaction.atomic
def preference_set(*, user: User, type: str, wanted: Wanted) -> None:
    """Choose how to be told; raises NotFound, and Conflict for what can't be switched off."""
    kind = registry.notice_type(type)
    if kind is None:
        raise NotFound
    if not kind.can_be_off:
        if wanted == Wanted(kind.in_app, kind.by_mail):
            return
        raise Conflict(_("Notices about the security of your account can't be switched off."))
    NoticePreference.objects.update_or_create(
        user=user, type=type, defaults={"in_app": wanted.in_app, "by_mail": wanted.by_mail}
    )
