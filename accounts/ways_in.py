"""How a person can sign in; whoever removes a way asks here whether it is the last one."""

from allauth.mfa import app_settings as mfa

from accounts.models import User
from accounts.passkeys import passkeys_of


def ways_in(user: User) -> int:
    """How many ways there are: a password, passkeys where they sign in, and wallets."""
    passkeys = len(passkeys_of(user)) if mfa.PASSKEY_LOGIN_ENABLED else 0
    return int(user.has_usable_password()) + passkeys + user.wallets.count()
