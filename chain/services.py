"""What other apps know of the ledger: `commit`, `proof` and who may see one."""

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from chain.commitments import SALT, commitment
from chain.failpoints import failpoint
from chain.models import Commitment, Kind, RegistryEntry
from core.deployment import portal_urn
from core.keys import Owner, Sealer, sealer_for
from core.models import OwnerKind

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


def commit(items: Sequence[Item], *, sealer: Sealer, urgent: bool = False) -> list[Commitment]:
    """Commit to documents of one owner, in the caller's transaction; they are anchored later.

    What is `urgent`, because a person waits for it, goes first and does not wait for company.
    """
    assert connection.in_atomic_block, "a commitment belongs to the transaction of what it is about"
    rows = [new_commitment(item, sealer, urgent=urgent) for item in items]
    Commitment.objects.bulk_create(rows)
    failpoint("commit.stored")
    return rows


def new_commitment(item: Item, sealer: Sealer, *, urgent: bool = False) -> Commitment:
    """A commitment with a salt of its own, not stored yet."""
    salt, reference = os.urandom(SALT), item.reference
    return Commitment(
        kind=item.kind,
        reference=reference,
        digest=commitment(salt=salt, kind=item.kind, reference=reference, document=item.document),
        sealed_salt=sealer.seal(salt, _context(item.kind, reference)),
        owner_kind=sealer.owner.kind,
        owner_id=sealer.owner.id,
        urgent=urgent,
    )


def salt_of(row: Commitment, sealer: Sealer | None = None) -> bytes:
    """The salt; raises KeyDestroyed where the owner's key is gone."""
    sealer = sealer or sealer_for(Owner(OwnerKind(row.owner_kind), row.owner_id))
    return sealer.open(row.sealed_salt, _context(row.kind, row.reference))


def _context(kind: str, reference: str) -> str:
    return f"salt {kind} {reference}"


# -- who may see a proof ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Ending:
    """How a consent ended: the signed statement, the revealed secret, and what carries it."""

    document: bytes
    secret: bytes
    entry: RegistryEntry


@dataclass(frozen=True)
class Disclosed:
    """What a gate lets through: the committed document, and of a consent also its end."""

    document: bytes
    ending: Ending | None = None


# Gives the document of a commitment, or raises NotFound for who may not see it.
DocumentGate = Callable[[Any, Commitment], Disclosed]
_gates: dict[str, DocumentGate] = {}


def guard_documents(kind: Kind, gate: DocumentGate) -> None:
    """At start-up: the app that owns a kind says who may see its documents."""
    _gates[kind] = gate


def document_for(viewer: Any, row: Commitment) -> Disclosed:
    """The committed document, through its owner's gate; raises NotFound."""
    return _gates[row.kind](viewer, row)


def commitment_for(pk: UUID) -> Commitment | None:
    """A commitment with what carries it, without the batch's tree."""
    rows = Commitment.objects.select_related("batch__log", "registry_entry__registry")
    return rows.defer("batch__nodes").filter(pk=pk).first()
