"""The accounts that send: made on first use, watched for funds and for strangers."""

from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.utils import timezone

from chain.commitments import hex_of
from chain.errors import ChainMismatch
from chain.models import Account, Transaction
from chain.node import Node
from chain.signer import get_signer

DEMO_FUNDS = 10**21  # wei, on a chain that mines for us
LOOK_EVERY = timedelta(seconds=60)
# For how long a transaction of somebody else from our account stays an alarm.
ALARM = timedelta(days=7)
WEI = Decimal(10**18)


def active_account(purpose: str) -> Account | None:
    """The account that signs for a purpose now."""
    return Account.objects.filter(purpose=purpose, state=Account.State.ACTIVE).first()


def ensure_account(node: Node, purpose: str) -> Account:
    """The purpose's account; a first call makes its key. Raises ChainMismatch without funds."""
    account = active_account(purpose)
    if account is None:
        account = new_account(node, purpose, Account.State.ACTIVE)
    if look_at_funds(node, account) == 0:
        raise ChainMismatch(
            f"The account {account.name} ({hex_of(account.address)}) has no funds to pay "
            "gas with. Send it some and run this again."
        )
    return account


def new_account(node: Node, purpose: str, state: Account.State) -> Account:
    """The next key for a purpose: `anchor`, later `anchor-2` and so on."""
    count = Account.objects.filter(purpose=purpose).count()
    name = f"{purpose}-{count + 1}" if count else purpose
    address = get_signer().address(name)
    account, _ = Account.objects.get_or_create(
        name=name,
        defaults={
            "purpose": purpose,
            "address": address,
            "state": state,
            "next_nonce": node.nonce(address),
        },
    )
    return account


def look_at_funds(node: Node, account: Account) -> int:
    """The account's balance in wei, kept for the pages; a chain of our own fills it up."""
    address = bytes(account.address)
    balance = node.balance(address)
    if settings.CHAIN_MINES_ON_DEMAND and balance < DEMO_FUNDS // 2:
        node.ask("anvil_setBalance", hex_of(address), hex(DEMO_FUNDS))
        balance = DEMO_FUNDS
    Account.objects.filter(pk=account.pk).update(balance=balance, balance_at=timezone.now())
    return balance


def look_at_all_funds(node: Node) -> None:
    """Look again at the accounts that were not looked at for a minute."""
    due = timezone.now() - LOOK_EVERY
    for account in Account.objects.exclude(state=Account.State.RETIRED):
        if account.balance_at is None or account.balance_at < due:
            look_at_funds(node, account)


def account_troubles() -> list[str]:
    """Accounts that run dry, and those from which somebody else has sent."""
    low = Account.objects.filter(balance__lt=settings.CHAIN_LOW_BALANCE).exclude(
        state__in=[Account.State.RETIRED, Account.State.RETIRING]
    )
    found = [
        f"the account {a.name} ({hex_of(a.address)}) holds {ether(a.balance)} and needs "
        f"more than {ether(settings.CHAIN_LOW_BALANCE)}"
        for a in low.order_by("name")
    ]
    displaced = Transaction.objects.filter(
        outcome=Transaction.Outcome.DISPLACED, created_at__gt=timezone.now() - ALARM
    )
    found += [
        f"somebody else sent from the account {row.account_id} (nonce {row.nonce}): its key is "
        "not ours alone"
        for row in displaced.order_by("-created_at")[:3]
    ]
    return found


def ether(wei: Decimal | int | None) -> str:
    """An amount of the chain's own coin, for people."""
    amount = (Decimal(wei or 0) / WEI).quantize(Decimal("0.0001"))
    return f"{amount.normalize():f} ETH"
