"""Reorganisations in words."""

from dataclasses import dataclass
from datetime import datetime

from chain.commitments import hex_of
from chain.models import Reorg


@dataclass(frozen=True)
class ReorgRow:
    """Blocks that the chain dropped for others."""

    id: int
    when: datetime
    common_block: int
    depth: int
    events: int
    lost_hash: str


def reorg_row(reorg: Reorg) -> ReorgRow:
    """One line of the list."""
    return ReorgRow(
        reorg.pk, reorg.seen_at, reorg.common_block, reorg.depth, reorg.events,
        hex_of(reorg.lost_hash),
    )  # fmt: skip
