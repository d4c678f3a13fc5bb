"""A person's wallets: added and removed by them, and asked for the person whose wallet signed."""

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User, Wallet
from accounts.notices import notify
from accounts.wallet_messages import Signer
from accounts.ways_in import ways_in
from core import audit
from core.errors import Conflict, Invalid, NotFound, Problem

# -- finding ---------------------------------------------------------------------------------------


def wallets_of(user: User) -> QuerySet[Wallet]:
    """A person's wallets, oldest first."""
    return Wallet.objects.filter(user=user).order_by("added_at", "pk")


def access_wallet(user: User, pk: UUID) -> Wallet:
    """One of the person's own; raises NotFound."""
    wallet = wallets_of(user).filter(pk=pk).first()
    if wallet is None:
        raise NotFound
    return wallet


def wallet_that_signed(signer: Signer) -> Wallet:
    """The wallet that has signed, if somebody has added it; raises Invalid."""
    row = Wallet.objects.select_related("user").filter(address=signer.address).first()
    if row is None:
        words = _(
            "This wallet belongs to no account yet. Sign in in another way, then add the wallet "
            "to your account. After that you can sign in with it."
        )
        raise Invalid(problems=[Problem("", words)])
    return row


# -- adding, using, naming, removing ---------------------------------------------------------------


@transaction.atomic
def wallet_link(*, user: User, name: str, signer: Signer, by: audit.Actor) -> Wallet:
    """Keep a wallet that has signed as this person's; raises Conflict."""
    wallet, new = Wallet.objects.get_or_create(
        address=signer.address, defaults={"user": user, "kind": signer.kind.value, "name": name}
    )
    if not new and wallet.user_id == user.pk:
        raise Conflict(_("You have added this wallet already."))
    if not new:
        words = _(
            "This wallet can't be added: a wallet belongs to one account alone. If you have "
            "another account, remove the wallet there first."
        )
        raise Conflict(words)
    audit.record(audit.Name.WALLET_LINKED, by=by, target=str(wallet.pk))
    notify(user, "wallet-added", by=by)
    return wallet


@transaction.atomic
def wallet_signed_in(*, pk: UUID, by: audit.Actor) -> None:
    """Note that a wallet has signed somebody in; it may be gone meanwhile."""
    Wallet.objects.filter(pk=pk).update(last_used_at=timezone.now())
    audit.record(audit.Name.WALLET_SIGN_IN, by=by, target=str(pk))


def wallet_used(*, user: User, address: bytes) -> None:
    """Note that a wallet has signed a decision, where it is one of the person's."""
    wallets_of(user).filter(address=address).update(last_used_at=timezone.now())


def wallet_rename(*, wallet: Wallet, name: str) -> None:
    """Call it something else."""
    Wallet.objects.filter(pk=wallet.pk).update(name=name)


@transaction.atomic
def wallet_unlink(*, wallet: Wallet, by: audit.Actor) -> None:
    """Forget it, unless it is the only way in; what it signed stays signed. Raises Conflict."""
    # Of two wallets that are removed at once, one has to stay.
    user = User.objects.select_for_update().get(pk=wallet.user_id)
    if ways_in(user) == 1:
        words = _(
            "This wallet is your only way to sign in. Choose a password first, or add another way."
        )
        raise Conflict(words)
    audit.record(audit.Name.WALLET_UNLINKED, by=by, target=str(wallet.pk))
    wallet.delete()
    notify(user, "wallet-removed", by=by)
