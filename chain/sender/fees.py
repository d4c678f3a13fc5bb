"""What a transaction pays for gas (EIP-1559), all of it in wei per gas."""

from dataclasses import dataclass

from django.conf import settings

from chain.errors import FeesTooHigh
from chain.node import Node

TIP = 10**9
# Nodes drop a replacement that does not pay at least a tenth more; we pay an eighth more.
BUMP = (9, 8)


@dataclass(frozen=True)
class Fees:
    """`maxFeePerGas` and `maxPriorityFeePerGas`."""

    max_fee: int
    tip: int


def market(node: Node) -> Fees:
    """What is asked now, with room for six full blocks of rising fees; raises FeesTooHigh."""
    base, cap = node.base_fee(), settings.CHAIN_MAX_FEE
    if base + TIP > cap:
        raise FeesTooHigh(f"gas costs {gwei(base + TIP)}, more than CHAIN_MAX_FEE ({gwei(cap)})")
    return Fees(min(2 * base + TIP, cap), TIP)


def bumped(last: Fees, now: Fees) -> Fees:
    """What a replacement pays: an eighth more than before, or what is asked now."""
    cap = settings.CHAIN_MAX_FEE
    least = _more(last.max_fee)
    if least > cap:
        raise FeesTooHigh(
            f"a replacement would pay {gwei(least)}, more than CHAIN_MAX_FEE ({gwei(cap)})"
        )
    max_fee = min(max(least, now.max_fee), cap)
    return Fees(max_fee, min(max(_more(last.tip), now.tip), max_fee))


def _more(fee: int) -> int:
    return -(-fee * BUMP[0] // BUMP[1])  # rounded up


def gwei(wei: int) -> str:
    """For people."""
    return f"{wei / 10**9:.4g} gwei"
