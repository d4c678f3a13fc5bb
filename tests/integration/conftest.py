"""The ledger on the real chain of the test session."""

from collections.abc import Callable

import pytest
from django.conf import settings as django_settings

from chain.anchoring import all_final
from chain.continuity import forget_chain
from chain.deployment import ensure_contracts
from chain.models import Contract
from chain.node import Node, get_node
from chain.tasks import tick
from tests.factories.chain import RegistryFactory

TICKS = 40


def willing(node: Node) -> Node:
    """The chain as it is at first: a reorganisation can bring back what an earlier test had set."""
    node.ask("evm_setAutomine", True)
    node.ask("evm_setBlockGasLimit", hex(30_000_000))
    node.ask("anvil_dropAllTransactions")
    node.ask("evm_mine")
    return node


@pytest.fixture
def ledger(db: None, settings: object) -> Contract:
    """A log of its own for the test; commitments are sealed at the next tick."""
    django_settings.ANCHOR_BATCH_SECONDS = 0
    forget_chain()
    return ensure_contracts(willing(get_node()))[0]


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
