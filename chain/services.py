"""What other apps know of the ledger: `commit`, `proof` and who may see one."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from chain.commitments import SALT, commitment
from chain.errors import NotFinal
from chain.failpoints import failpoint
from chain.models import AnchorState, Commitment, Kind
from chain.tree import NODE, path_offsets
from core.deployment import portal_urn
from core.keys import Owner, Sealer, sealer_for
from core.models import OwnerKind

FORMAT = "salus-proof/1"
_REFERENCE = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True)
class Item:
    """One document to commit to; `path` follows the portal's id in the reference."""

    kind: Kind
    path: str
    document: bytes

    @property
    def reference(self) -> str:
        """`urn:uuid:<portal>/<path>`; raises ValueError where the proof format forbids it."""
        reference = f"{portal_urn()}/{self.path}"
        if not _REFERENCE.fullmatch(reference):
            raise ValueError("a reference is visible ASCII, 200 characters at most")
        return reference


def commit(items: Sequence[Item], *, sealer: Sealer) -> list[Commitment]:
    """Commit to documents of one owner, in the caller's transaction; they are anchored later."""
    assert connection.in_atomic_block, "a commitment belongs to the transaction of what it is about"
    rows = [_commitment(item, sealer) for item in items]
    Commitment.objects.bulk_create(rows)
    failpoint("commit.stored")
    return rows


def _commitment(item: Item, sealer: Sealer) -> Commitment:
    salt, reference = os.urandom(SALT), item.reference
    return Commitment(
        kind=item.kind,
        reference=reference,
        digest=commitment(salt=salt, kind=item.kind, reference=reference, document=item.document),
        sealed_salt=sealer.seal(salt, _context(item.kind, reference)),
        owner_kind=sealer.owner.kind,
        owner_id=sealer.owner.id,
    )


def _context(kind: str, reference: str) -> str:
    return f"salt {kind} {reference}"


def proof(row: Commitment, document: bytes) -> dict[str, Any]:
    """The proof file of a document (DESIGN section 4); raises NotFinal before the seal is final."""
    import base64

    batch = row.batch
    if batch is None or batch.state != AnchorState.FINAL or row.position is None:
        raise NotFinal(row.state)
    sealer = sealer_for(Owner(OwnerKind(row.owner_kind), row.owner_id))
    salt = sealer.open(bytes(row.sealed_salt), _context(row.kind, row.reference))
    return {
        "format": FORMAT,
        "portal": portal_urn(),
        "kind": row.kind,
        "reference": row.reference,
        "document": base64.b64encode(document).decode(),
        "salt": hex_of(salt),
        "commitment": hex_of(row.digest),
        "path": [hex_of(node) for node in path_of(batch.id, row.position, batch.depth)],
        "root": hex_of(batch.root),
        "batch": {
            "sequence": batch.sequence,
            "previous_head": hex_of(_previous_head(row)),
            "depth": batch.depth,
            "time": batch.time,
            "head": hex_of(batch.head),
        },
        "chain": {
            "id": batch.log.chain_id,
            "contract": hex_of(batch.log.address),
            "transaction": hex_of(batch.transaction_hash),
            "block_number": batch.block_number,
            "block_hash": hex_of(batch.block_hash),
        },
    }


def _previous_head(row: Commitment) -> bytes:
    from chain.commitments import genesis_head

    assert row.batch is not None
    log = row.batch.log
    if row.batch.sequence == 1:
        return genesis_head(log.chain_id, bytes(log.address))
    previous = log.batches.values_list("head", flat=True).get(sequence=row.batch.sequence - 1)
    return bytes(previous or b"")


def path_of(batch_id: UUID, position: int, depth: int) -> list[bytes]:
    """The siblings of a leaf, read from the stored tree without loading all of it."""
    offsets = path_offsets(position, depth)
    columns = ", ".join(["substr(nodes, %s, %s)"] * depth)
    parameters: list[Any] = [part for o in offsets for part in (o + 1, NODE)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM chain_batch WHERE id = %s",  # noqa: S608 - only placeholders
            [*parameters, batch_id],
        )
        return [bytes(node) for node in cursor.fetchone()]


def hex_of(value: bytes | memoryview | None) -> str:
    """Lower case, with 0x."""
    return "0x" + bytes(value or b"").hex()


# -- who may see a proof ---------------------------------------------------------------------------

# Gives the document of a commitment, or raises NotFound for who may not see it.
DocumentGate = Callable[[Any, Commitment], bytes]
_gates: dict[str, DocumentGate] = {}


def guard_documents(kind: Kind, gate: DocumentGate) -> None:
    """At start-up: the app that owns a kind says who may see its documents."""
    _gates[kind] = gate


def document_for(viewer: Any, row: Commitment) -> bytes:
    """The committed document, through its owner's gate; raises NotFound."""
    return _gates[row.kind](viewer, row)


def commitment_for(pk: UUID) -> Commitment | None:
    """A commitment with its batch, without the batch's tree."""
    rows = Commitment.objects.select_related("batch__log").defer("batch__nodes")
    return rows.filter(pk=pk).first()
