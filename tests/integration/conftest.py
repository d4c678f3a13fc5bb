"""The ledger on the real chain of the test session."""

from collections.abc import Callable

import pytest
from django.conf import settings as django_settings

from chain.anchoring import all_final
from chain.deployment import ensure_contracts, forget_chain
from chain.models import Contract
from chain.node import get_node
from chain.tasks import tick
from tests.factories.chain import RegistryFactory

TICKS = 40


@pytest.fixture
def ledger(db: None, settings: object) -> Contract:
    """A log of its own for the test; commitments are sealed at the next tick."""
    django_settings.ANCHOR_BATCH_SECONDS = 0
    forget_chain()
    return ensure_contracts(get_node())[0]


@pytest.fixture
def registry(db: None) -> Contract:
    """A registry in the database alone: consents take effect at once, and wait to be recorded."""
    return RegistryFactory()


@pytest.fixture
def until_final(ledger: Contract) -> Callable[[], None]:
    """Run the ledger until everything that was committed is final."""

    def run() -> None:
        for _ in range(TICKS):
            tick()
            if all_final():
                return
        raise AssertionError(f"not final after {TICKS} ticks")

    return run
