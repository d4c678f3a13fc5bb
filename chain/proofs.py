"""Proof, trust and kept-head files, as docs/PROOFS.md specifies them."""

import base64
from typing import Any
from uuid import UUID

from django.db import connection

from chain.commitments import genesis_head, hex_of, keccak256
from chain.errors import NotFinal
from chain.heads import head_document
from chain.models import AnchorState, Batch, Commitment, Contract, PersonHead
from chain.models.ledger import Anchored
from chain.services import Disclosed, Ending, salt_of
from chain.signer import PORTAL_KEY, get_signer
from chain.tree import NODE, path_offsets
from core.deployment import portal_urn

PROOF, CONSENT_PROOF = "salus-proof/1", "salus-consent-proof/1"
TRUST, KEPT_HEAD = "salus-trust/1", "salus-kept-head/1"
HEAD_DOMAIN = b"salus-head/1\x00"


def proof(row: Commitment, disclosed: Disclosed) -> dict[str, Any]:
    """The proof file of a document; raises NotFinal before what carries it is final."""
    if row.batch is not None:
        return _log_proof(row, row.batch, disclosed.document)
    return _consent_proof(row, disclosed)


def _sealed(row: Commitment, document: bytes) -> dict[str, Any]:
    """What every proof begins with: the document and how it gives the commitment."""
    return {
        "portal": portal_urn(),
        "kind": row.kind,
        "reference": row.reference,
        "document": base64.b64encode(document).decode(),
        "salt": hex_of(salt_of(row)),
        "commitment": hex_of(row.digest),
    }


def _log_proof(row: Commitment, batch: Batch, document: bytes) -> dict[str, Any]:
    if batch.state != AnchorState.FINAL or row.position is None:
        raise NotFinal(row.state)
    return {
        "format": PROOF,
        **_sealed(row, document),
        "path": [hex_of(node) for node in path_of(batch.id, row.position, batch.depth)],
        "root": hex_of(batch.root),
        "batch": {
            "sequence": batch.sequence,
            "previous_head": hex_of(previous_head(batch)),
            "depth": batch.depth,
            "time": batch.time,
            "head": hex_of(batch.head),
        },
        "chain": _place(batch.log, batch),
    }


def _consent_proof(row: Commitment, disclosed: Disclosed) -> dict[str, Any]:
    granted = getattr(row, "registry_entry", None)
    if granted is None or granted.state != AnchorState.FINAL:
        raise NotFinal(row.state)
    return {
        "format": CONSENT_PROOF,
        **_sealed(row, disclosed.document),
        "chain": _place(granted.registry, granted),
        "granted_at": granted.time,
        "revocation": _revocation(disclosed.ending),
    }


def _revocation(ending: Ending | None) -> dict[str, Any] | None:
    if ending is None:
        return None
    if ending.entry.state != AnchorState.FINAL:
        # A proof that says “given” while the end is on its way would soon be a lie.
        raise NotFinal(ending.entry.state)
    return {
        "document": base64.b64encode(ending.document).decode(),
        "secret": hex_of(ending.secret),
        "revoked_at": ending.entry.time,
        **_block(ending.entry),
    }


def _place(contract: Contract, anchored: Anchored) -> dict[str, Any]:
    return {"id": contract.chain_id, "contract": hex_of(contract.address), **_block(anchored)}


def _block(anchored: Anchored) -> dict[str, Any]:
    return {
        "transaction": hex_of(anchored.transaction_hash),
        "block_number": anchored.block_number,
        "block_hash": hex_of(anchored.block_hash),
    }


def previous_head(batch: Batch) -> bytes:
    """The log's head before a batch."""
    if batch.sequence == 1:
        return genesis_head(batch.log.chain_id, bytes(batch.log.address))
    heads = batch.log.batches.values_list("head", flat=True)
    return bytes(heads.get(sequence=batch.sequence - 1) or b"")


def path_of(batch_id: UUID, position: int, depth: int) -> list[bytes]:
    """The siblings of a leaf, read from the stored tree without loading all of it (ADR 0007)."""
    offsets = path_offsets(position, depth)
    columns = ", ".join(["substr(nodes, %s, %s)"] * depth)
    parameters: list[Any] = [part for o in offsets for part in (o + 1, NODE)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM chain_batch WHERE id = %s",  # noqa: S608 - only placeholders  # nosec B608
            [*parameters, batch_id],
        )
        return [bytes(node) for node in cursor.fetchone()]


# -- what a verifier pins, and what a person keeps -------------------------------------------------


def trust_file(log: Contract, registry: Contract | None) -> dict[str, Any]:
    """What a verifier pins."""
    trust: dict[str, Any] = {
        "format": TRUST,
        "portal": portal_urn(),
        "chain_id": log.chain_id,
        "genesis_hash": hex_of(log.genesis_hash),
        "log": hex_of(log.address),
        "deploy_block": log.deploy_block,
        "code_hash": hex_of(log.code_hash),
    }
    if registry is not None:
        trust["registry"] = {
            "address": hex_of(registry.address),
            "deploy_block": registry.deploy_block,
            "code_hash": hex_of(registry.code_hash),
        }
    return trust | {"signers": [hex_of(key) for key in get_signer().public_keys(PORTAL_KEY)]}


def kept_head(head: PersonHead) -> dict[str, Any]:
    """A person's newest head, signed by the portal: with it they see if anything is left out."""
    row = head.commitment
    signed = keccak256(HEAD_DOMAIN + bytes(row.digest))
    signature = get_signer().sign_digest(PORTAL_KEY, signed)
    sealed = _sealed(row, head_document(head))
    del sealed["kind"]
    return {
        "format": KEPT_HEAD,
        **sealed,
        "signature": {
            "public_key": hex_of(signature.public_key),
            "value": hex_of(signature.value),
        },
    }
