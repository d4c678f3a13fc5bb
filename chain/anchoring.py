"""From the outbox to a sealed batch, and what the chain's events make of it."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from chain.artifacts import artifact
from chain.deployment import ANCHORER, LOG
from chain.failpoints import failpoint
from chain.models import AnchorState, Batch, Commitment, Contract, Event
from chain.sender import enqueue
from chain.tree import build
from core.keys import derived_secret


class ForeignAppend(Exception):
    """Somebody else's root stands where our batch belongs: our key is not ours alone."""


def seal_batch() -> Batch | None:
    """Put what waits under a root, and ask for its transaction: all of it, or nothing.

    At most one batch of a log is under way at a time; an interrupted one is simply there the
    next time.
    """
    with transaction.atomic():
        log = Contract.objects.select_for_update().filter(name=LOG, current=True).first()
        if log is None or _under_way(log):
            return None
        waiting = _waiting(settings.ANCHOR_BATCH_LEAVES)
        if not waiting:
            return None
        batch = _store(log, waiting)
        failpoint("batch.stored")
    failpoint("batch.committed")
    return batch


def _under_way(log: Contract) -> bool:
    return log.batches.filter(state__in=[AnchorState.QUEUED, AnchorState.SENT]).exists()


def _waiting(most: int) -> list[Commitment]:
    """The oldest of what waits, once it is enough or has waited long enough."""
    rows = Commitment.objects.filter(batch=None).order_by("created_at")
    found = list(rows.select_for_update(skip_locked=True).only("id", "digest", "created_at")[:most])
    due = timezone.now() - timedelta(seconds=settings.ANCHOR_BATCH_SECONDS)
    return found if found and (len(found) == most or found[0].created_at <= due) else []


def _store(log: Contract, waiting: Sequence[Commitment]) -> Batch:
    sequence = (log.batches.aggregate(last=Max("sequence"))["last"] or 0) + 1
    tree, positions = build([bytes(c.digest) for c in waiting], _batch_key(log), sequence)
    batch = Batch.objects.create(
        log=log, sequence=sequence, root=tree.root, depth=tree.depth, count=len(waiting),
        nodes=tree.nodes,
    )  # fmt: skip
    _place(batch, waiting, positions)
    enqueue(
        account=ANCHORER,
        to=bytes(log.address),
        data=artifact(LOG).call("append", sequence, tree.root, tree.depth),
        reason=f"anchor batch {sequence}",
        key=f"anchor:{batch.id}",
    )
    return batch


def _batch_key(log: Contract) -> bytes:
    return derived_secret(f"batch padding {bytes(log.address).hex()}")


def _place(batch: Batch, commitments: Sequence[Commitment], positions: Sequence[int]) -> None:
    """Note each commitment's batch and position in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chain_commitment AS c SET batch_id = %s, position = p.position "
            "FROM unnest(%s::uuid[], %s::int[]) AS p(id, position) WHERE c.id = p.id",
            [batch.id, [c.id for c in commitments], list(positions)],
        )


# -- what the chain says ---------------------------------------------------------------------------


def appended(event: Event) -> None:
    """Our root is in a block: the batch is mined."""
    batch = _batch_of(event)
    args = event.args
    if bytes(batch.root).hex() != args["root"][2:] or batch.depth != args["depth"]:
        raise ForeignAppend(f"sequence {args['n']} of {event.contract.name}")
    batch.advance(AnchorState.MINED)
    batch.head, batch.time = bytes.fromhex(args["head"][2:]), args["time"]
    batch.block_number, batch.block_hash = event.block_number, event.block_hash
    batch.transaction_hash = event.transaction_hash
    batch.save()


def unappended(event: Event) -> None:
    """The block died: the batch is under way again."""
    batch = _batch_of(event)
    batch.advance(AnchorState.SENT)
    batch.head = batch.time = None
    batch.block_number = batch.block_hash = batch.transaction_hash = None
    batch.save()


def _batch_of(event: Event) -> Batch:
    try:
        rows = Batch.objects.select_for_update().defer("nodes")
        return rows.get(log=event.contract, sequence=event.args["n"])
    except Batch.DoesNotExist:
        raise ForeignAppend(f"sequence {event.args['n']} of {event.contract.name}") from None


def finalize_batches(number: int) -> None:
    """Blocks up to `number` are final: their batches are, for ever."""
    mined = Batch.objects.filter(state=AnchorState.MINED, block_number__lte=number)
    mined.update(state=AnchorState.FINAL, final_at=timezone.now())


def awaited() -> bool:
    """Whether anything waits for a further block."""
    return Batch.objects.exclude(state=AnchorState.FINAL).exists()


__all__ = ["appended", "awaited", "finalize_batches", "seal_batch", "unappended"]
