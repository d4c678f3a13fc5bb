"""Whether what the database says was committed is what the chain holds, in its final state.

Each batch's tree is built again from the commitments that the database has, so that one that was
changed, added or removed shows; and the log's heads are computed again and compared with the chain's.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import UUID

from chain.anchoring import batch_key
from chain.artifacts import artifact
from chain.commitments import genesis_head, next_head
from chain.continuity import check_chain
from chain.contracts import LOG
from chain.models import AnchorState, Batch, Commitment, Contract
from chain.node import Node
from chain.tree import build

AT_ONCE = 100  # batches read at once


@dataclass(frozen=True)
class BatchFault:
    """A batch that is not on the chain as the database has it."""

    sequence: int
    batch_id: UUID
    text: str


def batch_faults(
    node: Node, *, since: int = 1, tell: Callable[[int], object] = lambda _: None
) -> Iterator[BatchFault]:
    """Compare all final batches, from sequence `since` of each log on, with the chain.

    Raises ChainUnavailable, and ChainMismatch where the node serves another chain.
    """
    for log in Contract.objects.filter(name=LOG, batches__state=AnchorState.FINAL).distinct():
        check_chain(node, [log])
        yield from _faults_of(node, log, since, tell)


def _faults_of(
    node: Node, log: Contract, since: int, tell: Callable[[int], object]
) -> Iterator[BatchFault]:
    heads = _Heads(node, log)
    for batch in _final_batches(log):
        computed = heads.next(batch)
        if batch.sequence < since:
            continue
        tell(1)
        if not heads.holds(batch.sequence, computed):
            text = "the chain has another entry under its number"
            yield BatchFault(batch.sequence, batch.pk, text)
        elif _root(log, batch) != bytes(batch.root):
            text = "its commitments in the database are not those that were anchored"
            yield BatchFault(batch.sequence, batch.pk, text)


class _Heads:
    """A log's heads, computed from its batches, and compared with the chain's."""

    def __init__(self, node: Node, log: Contract) -> None:
        self.node, self.log = node, log
        self.head = genesis_head(log.chain_id, bytes(log.address))
        self.block = node.finalized()
        # The heads are chained: where the last one is right, so are all before it.
        self.all_right = self._last_is_right()

    def next(self, batch: Batch) -> bytes:
        """The head after a batch; batches must come in order."""
        self.head = next_head(
            self.head, batch.sequence, bytes(batch.root), batch.depth, batch.time or 0
        )
        return self.head

    def holds(self, sequence: int, head: bytes) -> bool:
        """Whether the chain has this head under this number."""
        return self.all_right or self._asked(sequence) == head

    def _last_is_right(self) -> bool:
        head, last = self.head, 0
        for row in _final_batches(self.log):
            head = next_head(head, row.sequence, bytes(row.root), row.depth, row.time or 0)
            last = row.sequence
        return self._asked(last) == head

    def _asked(self, sequence: int) -> bytes:
        data = artifact(LOG).call("heads", sequence)
        return self.node.call(bytes(self.log.address), data, self.block)


def _final_batches(log: Contract) -> Iterator[Batch]:
    rows = log.batches.filter(state=AnchorState.FINAL).defer("nodes").order_by("sequence")
    return rows.iterator(chunk_size=AT_ONCE)


def _root(log: Contract, batch: Batch) -> bytes | None:
    """The root of a batch's commitments as the database has them; None where there are none."""
    digests = Commitment.objects.filter(batch=batch).values_list("digest", flat=True)
    values = [bytes(digest) for digest in digests]
    return build(values, batch_key(log), batch.sequence)[0].root if values else None
