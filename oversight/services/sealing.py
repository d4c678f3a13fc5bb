"""Sealing the trail: requests only insert; what is certainly complete is hashed, chained, committed.

Several workers at once are safe: one of them holds the lock. A row is complete when no transaction
that could still be writing is as old as its own. Which rows remain is found without looking at all of
them: each seal notes up to which id everything is sealed (`done_to`).

Why that holds: a transaction has its id (xid) before its rows have theirs (`NumberedTransaction`). So
whatever was going to get an id up to the last one of a seal belonged to a transaction below that
seal's `xmax`; and once all those have ended, a run that looks from the last `done_to` on takes all of
them. After a dump and restore ids of transactions begin anew: a row whose xid was not given out yet
comes from before, and is complete; and no `done_to` goes beyond a row that is seen but left.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import inf
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from chain.canonical import canonical
from chain.commitments import hex_of
from chain.models import Kind
from chain.services import Item, commit
from core.deployment import portal_urn
from core.keys import Owner, sealer_for
from oversight.models import AuditSeal
from oversight.rows import COLUMNS, instant, row_hash, rows_hash

FORMAT = "salus-audit-seal/1"
MOST = 10_000  # rows of a seal: a backlog never holds one long transaction
_SEALING = 0x5A105003  # the advisory lock; see chain/locks.py for the others

_COMPLETE = f"""
WITH now AS MATERIALIZED (
  SELECT pg_snapshot_xmin(s)::text::bigint AS xmin, pg_snapshot_xmax(s)::text::bigint AS xmax
  FROM pg_current_snapshot() AS s
)
SELECT now.xmin, now.xmax, e.xid < now.xmin OR e.xid >= now.xmax,
  {", ".join(f"e.{column}" for column in COLUMNS)}
FROM now CROSS JOIN core_auditevent AS e
LEFT JOIN oversight_auditsealed AS s ON s.event_id = e.id
WHERE e.id > %s AND s.event_id IS NULL
ORDER BY e.id LIMIT %s
"""  # noqa: S608 - our own column names  # nosec B608


@dataclass(frozen=True)
class Found:
    """Rows to be sealed together, and which transactions were under way then."""

    xmin: int
    xmax: int
    rows: list[tuple[Any, ...]]
    # No row up to this id is left: none is incomplete, and the search went that far.
    looked_to: float = inf

    @property
    def last_id(self) -> int:
        """The highest id; rows come in the order of their ids."""
        return int(self.rows[-1][0])


def seal_all(*, most: int = MOST) -> int:
    """Seal everything that is complete, some rows in each transaction; gives how many rows."""
    total = 0
    while sealed := seal_next(most=most):
        total += sealed
    return total


@transaction.atomic
def seal_next(*, most: int = MOST) -> int:
    """Make the next seal; gives its rows: none where there are none, or another worker is at it."""
    if not _locked():
        return 0
    previous = AuditSeal.objects.order_by("-number").first()
    found = _find(previous.done_to if previous else 0, most)
    if found is None:
        return 0
    _store(found, previous)
    return len(found.rows)


def _locked() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_SEALING])
        return bool(cursor.fetchone()[0])


def _find(done_to: int, most: int) -> Found | None:
    with connection.cursor() as cursor:
        cursor.execute(_COMPLETE, [done_to, most])
        seen = cursor.fetchall()
    rows = [row[3:] for row in seen if row[2]]
    if not rows:
        return None
    left = next((row[3] - 1 for row in seen if not row[2]), inf)
    end = rows[-1][0] if len(seen) == most else inf
    return Found(seen[0][0], seen[0][1], rows, min(left, end))


def _store(found: Found, previous: AuditSeal | None) -> AuditSeal:
    number, now = (previous.number + 1 if previous else 1), timezone.now()
    hashes = [row_hash(row) for row in found.rows]
    document = seal_document(
        number=number, previous=bytes(previous.hash) if previous else None, found=found,
        rows=rows_hash(hashes), at=now,
    )  # fmt: skip
    item = Item(Kind.AUDIT, seal_path(number), document)
    [commitment] = commit([item], sealer=sealer_for(Owner.portal()))
    seal = AuditSeal.objects.create(
        number=number,
        at=now,
        document=document,
        hash=sha256(document).digest(),
        count=len(found.rows),
        last_id=found.last_id,
        xmin=found.xmin,
        xmax=found.xmax,
        done_to=_done_to(found, previous),
        commitment=commitment,
    )
    _note(seal, [row[0] for row in found.rows], hashes)
    return seal


def _done_to(found: Found, previous: AuditSeal | None) -> int:
    """Up to which id nothing can be unsealed any more (see the module's text)."""
    if previous is None:
        return 0
    # Nearly always the last or the last but one; after a restore none of them, for a while.
    recent = AuditSeal.objects.filter(number__gt=previous.number - 1000, xmax__lte=found.xmin)
    settled = recent.aggregate(last=Max("last_id"))["last"] or 0
    return max(previous.done_to, int(min(settled, found.looked_to)))


def _note(seal: AuditSeal, events: list[int], hashes: list[bytes]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO oversight_auditsealed (seal_id, event_id, place, hash) "
            "SELECT %s, * FROM unnest(%s::bigint[], %s::int[], %s::bytea[])",
            [seal.number, events, list(range(len(events))), hashes],
        )


def seal_path(number: int) -> str:
    """What stands behind the portal's id in the seal's reference."""
    return f"AuditSeal/{number}"


def seal_document(
    *, number: int, previous: bytes | None, found: Found, rows: bytes, at: datetime
) -> bytes:
    """The canonical document `salus-audit-seal/1` (docs/PROOFS.md)."""
    return canonical(
        {
            "format": FORMAT,
            "portal": portal_urn(),
            "number": number,
            "previous": hex_of(previous) if previous else None,
            "count": len(found.rows),
            "rows": hex_of(rows),
            "first": found.rows[0][0],
            "last": found.last_id,
            "xmin": found.xmin,
            "xmax": found.xmax,
            "time": instant(at),
        }
    )
