"""SIGKILL beside every write of the ledger: nothing is lost, nothing is doubled.

A forked process works on the test's own database and chain and is killed at the named place;
afterwards an undisturbed one finishes the work.
"""

import os
import signal
import traceback
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.db.models import Count

from chain import registry, sender
from chain.anchoring import all_final, seal_batch
from chain.commitments import genesis_head, next_head
from chain.deployment import ensure_contracts
from chain.failpoints import NAMES
from chain.models import (
    AnchorState,
    Batch,
    Commitment,
    Contract,
    Event,
    Job,
    Kind,
    RegistryEntry,
    Transaction,
)
from chain.node import Node, get_node
from chain.services import Item, commit
from chain.tasks import tick
from core.keys import Owner, sealer_for
from tests.integration.conftest import willing

ROUNDS = 3
LEAVES = 3
TICKS = 60
ACTIONS = {"Granted": "grant", "Revoked": "revoke"}
ROOM, NO_ROOM = hex(30_000_000), hex(30_000)  # gas of a block


def run_ledger() -> None:
    for _ in range(TICKS):
        Job.objects.update(not_before=None)
        tick()
        if all_final():
            return


def commit_some(run: str) -> None:
    """A few records and a consent of one person, and the end of an earlier consent."""
    sealer = sealer_for(Owner.patient(uuid4()))
    with transaction.atomic():
        items = [Item(Kind.FHIR, f"Observation/{run}/_history/{n}", b"{}") for n in range(LEAVES)]
        [*_, consent] = commit(
            [*items, Item(Kind.CONSENT, f"Consent/{run}/_history/1", b"{}")], sealer=sealer
        )
        registry.register(consent)
        registry.end(os.urandom(32), person=uuid4())


def work(run: str) -> None:
    commit_some(run)
    run_ledger()


def work_while_stuck(run: str) -> None:
    """Blocks go by that have no room for our transactions."""
    node = get_node()
    commit_some(run)
    seal_batch()
    sender.sign_waiting(node)
    sender.broadcast(node)
    node.ask("evm_setBlockGasLimit", NO_ROOM)
    for _ in range(4):
        node.ask("evm_mine")
    tick()


def work_in_a_reorg(run: str) -> None:
    """Blocks die that held our transactions."""
    commit_some(run)
    for _ in range(3):
        tick()
    get_node().ask("anvil_reorg", 3, [])
    tick()


# Most places are passed by any work.
PROVOKED = {"replacement": work_while_stuck, "orphan": work_in_a_reorg}


def killed_at(failpoint: str, run: str) -> int:
    """Work in a forked process with the failpoint set; gives the signal that ended it, or 0."""
    # A connection must never be used on both sides of a fork.
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    get_node.cache_clear()
    child = os.fork()
    if child == 0:
        os.environ["SALUS_FAILPOINT"] = failpoint
        try:
            PROVOKED.get(failpoint.partition(".")[0], work)(run)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


@pytest.fixture
def chain(settings) -> Iterator[Node]:
    """The chain, mining by the call alone, and with room in its blocks again afterwards."""
    settings.ANCHOR_BATCH_SECONDS = 0
    settings.CHAIN_FINALITY_DEPTH = 8
    node = willing(get_node())
    yield node
    node.ask("evm_setAutomine", True)
    node.ask("evm_setBlockGasLimit", ROOM)
    node.ask("anvil_dropAllTransactions")


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failpoint", NAMES)
def test_killed_at(failpoint: str, chain: Node):
    log = ensure_contracts()[0]
    chain.ask("evm_setAutomine", False)
    run = uuid4().hex
    killed = []
    for n in range(ROUNDS):
        killed.append(killed_at(failpoint, f"{run}-{n}"))
        chain.ask("evm_setBlockGasLimit", ROOM)
    assert killed == [signal.SIGKILL] * ROUNDS, f"{failpoint} was not reached"
    run_ledger()

    # What was killed before its transaction ended was never promised; all else is there.
    expected = 0 if failpoint == "commit.stored" else ROUNDS
    written = Commitment.objects.filter(reference__contains=run)
    assert written.filter(kind=Kind.FHIR).count() == expected * LEAVES
    assert not written.filter(kind=Kind.FHIR).exclude(batch__state=AnchorState.FINAL).exists()
    assert not written.filter(head=None).exists()
    assert RegistryEntry.objects.count() == 2 * expected
    assert not RegistryEntry.objects.exclude(state=AnchorState.FINAL).exists()
    assert_once(log)


def assert_once(log: Contract) -> None:
    """Every batch is on the chain once, in order, and every job had one effect."""
    events = Event.objects.filter(contract=log, orphaned=False, name="Appended")
    assert sorted(e.args["n"] for e in events) == list(range(1, log.batches.count() + 1))
    head = genesis_head(log.chain_id, bytes(log.address))
    for batch in Batch.objects.filter(log=log).order_by("sequence"):
        assert batch.time is not None
        head = next_head(head, batch.sequence, bytes(batch.root), batch.depth, batch.time)
        assert head == bytes(batch.head or b"")
        assert batch.commitments.count() == batch.count
    successes = (
        Transaction.objects.filter(outcome=Transaction.Outcome.SUCCEEDED)
        .values("job")
        .annotate(n=Count("pk"))
    )
    assert {row["n"] for row in successes} <= {1}
    assert not Job.objects.exclude(state__in=[Job.State.MINED, Job.State.FINAL]).exists()
