"""What follows a sign-in, whichever way and after however many factors it was done."""

from uuid import UUID

from allauth.account.signals import user_logged_in
from django.dispatch import receiver

from accounts.models import User
from accounts.viewer import viewer_for
from accounts.wallets import wallet_signed_in


@receiver(user_logged_in, dispatch_uid="salus.wallet-sign-in")
def note_wallet(user: User, wallet: str = "", **rest: object) -> None:
    """A wallet has signed, and nothing more was asked for; until then nobody is signed in."""
    if wallet:
        wallet_signed_in(pk=UUID(wallet), by=viewer_for(user).actor)
