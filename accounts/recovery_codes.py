"""Recovery codes: made with the first second factor, shown once, each good for one sign-in."""

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.second_factor import has_second_factor
from core import audit
from core.errors import Conflict


def _row(user: User) -> Authenticator | None:
    kind = Authenticator.Type.RECOVERY_CODES
    return Authenticator.objects.filter(user=user, type=kind).first()


def codes_left(user: User) -> int | None:
    """How many codes are unused; None where none were ever made."""
    row = _row(user)
    return len(RecoveryCodes(row).get_unused_codes()) if row else None


def codes_wait(user: User) -> bool:
    """Whether there are codes that the person has not been shown yet."""
    row = _row(user)
    return bool(row) and not RecoveryCodes(row).did_view


@transaction.atomic
def codes_ensure(*, user: User, by: audit.Actor) -> None:
    """Make codes where there are none."""
    if _row(user) is None:
        _make(user, by)


@transaction.atomic
def codes_renew(*, user: User, by: audit.Actor) -> None:
    """Make new codes; the old ones count no more."""
    User.objects.select_for_update().get(pk=user.pk)
    if not has_second_factor(user):
        raise Conflict(_("Recovery codes stand in for a second factor. Set one up first."))
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    _make(user, by)
    notify(user, "codes-made", by=by)


def _make(user: User, by: audit.Actor) -> None:
    made = RecoveryCodes.activate(user)
    audit.record(audit.Name.CODES_MADE, by=by, target=str(made.instance.pk))


@transaction.atomic
def codes_show(*, user: User) -> list[str]:
    """The codes, the first time that they are asked for; afterwards nothing."""
    kind = Authenticator.Type.RECOVERY_CODES
    row = Authenticator.objects.select_for_update().filter(user=user, type=kind).first()
    if row is None or RecoveryCodes(row).did_view:
        return []
    codes = RecoveryCodes(row)
    codes.mark_as_viewed()
    return [str(code) for code in codes.get_unused_codes()]
