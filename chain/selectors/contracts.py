"""Contracts that were ever used, and the accounts that send; there are only ever a few."""

from chain.deployment import PURPOSES
from chain.models import Account, Contract


def contracts() -> list[Contract]:
    """Those in use in the order of their creation, then former ones, the last one first."""
    rows = list(Contract.objects.order_by("id"))
    return [c for c in rows if c.current] + [c for c in reversed(rows) if not c.current]


def accounts() -> list[Account]:
    """All accounts by purpose, the newest key of each first."""
    order = {purpose.value: place for place, purpose in enumerate(PURPOSES)}
    newest = Account.objects.order_by("-created_at")
    return sorted(newest, key=lambda account: order.get(account.purpose, len(order)))
