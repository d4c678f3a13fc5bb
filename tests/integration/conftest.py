"""The ledger on the real chain of the test session."""

from collections.abc import Callable

import pytest
from django.conf import settings as django_settings

from chain.deployment import ensure_log, forget_chain
from chain.models import AnchorState, Commitment, Contract
from chain.node import get_node
from chain.tasks import tick

TICKS = 40


@pytest.fixture
def ledger(db: None, settings: object) -> Contract:
    """A log of its own for the test; commitments are sealed at the next tick."""
    django_settings.ANCHOR_BATCH_SECONDS = 0
    forget_chain()
    return ensure_log(get_node())


@pytest.fixture
def until_final(ledger: Contract) -> Callable[[], None]:
    """Run the ledger until everything that was committed is final."""

    def run() -> None:
        for _ in range(TICKS):
            tick()
            if not Commitment.objects.exclude(batch__state=AnchorState.FINAL).exists():
                return
        raise AssertionError(f"not final after {TICKS} ticks")

    return run
