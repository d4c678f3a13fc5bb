"""From the outbox to a sealed batch, and what the chain's events make of it."""

import time
from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, FloatField, Max, OuterRef, Q
from django.db.models.functions import Cast, Extract

from chain.artifacts import artifact
from chain.contracts import LOG
from chain.failpoints import failpoint
from chain.heads import WAITING_COLUMNS, Waiting, add_heads
from chain.models import (
    LOG_KINDS,
    Account,
    AnchorState,
    Batch,
    Commitment,
    Contract,
    Event,
    Job,
    Kind,
    RegistryEntry,
)
from chain.sender import enqueue
from chain.tree import build
from core.keys import derived_secret
from core.models import DataKey, OwnerKind

UNDER_WAY = [AnchorState.QUEUED, AnchorState.SENT]
# What the next batch takes up: leaves, and consents that no head lists yet. An erased person has
# no heads any more, so their consents wait for none.
_HAS_KEY = Exists(
    DataKey.objects.filter(
        owner_kind=OuterRef("owner_kind"), owner_id=OuterRef("owner_id"), destroyed_at=None
    )
)
WAITING = Q(batch=None, kind__in=LOG_KINDS) | Q(_HAS_KEY, head=None, kind=Kind.CONSENT)


class ForeignAppend(Exception):
    """Somebody else's root stands where our batch belongs: our key is not ours alone."""


def seal_batch() -> Batch | None:
    """Put what waits under a root, and ask for its transaction: all of it, or nothing.

    At most one batch of a log is under way at a time; an interrupted one is simply there the
    next time.
    """
    with transaction.atomic():
        log = _locked_log()
        if log is None or log.batches.filter(state__in=UNDER_WAY).exists():
            return None
        waiting = _waiting(settings.ANCHOR_BATCH_LEAVES)
        if not waiting:
            return None
        batch = _store(log, waiting)
        failpoint("batch.stored")
    failpoint("batch.committed")
    return batch


def _locked_log() -> Contract | None:
    # Without `no_key` the watcher, whose events refer to this row, would wait for a whole tree.
    rows = Contract.objects.select_for_update(no_key=True)
    return rows.filter(name=LOG, current=True).first()


def _waiting(most: int) -> list[Waiting]:
    """What waits, the urgent first, once it is enough, urgent, or has waited long enough.

    With it come consents that no person head lists yet: they are not leaves themselves.
    """
    rows = Commitment.objects.filter(WAITING)
    locked = rows.order_by("-urgent", "created_at").select_for_update(skip_locked=True)
    columns = locked.annotate(at=Cast(Extract("created_at", "epoch"), FloatField()))
    found = [Waiting(*row) for row in columns.values_list(*WAITING_COLUMNS)[:most]]
    due = time.time() - settings.ANCHOR_BATCH_SECONDS
    ripe = len(found) == most or any(row.urgent or row.at <= due for row in found)
    return _fitting(found, most) if ripe else []


def _fitting(rows: list[Waiting], most: int) -> list[Waiting]:
    """As many of the first rows as fit into one tree, with a head for each person among them."""
    people = {row.owner_id for row in rows if row.owner_kind == OwnerKind.PATIENT}
    if len(rows) + len(people) <= most:
        return rows
    return rows[: max(1, most // 2)]


def _store(log: Contract, waiting: Sequence[Waiting]) -> Batch:
    sequence = (log.batches.aggregate(last=Max("sequence"))["last"] or 0) + 1
    heads = add_heads(waiting)
    leaves: list[Waiting | Commitment] = [r for r in waiting if r.kind != Kind.CONSENT]
    leaves += heads
    tree, positions = build([bytes(c.digest) for c in leaves], batch_key(log), sequence)
    batch_id = Batch._meta.pk.get_default()
    job = enqueue(
        purpose=Account.Purpose.ANCHOR,
        to=bytes(log.address),
        data=artifact(LOG).call("append", sequence, tree.root, tree.depth),
        reason=f"anchor batch {sequence}",
        key=f"anchor:{batch_id}",
    )
    batch = Batch.objects.create(
        id=batch_id, log=log, sequence=sequence, root=tree.root, depth=tree.depth,
        count=len(leaves), nodes=tree.nodes, job=job,
    )  # fmt: skip
    consents = [row for row in waiting if row.kind == Kind.CONSENT]
    _place([(row, batch.id, place) for row, place in zip(leaves, positions, strict=True)])
    _place([(row, None, None) for row in consents])
    return batch


def batch_key(log: Contract) -> bytes:
    """Of the padding in a log's trees."""
    return derived_secret(f"batch padding {bytes(log.address).hex()}")


def _place(rows: Sequence[tuple[Waiting | Commitment, UUID | None, int | None]]) -> None:
    """Note each commitment's head, batch and position, in one statement.

    Consents have no place in a tree; what lists them is noted all the same.
    """
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE chain_commitment AS c SET head_id = p.head_id, batch_id = p.batch_id, "
            "position = p.position "
            "FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[], %s::int[]) "
            "AS p(id, head_id, batch_id, position) WHERE c.id = p.id",
            [
                [row.id for row, _, _ in rows],
                [row.head_id for row, _, _ in rows],
                [batch for _, batch, _ in rows],
                [position for _, _, position in rows],
            ],
        )


# -- what the chain says ---------------------------------------------------------------------------


def appended(events: Sequence[Event]) -> None:
    """Our roots are in a block: the batches are mined."""
    for event in events:
        batch, args = _batch_of(event), event.args
        if bytes(batch.root).hex() != args["root"][2:] or batch.depth != args["depth"]:
            raise ForeignAppend(f"sequence {args['n']} of {event.contract.name}")
        batch.seen_in(event)
        _save(batch)


def unappended(events: Sequence[Event]) -> None:
    """The block died: the batches are under way again."""
    for event in events:
        batch = _batch_of(event)
        batch.unseen()
        _save(batch)


def _save(batch: Batch) -> None:
    loaded = {f.attname for f in Batch._meta.concrete_fields} - batch.get_deferred_fields()
    batch.save(update_fields=loaded - {"id"})


def _batch_of(event: Event) -> Batch:
    try:
        rows = Batch.objects.select_for_update().defer("nodes")
        return rows.get(log=event.contract, sequence=event.args["n"])
    except Batch.DoesNotExist:
        raise ForeignAppend(f"sequence {event.args['n']} of {event.contract.name}") from None


def is_anchored(job: Job) -> bool:
    """Whether the job's batch is on the chain."""
    return job.batch_set.exclude(state__in=UNDER_WAY).exists()


def mark_sent(job: Job) -> None:
    """The job's batch has left."""
    job.batch_set.filter(state=AnchorState.QUEUED).update(state=AnchorState.SENT)


def awaited() -> bool:
    """Whether anything waits for a further block."""
    anchored = (Batch.objects, RegistryEntry.objects)
    return (
        any(rows.exclude(state=AnchorState.FINAL).exists() for rows in anchored)
        or Job.objects.exclude(state=Job.State.FINAL).exists()
    )


def all_final() -> bool:
    """Whether everything that was ever committed to is on the chain for good."""
    leaves = Commitment.objects.filter(batch=None, kind__in=LOG_KINDS)
    return not (awaited() or leaves.exists())
