"""Locks that hold for a database transaction, whichever process asks."""

from django.db import connection

# Any constants, as long as nobody else in this database uses them.
_WATCHING = 0x5A105001
_DEPLOYING = 0x5A105002


def watching() -> None:
    """One writer at a time of what was seen; whoever waited looks again at where the tip is."""
    _take(_WATCHING)


def deploying() -> None:
    """One deployment at a time, until the caller's transaction ends."""
    _take(_DEPLOYING)


def _take(number: int) -> None:
    assert connection.in_atomic_block, "the lock ends with the transaction"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
