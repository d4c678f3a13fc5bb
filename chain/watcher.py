"""The watcher: reads the chain block by block, and believes nothing that is not linked.

One database transaction per block: block, logs, handlers. After a reorg the events of the blocks
that died are marked, never deleted, and the handlers' `undo` runs, newest first.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.db import transaction
from django.utils import timezone

from chain.artifacts import artifact
from chain.commitments import hex_of
from chain.errors import ChainMismatch
from chain.failpoints import failpoint
from chain.locks import watching
from chain.models import AnchorState, Batch, Block, Contract, Event, RegistryEntry, Reorg
from chain.node import Header, Log, Node, Refused
from chain.sender import finalize_jobs, orphan_transactions

logger = logging.getLogger(__name__)

RANGE = 5000  # blocks per query below finality, fewer where the node refuses so many
BEHIND = 2  # from how many final blocks on a range is read instead

# Gets the events of one name that follow each other, oldest first; for `undo`, newest first.
Handler = Callable[[Sequence[Event]], None]


@dataclass(frozen=True)
class Subscription:
    """What an app does when an event of a contract is seen, and when it turns out orphaned."""

    contract: str
    event: str
    apply: Handler
    undo: Handler


_subscriptions: dict[tuple[str, str], list[Subscription]] = {}


def subscribe(contract: str, event: str, *, apply: Handler, undo: Handler) -> None:
    """Register handlers, at start-up; both run in the block's database transaction."""
    wanted = Subscription(contract, event, apply, undo)
    _subscriptions.setdefault((contract, event), []).append(wanted)


def catch_up(node: Node, *, most: int = 50_000) -> int:
    """Read on from the last block known, at most `most` blocks; gives how many were read."""
    contracts = list(Contract.objects.filter(current=True))
    if not contracts:
        return 0
    read, final = 0, node.finalized()
    while read < most:
        step = _step(node, contracts, final)
        if step == 0:
            break
        read += step
    mark_final(final)
    failpoint("final.committed")
    return read


def _step(node: Node, contracts: list[Contract], final: int) -> int:
    """Read one block, or one range below finality; gives how many blocks, 0 at the tip."""
    tip = _tip()
    number = tip.number + 1 if tip else min(c.deploy_block for c in contracts)
    if final - number > BEHIND:
        return _read_range(node, contracts, tip, number, min(final, number + RANGE - 1))
    header = node.header(number)
    if header is None:
        # The chain may have become shorter than what we know.
        return _roll_back(node) if tip is not None and _differs(node, tip) else 0
    if tip is not None and header.parent_hash != bytes(tip.hash):
        return _roll_back(node)
    logs = node.logs_of_block([bytes(c.address) for c in contracts], header.hash)
    _store(contracts, tip, header, logs)
    failpoint("block.committed")
    return 1


def _tip() -> Block | None:
    return Block.objects.order_by("-number").first()


def _read_range(
    node: Node, contracts: list[Contract], tip: Block | None, first: int, last: int
) -> int:
    if tip is not None and _differs(node, tip):
        return _roll_back(node)
    addresses = [bytes(c.address) for c in contracts]
    while True:
        try:
            logs = node.logs_between(addresses, first, last)
            break
        except Refused:
            if first == last:
                raise
            last = first + (last - first) // 2  # nodes limit blocks or logs per answer
    header = node.header(last)
    if header is None:
        return 0
    _store(contracts, tip, header, logs)
    failpoint("block.committed")
    return last - first + 1


def _differs(node: Node, block: Block) -> bool:
    seen = node.header(block.number)
    return seen is None or seen.hash != bytes(block.hash)


@transaction.atomic
def _store(contracts: list[Contract], tip: Block | None, header: Header, logs: list[Log]) -> None:
    """Keep a block (or the last one of a range) with its logs, and run the handlers."""
    watching()
    if not _still(tip):
        return  # another worker was faster
    Block.objects.create(
        number=header.number, hash=header.hash, parent_hash=header.parent_hash, time=header.time
    )
    by_address = {bytes(c.address): c for c in contracts}
    ordered = sorted(logs, key=lambda log: (log.block_number, log.index))
    events = [event for log in ordered if (event := _decoded(by_address[log.address], log))]
    # A branch that died may come back; its events are then the same rows again.
    Event.objects.bulk_create(
        events,
        batch_size=2000,
        update_conflicts=True,
        unique_fields=["contract", "block_hash", "log_index"],
        update_fields=["orphaned"],
    )
    for subscription, group in _runs(events):
        subscription.apply(group)
    failpoint("block.stored")


def _still(tip: Block | None) -> bool:
    """Whether the newest block is still the one that was seen before the lock, by its hash."""
    now = _tip()
    return (now and bytes(now.hash)) == (tip and bytes(tip.hash))


def _decoded(contract: Contract, log: Log) -> Event | None:
    decoded = artifact(contract.name).event(log)
    if decoded is None:
        return None
    name, values = decoded
    return Event(
        contract=contract,
        block_number=log.block_number,
        block_hash=log.block_hash,
        log_index=log.index,
        transaction_hash=log.transaction_hash,
        name=name,
        args={key: hex_of(v) if isinstance(v, bytes) else v for key, v in values.items()},
    )


def _runs(events: Sequence[Event]) -> Iterator[tuple[Subscription, list[Event]]]:
    """Whose handlers to call with which events: their order is kept, like ones come together."""
    for key, group in groupby(events, key=lambda event: (event.contract.name, event.name)):
        same = list(group)
        for subscription in _subscriptions.get(key, []):
            yield subscription, same


def _roll_back(node: Node) -> int:
    """Walk back to the newest block that the node's chain still has, undoing what came after.

    Gives 1: there is more to read. Raises ChainMismatch where a final block is gone.
    """
    depth, events, lost = 0, 0, b""
    for block in Block.objects.order_by("-number"):
        if not _differs(node, block):
            _note_reorg(block.number, depth, lost, events)
            break
        if block.final:
            raise ChainMismatch(
                f"Block {block.number} was final, and the node has lost it. Set CHAIN_RPC_URL to a "
                "node of our chain; or, if the chain is lost for good, run script/server "
                "--fresh-chain: everything is then anchored again on a new one."
            )
        undone = _orphan(block)
        if undone is None:
            break  # another worker rolled back, and may have read on
        depth, events, lost = depth + 1, events + undone, lost or bytes(block.hash)
        failpoint("orphan.committed")
    return 1


@transaction.atomic
def _orphan(block: Block) -> int | None:
    """Take back the newest block; gives how many events died, None where it is not the newest."""
    watching()
    if not _still(block):
        return None
    rows = Event.objects.filter(block_hash=block.hash, orphaned=False)
    events = list(rows.select_related("contract").order_by("-log_index"))
    for subscription, group in _runs(events):
        subscription.undo(group)
    rows.update(orphaned=True)
    Block.objects.filter(pk=block.pk).delete()
    orphan_transactions(block.number)
    failpoint("orphan.stored")
    return len(events)


def _note_reorg(common: int, depth: int, lost: bytes, events: int) -> None:
    if depth:
        logger.warning("%d blocks above %d were orphaned, with %d events", depth, common, events)
        Reorg.objects.create(common_block=common, depth=depth, lost_hash=lost, events=events)


@transaction.atomic
def mark_final(number: int) -> None:
    """Blocks up to `number` are final; older ones than the last are not needed any more."""
    watching()
    last = Block.objects.filter(number__lte=number).order_by("-number").first()
    if last is None or last.final:
        return
    Block.objects.filter(pk=last.pk).update(final=True)
    Block.objects.filter(number__lt=last.number).delete()
    for anchored in (Batch, RegistryEntry):
        mined = anchored.objects.filter(state=AnchorState.MINED, block_number__lte=last.number)
        mined.update(state=AnchorState.FINAL, final_at=timezone.now())
    finalize_jobs(last.number)
    failpoint("final.stored")
