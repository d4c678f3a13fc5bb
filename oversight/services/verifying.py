"""Verifying the trail: rows, seals, their commitments, and what the chain holds of them.

Every step computes again what was written down. It names the row and the seal where it can: rows by
the hashes beside them, seals by the chain of their documents, and a chain of seals that was made
anew, hashes and all, by the commitments that were anchored.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from chain.canonical import parse
from chain.checking import batch_faults
from chain.commitments import commitment, hex_of
from chain.models import AnchorState, Commitment, Kind
from chain.node import Node
from chain.services import salt_of
from core.deployment import portal_urn
from core.errors import SalusError
from core.keys import Owner, Sealer, Tampered, sealer_for
from oversight.models import AuditSeal
from oversight.rows import COLUMNS, row_hash, rows_hash
from oversight.services.sealing import FORMAT, seal_path

SEALS_AT_ONCE = 50
ROWS_AT_ONCE = 5_000
MEMBERS = {
    "format", "portal", "number", "previous", "count", "rows", "first", "last", "xmin", "xmax", "time",
}  # fmt: skip
Tell = Callable[[str, int], object]


@dataclass(frozen=True)
class Fault:
    """Something that is not as it was sealed."""

    text: str
    seal: int | None = None
    event: int | None = None

    def __str__(self) -> str:
        parts = [f"row {self.event}"] if self.event is not None else []
        parts += [f"seal {self.seal}"] if self.seal is not None else []
        return f"{', '.join(parts)}: {self.text}" if parts else self.text


@dataclass
class Tally:
    """What was looked at; filled while the faults are drawn."""

    seals: int = 0
    rows: int = 0
    unsealed: int = 0
    not_final: int = 0


@dataclass
class _Ranges:
    """How far the seals reached, one after the other, and what was under way then."""

    numbers: list[int] = field(default_factory=list)
    horizons: list[int] = field(default_factory=list)  # the highest id of this seal or one before
    bounds: list[tuple[int, int]] = field(default_factory=list)

    @property
    def end(self) -> int:
        """The highest id that was sealed."""
        return self.horizons[-1] if self.horizons else 0

    def add(self, number: int, last_id: int, xmin: int, xmax: int) -> None:
        """The next seal."""
        self.numbers.append(number)
        self.horizons.append(max(last_id, self.end))
        self.bounds.append((xmin, xmax))

    def late(self, event_id: int, xid: int, sealed_by: int | None) -> Fault | None:
        """A row within a range that its seal did not take: only who was under way then may be."""
        place = bisect_left(self.horizons, event_id)
        if place == len(self.numbers) or self.numbers[place] == sealed_by:
            return None
        xmin, xmax = self.bounds[place]
        if xmin <= xid < xmax:
            return None
        return Fault(
            "was added to a range that had been sealed without it", self.numbers[place], event_id
        )


def verify(
    node: Node, *, since: int = 1, tally: Tally, tell: Tell = lambda _what, _count: None
) -> Iterator[Fault]:
    """All that is wrong, from a seal on; read in one snapshot. Raises ChainUnavailable."""
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        ranges = _Ranges()
        yield from _seal_faults(since, ranges, tally, tell)
        yield from _missing_seals(ranges)
        yield from _unsealed(ranges, since, tally)
        yield from _chain_faults(node, since, tell)


# -- seals -----------------------------------------------------------------------------------------


def _seal_faults(since: int, ranges: _Ranges, tally: Tally, tell: Tell) -> Iterator[Fault]:
    sealer, previous = sealer_for(Owner.portal()), None
    seals = AuditSeal.objects.select_related("commitment__batch").defer("commitment__batch__nodes")
    for chunk in _chunks(seals.order_by("number").iterator(chunk_size=SEALS_AT_ONCE)):
        rows = _rows_of([seal for seal in chunk if seal.number >= since])
        for seal in chunk:
            said = _said(seal)
            if seal.number >= since:
                yield from _document_faults(seal, said, previous)
                yield from _commitment_faults(seal, sealer, tally)
            # Reached before its own rows are looked at: a row of its own is never late for it.
            ranges.add(seal.number, *(_number(said, m) for m in ("last", "xmin", "xmax")))
            if seal.number >= since:
                yield from _row_faults(seal, said, rows.get(seal.number, []), ranges)
                tally.seals, tally.rows = tally.seals + 1, tally.rows + seal.count
                tell("rows", seal.count)
            previous = seal


def _chunks(rows: Iterator[AuditSeal]) -> Iterator[list[AuditSeal]]:
    """A few seals at a time, of not too many rows altogether."""
    chunk: list[AuditSeal] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == SEALS_AT_ONCE or sum(seal.count for seal in chunk) > ROWS_AT_ONCE:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def _said(seal: AuditSeal) -> dict[str, Any]:
    """The document's members; none where it can't be read."""
    try:
        said = parse(bytes(seal.document))
    except SalusError:
        return {}
    return said if isinstance(said, dict) and set(said) == MEMBERS else {}


def _number(said: dict[str, Any], member: str) -> int:
    value = said.get(member)
    return value if isinstance(value, int) else 0


def _document_faults(
    seal: AuditSeal, said: dict[str, Any], previous: AuditSeal | None
) -> Iterator[Fault]:
    before = hex_of(previous.hash) if previous else None
    if seal.number != (previous.number + 1 if previous else 1):
        yield Fault("the seal before it is missing", seal.number)
    elif said.get("previous") != before:
        yield Fault("does not follow the seal before it", seal.number)
    if sha256(bytes(seal.document)).digest() != bytes(seal.hash):
        yield Fault("its document was changed", seal.number)
    expected = {
        "format": FORMAT, "portal": portal_urn(), "number": seal.number, "count": seal.count,
        "last": seal.last_id, "xmin": seal.xmin, "xmax": seal.xmax,
    }  # fmt: skip
    if any(said.get(member) != value for member, value in expected.items()):
        yield Fault("its document and the columns beside it differ", seal.number)


def _commitment_faults(seal: AuditSeal, sealer: Sealer, tally: Tally) -> Iterator[Fault]:
    row = seal.commitment
    if row.state != AnchorState.FINAL:
        tally.not_final += 1
    reference = f"{portal_urn()}/{seal_path(seal.number)}"
    try:
        digest = commitment(
            salt=salt_of(row, sealer), kind=Kind.AUDIT, reference=reference,
            document=bytes(seal.document),
        )  # fmt: skip
    except (Tampered, ValueError):
        digest = b""
    if digest != bytes(row.digest) or (row.kind, row.reference) != (Kind.AUDIT, reference):
        batch = row.batch
        where = f"batch {batch.sequence} on the chain" if batch else "the outbox"
        yield Fault(f"is not the one whose commitment stands in {where}", seal.number)


def _missing_seals(ranges: _Ranges) -> Iterator[Fault]:
    """Commitments to seals that are not there: the newest were cut off."""
    begin = f"{portal_urn()}/AuditSeal/"
    rows = Commitment.objects.filter(kind=Kind.AUDIT, audit_seal=None)
    for reference in rows.values_list("reference", flat=True).iterator():
        number = reference.removeprefix(begin)
        yield Fault(
            "is missing; its commitment is there", int(number) if number.isdigit() else None
        )


# -- rows ------------------------------------------------------------------------------------------

_ROWS = f"""
SELECT s.seal_id, s.event_id, s.place, s.hash, {", ".join(f"e.{column}" for column in COLUMNS)}
FROM oversight_auditsealed AS s LEFT JOIN core_auditevent AS e ON e.id = s.event_id
WHERE s.seal_id = ANY(%s) ORDER BY s.seal_id, s.place
"""  # noqa: S608 - our own column names  # nosec B608


def _rows_of(seals: list[AuditSeal]) -> dict[int, list[tuple[Any, ...]]]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, [[seal.number for seal in seals]])
        found = cursor.fetchall()
    return {number: list(rows) for number, rows in groupby(found, key=lambda row: row[0])}


def _row_faults(
    seal: AuditSeal, said: dict[str, Any], rows: list[tuple[Any, ...]], ranges: _Ranges
) -> Iterator[Fault]:
    named = False
    for _seal, event_id, _place, noted, *values in rows:
        if values[0] is None:
            fault: Fault | None = Fault("was deleted", seal.number, event_id)
        elif row_hash(values) != bytes(noted):
            fault = Fault("was changed", seal.number, event_id)
        else:
            fault = ranges.late(event_id, values[-1], seal.number)
        if fault is not None:
            named = True
            yield fault
    hashes = [bytes(row[3]) for row in rows]
    places = [row[2] for row in rows]
    if places != list(range(seal.count)):
        gap = next((p for p in range(seal.count) if p not in set(places)), seal.count)
        yield Fault(f"has not the rows it was made of: see place {gap}", seal.number)
    elif hex_of(rows_hash(hashes)) != said.get("rows") and not named:
        yield Fault(
            "its rows, or the hashes noted beside them, are not those it was made of", seal.number
        )


_UNSEALED = """
SELECT e.id, e.xid FROM core_auditevent AS e
LEFT JOIN oversight_auditsealed AS s ON s.event_id = e.id
WHERE s.event_id IS NULL AND e.id > %s
"""


def _unsealed(ranges: _Ranges, since: int, tally: Tally) -> Iterator[Fault]:
    """Rows without a seal: the newest, and those that nobody of ours wrote."""
    place = bisect_left(ranges.numbers, since)
    begin = ranges.horizons[place - 1] if place else 0
    with connection.cursor() as cursor:
        cursor.execute(_UNSEALED, [begin])
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            for event_id, xid in rows:
                if (fault := ranges.late(event_id, xid, None)) is not None:
                    yield fault
                else:
                    tally.unsealed += 1


# -- the chain -------------------------------------------------------------------------------------


def _chain_faults(node: Node, since: int, tell: Tell) -> Iterator[Fault]:
    first = AuditSeal.objects.filter(number__gte=since, commitment__batch__isnull=False)
    sequence = (
        first.order_by("number").values_list("commitment__batch__sequence", flat=True).first()
    )
    for fault in batch_faults(node, since=sequence or 1, tell=lambda n: tell("batches", n)):
        text = f"batch {fault.sequence} differs from the chain: {fault.text}"
        yield from (Fault(text, number) for number in _seals_in(fault.batch_id))


def _seals_in(batch_id: UUID) -> list[int | None]:
    """The seals that a batch carries; None, where the database knows of none."""
    rows = AuditSeal.objects.filter(commitment__batch=batch_id).order_by("number")
    return list(rows.values_list("number", flat=True)) or [None]
