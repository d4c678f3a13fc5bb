"""The ledger in words: for its pages, for the verify page, and as proof and trust files."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chain.errors import NotFinal
from chain.models import AnchorState, Batch, Commitment, Contract
from chain.services import hex_of, proof
from core.deployment import portal_urn
from core.errors import NotFound
from core.keys import KeyDestroyed

MEDIA_TYPE = "application/vnd.salus.proof+json"
TRUST_FORMAT = "salus-trust/1"
RETRY_AFTER = 2  # seconds until it is worth asking for a proof again

# Words, tone and icon of a state.
STATES: dict[str, tuple[str | Promise, str, str]] = {
    AnchorState.QUEUED: (gettext_lazy("Waiting to be sent"), "neutral", "hourglass"),
    AnchorState.SENT: (gettext_lazy("Sent"), "info", "send"),
    AnchorState.MINED: (gettext_lazy("In a block, not final yet"), "info", "progress-check"),
    AnchorState.FINAL: (gettext_lazy("Final"), "good", "rosette-discount-check"),
}


@dataclass(frozen=True)
class BatchRow:
    """A batch as the explorer shows it."""

    sequence: int
    count: int
    capacity: int  # leaves of the padded tree: what the chain itself shows
    words: str | Promise
    tone: str
    icon: str
    when: datetime
    on_chain: bool
    block_number: int | None


@dataclass(frozen=True)
class BatchPage:
    """A batch with its identifiers; empty where the chain has not given them yet."""

    row: BatchRow
    depth: int
    root: str
    head: str
    transaction: str
    block_hash: str
    contract: str
    chain_id: int


def batch_row(batch: Batch) -> BatchRow:
    """One line of the explorer."""
    words, tone, icon = STATES[batch.state]
    on_chain = batch.time is not None
    when = datetime.fromtimestamp(batch.time, UTC) if batch.time else batch.created_at
    return BatchRow(
        batch.sequence, batch.count, 2**batch.depth, words, tone, icon, when, on_chain,
        batch.block_number,
    )  # fmt: skip


def batch_page(batch: Batch, log: Contract) -> BatchPage:
    """A batch's own page."""
    return BatchPage(
        row=batch_row(batch),
        depth=batch.depth,
        root=hex_of(batch.root),
        head=_hex_or_nothing(batch.head),
        transaction=_hex_or_nothing(batch.transaction_hash),
        block_hash=_hex_or_nothing(batch.block_hash),
        contract=hex_of(log.address),
        chain_id=log.chain_id,
    )


def _hex_or_nothing(value: bytes | memoryview | None) -> str:
    return hex_of(value) if value else ""


def proof_response(row: Commitment, document: bytes) -> HttpResponse:
    """The proof file to keep; 202 with its state before the seal is final; raises NotFound.

    Select `batch__log` along with the row, and defer `batch__nodes`: a tree has megabytes.
    """
    try:
        body = proof(row, document)
    except NotFinal as error:
        headers = {"Retry-After": str(RETRY_AFTER)}
        return JsonResponse({"state": error.state}, status=202, headers=headers)
    except KeyDestroyed:
        raise NotFound from None  # erased: without the salt there is no proof any more
    name = f"salus-proof-{str(row.pk)[:8]}.json"
    return HttpResponse(
        json.dumps(body, indent=1) + "\n",
        content_type=MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def trust_file(log: Contract) -> dict[str, Any]:
    """What a verifier pins (docs/PROOFS.md)."""
    return {
        "format": TRUST_FORMAT,
        "portal": portal_urn(),
        "chain_id": log.chain_id,
        "genesis_hash": hex_of(log.genesis_hash),
        "log": hex_of(log.address),
        "deploy_block": log.deploy_block,
        "code_hash": hex_of(log.code_hash),
    }


def verify_words() -> dict[str, Any]:
    """Every word that the verify page's script says; `{name}` is filled in there."""
    return {
        "states": {
            "ok": _("Holds"),
            "failed": _("Does not hold"),
            "open": _("Not checked"),
        },
        "groups": {
            "file": _("In the proof file itself"),
            "trust": _("Against what you trust"),
            "chain": _("On the chain"),
            "node": _("On the chain, as {name} tells it"),
        },
        "steps": _step_words(),
        "reasons": _reason_words(),
        "whys": {
            "unreachable": _("it can't be reached from this browser"),
            "nonsense": _("its answer makes no sense"),
            "refused": _("it refuses the question"),
            "block": _("it does not have that block"),
            "finalized": _("it names no final block; see “Blocks on top” below"),
        },
        "verdicts": {
            "proven": _("Proven"),
            "failed": _("Not proven"),
            "open": _("Not decided"),
            "busy": _("Checking…"),
        },
        "sentences": {
            "proven": _("This document was sealed by {time}, and has not changed since."),
            "failed": _("Do not rely on this file. Below you see which step breaks."),
            "open": _("What could be checked holds, but something could not be checked."),
            "busy": _("Your browser is checking the file."),
        },
        "page": _page_words(),
    }


def _step_words() -> dict[str, dict[str, str]]:
    return {
        "proof": {
            "ok": _("This is a well-formed proof file."),
            "failed": _("This is no proof file of Salus: {reason}."),
        },
        "commitment": {
            "ok": _("Document, kind, reference and salt give the sealed fingerprint."),
            "failed": _("Document, kind, reference and salt do not give the sealed fingerprint."),
        },
        "root": {
            "ok": _("The fingerprint is part of a sealed batch: {depth} steps lead to its root."),
            "failed": _("The path does not lead from the fingerprint to the batch's root."),
        },
        "head": {
            "ok": _("The batch is entry {sequence} of the log, chained to all before it."),
            "failed": _("The batch and the entry of the log do not belong together."),
        },
        "trust": {
            "ok": _("The trust file is well formed."),
            "failed": _("The trust file is not one: {reason}."),
            "open": _("There is no trust file: without one, anybody's log would do."),
        },
        "portal": {
            "ok": _("The proof is about the portal that you trust."),
            "failed": _("The proof is about another portal than the one that you trust."),
        },
        "log": {
            "ok": _("The proof names the log that you trust, on chain {id}."),
            "failed": _("The proof names another log than the one that you trust."),
        },
        "first": {
            "ok": _("It is the first entry, and follows this log's own beginning."),
            "failed": _("It claims to be the first entry, but does not follow this log's start."),
        },
        "chain": {
            "ok": _("The node serves chain {id}."),
            "failed": _("The node serves another chain ({id})."),
            "open": _("No node of the chain was asked."),
        },
        "genesis": {
            "ok": _("The chain begins with the block that you trust."),
            "failed": _("The chain begins with another block than you trust."),
        },
        "final": {"ok": _("Everything up to block {number} is final.")},
        "code": {
            "ok": _("The log's program is the one that you trust."),
            "failed": _("At the log's address is another program, or none."),
        },
        "entry": {
            "ok": _("The log holds this entry at {sequence}."),
            "failed": _("The log does not hold this entry at {sequence}."),
        },
        "previous": {
            "ok": _("The log holds the entry before it at {sequence}."),
            "failed": _("The log does not hold the entry before it at {sequence}."),
        },
        "node": {"open": _("The node gave no usable answer: {why}.")},
    }


def _reason_words() -> dict[str, str]:
    return {
        "size": _("it is too large"),
        "utf8": _("it is not text in UTF-8"),
        "json": _("it is not JSON"),
        "duplicate": _("“{place}” stands there twice"),
        "number": _("numbers are whole, not negative and not too large"),
        "object": _("“{place}” should be an object"),
        "unknown": _("the format knows no “{place}”"),
        "missing": _("“{place}” is missing"),
        "format": _("it is of another format"),
        "text": _("“{place}” is not as the format wants it"),
        "hex": _("“{place}” should be bytes in lower-case hex, of the right length"),
        "base64": _("“{place}” should be base64 in its one canonical form"),
        "range": _("“{place}” should be a whole number in its range"),
        "list": _("“{place}” should be a list of at most 16"),
        "depth": _("the path is not as long as the tree is deep"),
        "reference": _("the reference does not begin with the portal"),
    }


def _page_words() -> dict[str, str]:
    return {
        "took": _("{steps} steps in {seconds} seconds, in this browser."),
        "chosen": _("Checked: {name}"),
        "sample": _("the sample proof"),
        "linked": _("the proof that you came with"),
        "no_linked": _(
            "That proof can't be fetched now. It may still be on its way to the chain: try again "
            "in a few seconds. Or you are not signed in as somebody who may see it."
        ),
        "own_trust": _("Your own: {name}"),
        "portal_trust": _("This portal's own, fetched just now"),
        "no_trust": _("There is none: this portal's could not be fetched. Bring your own."),
        "no_sample": _("There is no sample yet. The first seals take a few seconds: try again."),
        "bad_url": _("This is no address of a node: it begins with https:// or http://."),
        "bad_number": _("Give a whole number, or leave it empty."),
        "unreadable": _("The file could not be read. Choose it again."),
        "unexpected": _("The check itself broke. Load the page again; if it stays, tell us."),
        "cheat_document": _(
            "Byte {at} of the document was changed: “{from}” became “{to}”. See what breaks."
        ),
        "cheat_salt": _("The last digit of the salt was changed. See what breaks."),
        "cheat_path": _("One step of the path was changed. See what breaks."),
        "cheat_root": _("The last digit of the root was changed. See what breaks."),
        "cheat_trust": _("The trust file now names another log. See what breaks."),
    }
