"""The watcher: reads the chain block by block, and believes nothing that is not linked.

One database transaction per block: block, logs, handlers. After a reorg the events of the blocks
that died are marked, never deleted, and the handlers' `undo` runs, newest first.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from django.db import transaction

from chain.artifacts import artifact
from chain.errors import ChainMismatch
from chain.failpoints import failpoint
from chain.models import Block, Contract, Event
from chain.node import Header, Log, Node, get_node

logger = logging.getLogger(__name__)

RANGE = 2000  # blocks per query below finality

Handler = Callable[[Event], None]


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


def catch_up(node: Node | None = None, *, most: int = 5000) -> int:
    """Read on from the last block known, at most `most` blocks; gives how many were read."""
    node = node or get_node()
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
    tip = Block.objects.order_by("-number").first()
    number = tip.number + 1 if tip else min(c.deploy_block for c in contracts)
    if final - number > 2:
        return _read_range(node, contracts, tip, number, min(final, number + RANGE - 1))
    header = node.header(number)
    if header is None:
        # The chain may have become shorter than what we know.
        if tip is not None and _differs(node, tip):
            _roll_back(node)
            return 1
        return 0
    if tip is not None and header.parent_hash != bytes(tip.hash):
        _roll_back(node)
        return 1
    logs = node.logs_of_block([bytes(c.address) for c in contracts], header.hash)
    _store(contracts, tip, header, logs)
    failpoint("block.committed")
    return 1


def _read_range(
    node: Node, contracts: list[Contract], tip: Block | None, first: int, last: int
) -> int:
    if tip is not None and _differs(node, tip):
        _roll_back(node)
        return 1
    header = node.header(last)
    if header is None:
        return 0
    logs = node.logs_between([bytes(c.address) for c in contracts], first, last)
    _store(contracts, tip, header, logs)
    return last - first + 1


def _differs(node: Node, block: Block) -> bool:
    seen = node.header(block.number)
    return seen is None or seen.hash != bytes(block.hash)


@transaction.atomic
def _store(contracts: list[Contract], tip: Block | None, header: Header, logs: list[Log]) -> None:
    """Keep a block (or the last one of a range) with its logs, and run the handlers."""
    lock()
    if not _still(tip):
        return  # another worker was faster
    Block.objects.create(
        number=header.number, hash=header.hash, parent_hash=header.parent_hash, time=header.time
    )
    by_address = {bytes(c.address): c for c in contracts}
    for log in sorted(logs, key=lambda log: (log.block_number, log.index)):
        _store_log(by_address[log.address], log)
    failpoint("block.stored")


def _still(tip: Block | None) -> bool:
    """Whether the newest block is still the one that was seen before the lock, by its hash."""
    now = Block.objects.order_by("-number").first()
    return (now and bytes(now.hash)) == (tip and bytes(tip.hash))


def _store_log(contract: Contract, log: Log) -> None:
    decoded = artifact(contract.name).event(log)
    if decoded is None:
        return
    name, values = decoded
    seen = Event.objects.filter(
        contract=contract, block_hash=log.block_hash, log_index=log.index, orphaned=False
    )
    if seen.exists():
        return  # applied already
    args = {key: "0x" + v.hex() if isinstance(v, bytes) else v for key, v in values.items()}
    event, _ = Event.objects.update_or_create(
        contract=contract,
        block_hash=log.block_hash,
        log_index=log.index,
        defaults={
            "block_number": log.block_number,
            "transaction_hash": log.transaction_hash,
            "name": name,
            "args": args,
            "orphaned": False,
        },
    )
    for subscription in _subscriptions.get((contract.name, name), []):
        subscription.apply(event)


def _roll_back(node: Node) -> None:
    """Walk back to the newest block that the node's chain still has; undo what came after."""
    from chain.sender import orphan_transactions

    for block in Block.objects.order_by("-number"):
        if not _differs(node, block):
            break
        if block.final:
            raise ChainMismatch(f"Block {block.number} was final, and the node has lost it.")
        with transaction.atomic():
            lock()
            if not _still(block):
                return  # another worker rolled back, and may have read on
            events = Event.objects.filter(block_hash=block.hash, orphaned=False)
            for event in events.select_related("contract").order_by("-log_index"):
                for subscription in _subscriptions.get((event.contract.name, event.name), []):
                    subscription.undo(event)
            events.update(orphaned=True)
            orphan_transactions(block.number)
            Block.objects.filter(pk=block.pk).delete()
        logger.warning("block %d was orphaned", block.number)


@transaction.atomic
def mark_final(number: int) -> None:
    """Blocks up to `number` are final; older ones than the last are not needed any more."""
    from chain.anchoring import finalize_batches
    from chain.sender import finalize_jobs

    lock()
    last = Block.objects.filter(number__lte=number).order_by("-number").first()
    if last is None or last.final:
        return
    Block.objects.filter(pk=last.pk).update(final=True)
    Block.objects.filter(number__lt=last.number).delete()
    finalize_batches(last.number)
    finalize_jobs(last.number)
    failpoint("final.stored")


def lock() -> None:
    """One watcher at a time writes; whoever waited looks again at where the tip is."""
    list(Contract.objects.select_for_update().filter(current=True).values_list("pk", flat=True))
