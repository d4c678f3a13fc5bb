"""Batches in words."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chain.commitments import hex_of
from chain.models import AnchorState, Batch
from chain.presenters.amounts import hex_or_nothing, moment

# Words, tone and icon of a state.
STATES: dict[str, tuple[str | Promise, str, str]] = {
    AnchorState.QUEUED: (_("Waiting to be sent"), "neutral", "hourglass"),
    AnchorState.SENT: (_("Sent"), "info", "send"),
    AnchorState.MINED: (_("In a block, not final yet"), "info", "progress-check"),
    AnchorState.FINAL: (_("Final"), "good", "rosette-discount-check"),
}


@dataclass(frozen=True)
class BatchRow:
    """A batch as a list shows it."""

    sequence: int
    state: str
    words: str | Promise
    tone: str
    icon: str
    count: int | None  # None for those who may not see it: the chain shows the capacity alone
    capacity: int  # leaves of the padded tree
    when: datetime
    on_chain: bool
    block_number: int | None


@dataclass(frozen=True)
class BatchPage:
    """A batch with its identifiers; empty where the chain has not given them yet."""

    row: BatchRow
    depth: int
    root: str
    head: str
    transaction: str
    block_hash: str
    contract: str
    chain_id: int
    job: UUID | None
    unsettled: bool


def batch_row(batch: Batch, *, exact: bool) -> BatchRow:
    """One line of a list."""
    words, tone, icon = STATES[batch.state]
    on_chain = batch.time is not None
    when = moment(batch.time) if batch.time else batch.created_at
    return BatchRow(
        batch.sequence, batch.state, words, tone, icon, batch.count if exact else None,
        2**batch.depth, when, on_chain, batch.block_number,
    )  # fmt: skip


def batch_page(batch: Batch, *, exact: bool) -> BatchPage:
    """A batch's own page."""
    return BatchPage(
        row=batch_row(batch, exact=exact),
        depth=batch.depth,
        root=hex_of(batch.root),
        head=hex_or_nothing(batch.head),
        transaction=hex_or_nothing(batch.transaction_hash),
        block_hash=hex_or_nothing(batch.block_hash),
        contract=hex_of(batch.log.address),
        chain_id=batch.log.chain_id,
        job=batch.job_id,
        unsettled=batch.state != AnchorState.FINAL,
    )
