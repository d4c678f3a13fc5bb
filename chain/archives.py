"""Everything of one person in one file that strangers can check: `salus-archive/1` (docs/PROOFS.md)."""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Any
from uuid import UUID

from chain.commitments import hex_of
from chain.errors import NotFinal
from chain.models import AnchorState, Batch, Commitment, Contract, Kind
from chain.proofs import previous_head, proof
from chain.services import Disclosed, salt_of
from chain.tree import NODE
from core.deployment import portal_urn

ARCHIVE, TREE = "salus-archive/1", "salus-tree/1"
README = """\
This is everything that {portal}
holds of {person}, with what it takes to check it without trusting Salus.

  archive.json   what is here, and under which seal
  tree.json      how the seals lead to entries of the public log
  documents/     the documents themselves, byte for byte as they were sealed
  consents/      decisions about sharing, each with its proof

To check all of it: python salus_verify.py THIS-FILE.zip --trust TRUST.json --rpc URL
Get the trust file from somewhere else than this file. docs/PROOFS.md says how it works.
"""


@dataclass
class _Contents:
    """What the two lists of an archive are made from."""

    items: list[dict[str, Any]] = field(default_factory=list)
    consents: list[str] = field(default_factory=list)
    missing: list[dict[str, str]] = field(default_factory=list)
    places: dict[UUID, set[int]] = field(default_factory=lambda: defaultdict(set))


def write_archive(
    file: IO[bytes], *, person: UUID, log: Contract, found: Iterable[tuple[Commitment, Disclosed]]
) -> Mapping[str, int]:
    """Write the archive of what was found of a person; gives how much of each is in it.

    What is not final yet is named as missing. Documents are written as they come, one at a time.
    """
    contents = _Contents()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for row, disclosed in found:
            if row.kind == Kind.CONSENT:
                _add_consent(zipped, contents, row, disclosed)
            elif row.batch is None or row.batch.state != AnchorState.FINAL:
                _add_missing(contents, row)
            else:
                _add_item(zipped, contents, row, disclosed)
        words = {"portal": portal_urn(), "person": f"Patient/{person}"}
        listing = {
            "format": ARCHIVE,
            **words,
            "made_at": _now(),
            "items": contents.items,
            "consents": contents.consents,
            "missing": contents.missing,
        }
        _write_json(zipped, "archive.json", listing)
        _write_json(zipped, "tree.json", _tree(log, contents.places))
        zipped.writestr("README.txt", README.format(**words))
    return {
        "items": len(contents.items),
        "consents": len(contents.consents),
        "missing": len(contents.missing),
        "batches": len(contents.places),
    }


def _add_item(
    zipped: zipfile.ZipFile, contents: _Contents, row: Commitment, disclosed: Disclosed
) -> None:
    assert row.batch is not None
    assert row.position is not None
    name = _document_name(row.reference, len(contents.items))
    zipped.writestr(name, disclosed.document)
    contents.items.append(
        {
            "kind": row.kind,
            "reference": row.reference,
            "salt": hex_of(salt_of(row)),
            "commitment": hex_of(row.digest),
            "document": name,
            "batch": row.batch.sequence,
            "position": row.position,
        }
    )
    contents.places[row.batch.pk].add(row.position)


def _add_consent(
    zipped: zipfile.ZipFile, contents: _Contents, row: Commitment, disclosed: Disclosed
) -> None:
    try:
        body = proof(row, disclosed)
    except NotFinal:
        _add_missing(contents, row)
        return
    name = f"consents/{row.reference.split('/')[2]}.json"
    _write_json(zipped, name, body)
    contents.consents.append(name)


def _add_missing(contents: _Contents, row: Commitment) -> None:
    contents.missing.append({"commitment": hex_of(row.digest), "reason": "not-final"})


def _document_name(reference: str, number: int) -> str:
    """By type, numbered: ids that differ in case alone would be one file on some systems."""
    return f"documents/{reference.split('/')[1]}/{number:06}.json"


def _write_json(zipped: zipfile.ZipFile, name: str, body: object) -> None:
    zipped.writestr(name, json.dumps(body, indent=1) + "\n")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


# -- the shared tree -------------------------------------------------------------------------------


def _tree(log: Contract, places: Mapping[UUID, set[int]]) -> dict[str, Any]:
    rows = Batch.objects.filter(pk__in=places).select_related("log").order_by("sequence")
    return {
        "format": TREE,
        "portal": portal_urn(),
        "chain": {"id": log.chain_id, "contract": hex_of(log.address)},
        "batches": [_entry(batch, places[batch.pk]) for batch in rows.iterator(chunk_size=1)],
    }


def _entry(batch: Batch, positions: set[int]) -> dict[str, Any]:
    return {
        "sequence": batch.sequence,
        "depth": batch.depth,
        "time": batch.time,
        "root": hex_of(batch.root),
        "previous_head": hex_of(previous_head(batch)),
        "head": hex_of(batch.head),
        "nodes": _shared_nodes(bytes(batch.nodes), batch.depth, positions),
    }


def _shared_nodes(nodes: bytes, depth: int, positions: set[int]) -> dict[str, str]:
    """The siblings that can't be computed from the leaves at these positions, each once."""
    found, start, known = {}, 0, positions
    for level in range(depth):
        for index in sorted({i ^ 1 for i in known} - known):
            at = (start + index) * NODE
            found[f"{level}:{index}"] = hex_of(nodes[at : at + NODE])
        start += 2 ** (depth - level)
        known = {index // 2 for index in known}
    return found
