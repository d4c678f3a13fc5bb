"""How the ledger is doing, as the worker last saw it: pages never ask the node themselves."""

from dataclasses import dataclass

from django.core.cache import cache

KEY = "ledger:status"
AGE = 60  # seconds; a worker looks every second


@dataclass(frozen=True)
class LedgerStatus:
    """Whether a worker was here lately, and what the node said to it."""

    worker: bool
    node: bool
    detail: str


def report(trouble: str = "") -> None:
    """The worker's word after each round; without trouble the node answered."""
    cache.set(KEY, {"trouble": trouble}, AGE)


def status() -> LedgerStatus:
    """What the last report said."""
    found = cache.get(KEY)
    if found is None:
        return LedgerStatus(
            False, False, "no worker has looked after the ledger in the last minute"
        )
    return LedgerStatus(True, not found["trouble"], found["trouble"])
