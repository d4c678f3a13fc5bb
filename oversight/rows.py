"""A row of the trail as bytes, `salus-audit/1` (docs/PROOFS.md): what its hash is over."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from chain.commitments import hex_of

FORMAT = "salus-audit/1"
COLUMNS = (
    "id", "at", "request", "name", "actor_id", "organisation_id", "role", "subject", "count",
    "purpose", "channel", "network", "details", "xid",
)  # fmt: skip
_MEMBERS = tuple(column.removesuffix("_id") for column in COLUMNS)
# Strings, whole numbers and null alone: the same bytes as chain.canonical gives, without its checks.
_encoder = msgspec.json.Encoder(order="sorted")


def row_bytes(values: Sequence[Any]) -> bytes:
    """The canonical bytes of a row's COLUMNS, in that order."""
    said = {name: _plain(value) for name, value in zip(_MEMBERS, values, strict=True)}
    return _encoder.encode(said | {"format": FORMAT})


def row_hash(values: Sequence[Any]) -> bytes:
    """SHA-256 of a row's bytes."""
    return sha256(row_bytes(values)).digest()


def rows_hash(hashes: Iterable[bytes]) -> bytes:
    """SHA-256 over the hashes of all rows of a seal, in their order."""
    return sha256(b"salus-audit-rows/1\x00" + b"".join(hashes)).digest()


def instant(at: datetime) -> str:
    """UTC, to the microsecond, as PostgreSQL keeps it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return instant(value)
    return hex_of(value)
