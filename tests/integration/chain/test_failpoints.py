"""SIGKILL beside every write of the ledger: nothing is lost, nothing is doubled.

A forked process works on the test's own database and chain and is killed at the named place;
afterwards an undisturbed one finishes the work.
"""

import os
import signal
import traceback
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction
from django.db.models import Count

from chain.commitments import genesis_head, next_head
from chain.deployment import ensure_log
from chain.failpoints import NAMES
from chain.models import AnchorState, Batch, Commitment, Contract, Event, Job, Kind, Transaction
from chain.node import get_node
from chain.services import Item, commit
from chain.tasks import tick
from core.keys import Owner, sealer_for

ROUNDS = 3
LEAVES = 3
TICKS = 60


def run_ledger() -> None:
    for _ in range(TICKS):
        tick()
        if not Commitment.objects.exclude(batch__state=AnchorState.FINAL).exists():
            return


def work(run: str) -> None:
    with transaction.atomic():
        items = [Item(Kind.FHIR, f"Observation/{run}/_history/{n}", b"{}") for n in range(LEAVES)]
        commit(items, sealer=sealer_for(Owner.portal()))
    run_ledger()


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
            work(run)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("failpoint", NAMES)
def test_killed_at(failpoint: str, settings):
    settings.ANCHOR_BATCH_SECONDS = 0
    log = ensure_log()
    run = uuid4().hex
    killed = [killed_at(failpoint, f"{run}-{n}") for n in range(ROUNDS)]
    assert killed == [signal.SIGKILL] * ROUNDS, f"{failpoint} was not reached"
    run_ledger()

    # What was killed before its transaction ended was never promised; all else is there.
    expected = 0 if failpoint == "commit.stored" else ROUNDS * LEAVES
    assert Commitment.objects.filter(reference__contains=run).count() == expected
    assert not Commitment.objects.exclude(batch__state=AnchorState.FINAL).exists()
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
    successes = Transaction.objects.filter(succeeded=True).values("job").annotate(n=Count("pk"))
    assert {row["n"] for row in successes} <= {1}
    assert not Job.objects.exclude(state__in=[Job.State.MINED, Job.State.FINAL]).exists()
