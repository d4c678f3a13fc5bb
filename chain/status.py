"""How the ledger is doing, as the worker last saw it: pages never ask the node themselves."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache

KEY = "ledger:status"
AGE = 60  # seconds; a worker looks every second


@dataclass(frozen=True)
class LedgerStatus:
    """Whether a worker was here lately, the node answered, it was our chain; and what is wrong."""

    worker: bool
    node: bool
    ours: bool
    troubles: tuple[str, ...]

    @property
    def detail(self) -> str:
        """What is wrong, in one line."""
        return "; ".join(self.troubles)


def report(troubles: Sequence[str] = (), *, node: bool = True, ours: bool = True) -> None:
    """The worker's word after each round."""
    cache.set(KEY, {"troubles": list(troubles), "node": node, "ours": ours}, AGE)


def status() -> LedgerStatus:
    """What the last report said."""
    found = cache.get(KEY)
    if found is None:
        missing = "no worker has looked after the ledger in the last minute"
        return LedgerStatus(False, False, False, (missing,))
    return LedgerStatus(True, found["node"], found["ours"], tuple(found["troubles"]))


def due(what: str, seconds: int) -> bool:
    """Whether it is time again for something that needs doing every so often, by any worker."""
    return bool(cache.add(f"ledger:due:{what}", 1, seconds))
