"""Numbers of the chain for people: hashes, fees, times."""

from datetime import UTC, datetime
from decimal import Decimal

from chain.commitments import hex_of
from chain.sender.accounts import WEI
from chain.sender.fees import gwei

SMALL = 10**12  # wei; below, an amount in ETH is all zeros


def hex_or_nothing(value: bytes | memoryview | None) -> str:
    """Lower case with 0x; empty where the chain has not given it yet."""
    return hex_of(value) if value else ""


def moment(seconds: int) -> datetime:
    """A block's time."""
    return datetime.fromtimestamp(seconds, UTC)


def fee(wei: int) -> str:
    """A fee with three digits that count, in ETH or, where that is next to nothing, in gwei."""
    if wei < SMALL:
        return gwei(wei)
    amount = Decimal(wei) / WEI
    return f"{Decimal(f'{amount:.3g}'):f} ETH"
