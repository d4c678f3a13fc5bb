"""What guards a page that somebody at an unlocked computer must not be able to use."""

from collections.abc import Callable

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseBase

View = Callable[..., HttpResponseBase]


def confirmed_again(view: View) -> View:
    """Before a dangerous act (keys, erasure, payouts): password, app or passkey once more.

    What was confirmed counts for five minutes (ACCOUNT_REAUTHENTICATION_TIMEOUT); a form that was
    sent meanwhile is taken up again afterwards.
    """
    guarded: View = login_required(reauthentication_required(app="allauth.mfa")(view))
    return guarded
