"""Closing an account: at once, to be reopened for a month, then emptied for good."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.exports.asking import export_discard
from accounts.models import User
from accounts.notices import notify
from accounts.tokens import token_revoke, tokens_of
from accounts.viewer import Viewer
from core import audit
from core.errors import Conflict
from core.registry import registry

TIME_TO_RETURN = timedelta(days=30)


@transaction.atomic
def account_close(*, by: Viewer) -> User:
    """Close the person's own account: nobody is signed in to it any more, its tokens are ended."""
    user = User.objects.select_for_update().get(pk=by.user.pk)
    if user.closed_at is not None:
        return user
    notify(user, "account-closed", by=by.actor)
    for data in registry.personal_data:
        data.close(user.pk)
    for token in tokens_of(user).filter(revoked_at=None):
        token_revoke(token=token, by=by.actor)
    export_discard(user=user)
    # An inactive person's sessions count as none: from here on no request is theirs.
    user.is_active, user.closed_at = False, timezone.now()
    user.save(update_fields=["is_active", "closed_at"])
    audit.record(audit.Name.ACCOUNT_CLOSED, by=by.actor, target=str(user.pk))
    return user


def returns_until(user: User) -> datetime | None:
    """Until when a closed account can be reopened; None where it can't."""
    if user.closed_at is None or user.emptied_at is not None:
        return None
    until = user.closed_at + TIME_TO_RETURN
    return until if until > timezone.now() else None


def returning_user(pk: UUID) -> User | None:
    """The person of an account that can be reopened; None where it can't."""
    user = User.objects.filter(pk=pk).first()
    return user if user is not None and returns_until(user) else None


@transaction.atomic
def account_reopen(*, user: User) -> User:
    """Open it again for the person, who must then sign in; raises Conflict where it is too late."""
    row = User.objects.select_for_update().get(pk=user.pk)
    if row.is_active:
        return row
    if returns_until(row) is None:
        raise Conflict(_("This account can't be reopened any more."))
    row.is_active, row.closed_at, row.reopened_at = True, None, timezone.now()
    row.save(update_fields=["is_active", "closed_at", "reopened_at"])
    audit.record(audit.Name.ACCOUNT_REOPENED, by=audit.Actor(row.pk), target=str(row.pk))
    return row


def accounts_empty() -> int:
    """Remove the details of accounts that were closed a month ago; gives how many."""
    late = User.objects.filter(
        closed_at__lte=timezone.now() - TIME_TO_RETURN, emptied_at=None
    ).values_list("pk", flat=True)
    return sum(_empty(User(pk=pk)) for pk in list(late))


@transaction.atomic
def _empty(user: User) -> bool:
    """One account; another worker at it, or a reopening that came first, leaves nothing to do."""
    rows = User.objects.select_for_update(skip_locked=True)
    row = rows.filter(pk=user.pk, closed_at__isnull=False, emptied_at=None).first()
    if row is None:
        return False
    for data in registry.personal_data:
        data.empty(row.pk)
    row.name, row.email = _("Closed account"), f"{row.pk}@closed.invalid"
    row.is_staff = row.is_superuser = row.has_notices = False
    row.last_login, row.emptied_at = None, timezone.now()
    row.set_unusable_password()
    row.save()
    audit.record(audit.Name.ACCOUNT_EMPTIED, by=audit.Actor.system("task"), target=str(row.pk))
    return True


@transaction.atomic
def name_change(*, name: str, by: Viewer) -> None:
    """Call the person something else; what they did before keeps leading to them."""
    User.objects.filter(pk=by.user.pk).update(name=name)
    audit.record(audit.Name.NAME_CHANGED, by=by.actor, target=str(by.user.pk))
