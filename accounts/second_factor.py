"""Whether a person has a second factor, and whether it was used in a session."""

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest

from accounts.models import User

# Recovery codes alone are none: they stand in for a factor that somebody has.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_second_factor(user: User) -> bool:
    """Whether the person has an authenticator app or a passkey, in one query."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists())


def used_second_factor(request: HttpRequest) -> bool:
    """Whether this session has seen an app's code, a passkey, or a recovery code."""
    records = get_authentication_records(request, request.user)
    return any(record.get("method") == "mfa" for record in records)


def second_factor_added(request: HttpRequest, user: User, kind: Authenticator.Type) -> None:
    """The session in which a factor was set up has seen it, and who is there is confirmed with it."""
    record_authentication(request, user, "mfa", type=kind.value, reauthenticated=True)


def is_strong(request: HttpRequest) -> bool:
    """Whether the person has a second factor and has used it in this session."""
    user = request.user
    return isinstance(user, User) and used_second_factor(request) and has_second_factor(user)
