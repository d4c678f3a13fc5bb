"""Sign-ins and changes of what signs in, as the audit trail has them: never the typed address."""

from typing import Any

from allauth.account import signals as allauth_signals
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from accounts.models import User
from accounts.viewer import viewer_for
from core import audit


def _note(name: audit.Name, user: User | None, **said: Any) -> None:
    by = viewer_for(user).actor if user else audit.Actor(None)
    audit.record(name, by=by, **said)


@receiver(user_logged_in)
def signed_in(sender: object, user: User, **_: object) -> None:
    """Somebody is in."""
    _note(audit.Name.SIGNED_IN, user)


@receiver(user_logged_out)
def signed_out(sender: object, user: User | None, **_: object) -> None:
    """Somebody has left; nobody, where the session had ended already."""
    if user is not None:
        _note(audit.Name.SIGNED_OUT, user)


@receiver(user_login_failed)
def sign_in_failed(sender: object, credentials: dict[str, Any], **_: object) -> None:
    """Somebody tried; whether twice by the same address the portal can tell, and nobody else."""
    _note(audit.Name.SIGN_IN_FAILED, None, parameters=address_of(credentials))


def locked_out(credentials: dict[str, Any]) -> None:
    """Somebody tried too often."""
    _note(audit.Name.LOCKED_OUT, None, parameters=address_of(credentials))


def address_of(credentials: dict[str, Any]) -> dict[str, str]:
    """What stands for the address that was typed."""
    typed = credentials.get("email") or credentials.get("username") or ""
    return {"address": audit.keyed_hash(str(typed))} if typed else {}


@receiver([
    allauth_signals.password_set, allauth_signals.password_changed, allauth_signals.password_reset,
])  # fmt: skip
def password_changed(sender: object, user: User, **_: object) -> None:
    """There is another password."""
    _note(audit.Name.PASSWORD_CHANGED, user)
