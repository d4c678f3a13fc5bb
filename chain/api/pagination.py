"""Cursors over the ledger's lists, in the order of its pages."""

from core.paging import CursorPages


class BatchPages(CursorPages):
    """By sequence."""

    ordering = "-sequence"


class JobPages(CursorPages):
    """By when they were asked for."""

    ordering = ("-created_at", "-id")  # type: ignore[assignment]


class ConsentPages(CursorPages):
    """By their place on the chain; a block may hold thousands of them."""

    ordering = ("-block_number", "-log_index")  # type: ignore[assignment]
    offset_cutoff = 100_000


class ReorgPages(CursorPages):
    """By when they were seen."""

    ordering = "-id"
