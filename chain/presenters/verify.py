"""Every word of the verify page."""

from typing import Any

from django.utils.translation import gettext as _


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
        "steps": {**_step_words(), **_consent_step_words()},
        "reasons": _reason_words(),
        "faults": _fault_words(),
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
            "elsewhere": _("Not for this page"),
        },
        "sentences": _sentences(),
        "signers": {
            "wallet": _("the wallet {key}"),
            "contract": _("the contract wallet {key}"),
            "passkey": _("a passkey for {key}"),
        },
        "custodies": {
            "own": _(
                "The person's own, by the statement's word. The file can't say who holds it: "
                "compare it with what the person tells you."
            ),
            "portal": _(
                "The portal keeps this key for the person. What it signs is no evidence against "
                "the portal."
            ),
        },
        "page": _page_words(),
    }


def _sentences() -> dict[str, str]:
    return {
        "proven": _("This document was sealed by {time}, and has not changed since."),
        "stands": _(
            "This consent was signed, and has been on record since {granted}. As of {now}, it was "
            "not ended, and holds until {until}."
        ),
        "ran_out": _(
            "This consent was signed, and has been on record since {granted}. It was not ended, "
            "but ran out on {until}."
        ),
        "ended": _(
            "This consent was signed, and put on record on {granted}. It was ended on {ended}."
        ),
        "failed": _("Do not rely on this file. {step}"),
        "open": _("What could be checked holds, but something could not be checked."),
        "busy": _("Your browser is checking the file."),
        "archive": _(
            "This is an archive: everything that one person has, in one file. This page checks "
            "single proofs. Archives are checked by a program on your own computer."
        ),
        "head": _(
            "This is a seal of completeness. It proves nothing by itself, but shows whether an "
            "archive leaves something out. A program on your own computer checks both together."
        ),
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


def _consent_step_words() -> dict[str, dict[str, str]]:
    return {
        "statement": {
            "ok": _("The document is a signed statement that gives this consent."),
            "failed": _("The document does not give this consent: {reason}."),
        },
        "signature": {
            "ok": _("The signature fits the statement. It was made with {signer}."),
            "failed": _("The signature does not count: {reason}."),
        },
        "signature_contract": {
            "ok": _("It was signed by {signer}, which is asked below."),
            "open": _("It was signed by {signer}. Only a node can say whether that counts."),
        },
        "ending": {
            "ok": _("The end is signed, too: with {signer}."),
            "failed": _("The end of it does not count: {reason}."),
        },
        "ending_contract": {
            "ok": _("The end is signed by {signer}, which is asked below."),
            "open": _("The end is signed by {signer}. Only a node can say whether that counts."),
        },
        "registry": {
            "ok": _("It is in the registry of consents that you trust, on chain {id}."),
            "failed": _("It names another registry of consents than the one that you trust."),
            "open": _("The trust file names no registry of consents."),
        },
        "registry_again": {
            "ok": _(
                "It is in the registry of consents that you trust, on chain {id}. It was signed "
                "for another registry, and recorded again in this one."
            ),
        },
        "code_registry": {
            "ok": _("The registry's program is the one that you trust."),
            "failed": _("At the registry's address is another program, or none."),
        },
        "wallet": {
            "ok": _("The contract wallet says that the signature is its own."),
            "failed": _("The contract wallet does not accept the signature."),
            "open": _("The contract wallet is on another chain, and was not asked."),
        },
        "granted": {
            "ok": _("The registry has held it since {time}."),
            "failed": _("The registry says otherwise: {reason}."),
        },
        "standing": {
            "ok": _("The registry holds no end of it, as of {now}."),
            "failed": _("The registry says otherwise: {reason}."),
        },
        "standing_ended": {"ok": _("The registry holds its end, at {time}.")},
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
        "length": _("“{place}” should be a list of the right length"),
        "instant": _("“{place}” should be an instant like 2027-03-03T00:00:00.000Z"),
        "named": _("the reference is not the one that the content calls for"),
        "count": _("number, count and previous head do not fit together"),
        "zip": _("it is no zip archive that can be read"),
        "packed": _("files are stored or deflated, and not encrypted"),
        "many": _("there are too many files"),
        "name": _("“{place}” has a name that is not allowed, or that another has"),
        "absent": _("“{place}” is not in the archive"),
        "stray": _("nothing in the archive lists “{place}”"),
        "twice": _("another entry says the same as “{place}”"),
        "portal": _("“{place}” is of another portal than the archive"),
        "batch": _("the tree knows no such place"),
    }


def _fault_words() -> dict[str, str]:
    """What is wrong with a statement, a signature, or a record of it."""
    return {
        "no_grant": _("the statement gives none"),
        "portal": _("the statement is another portal's"),
        "id": _("the statement is about another consent"),
        "form": _("it is not in the one form that counts"),
        "wallet": _("it was not made by this wallet for this statement"),
        "client": _("what the browser noted is not JSON"),
        "purpose": _("it was made for something else"),
        "challenge": _("it was made for another statement"),
        "origin": _("it was made for a page elsewhere"),
        "host": _("it was made for another host"),
        "present": _("nobody was present"),
        "verified": _("nobody was verified"),
        "key": _("it was not made with this key"),
        "no_end": _("its statement ends nothing"),
        "another": _("it is another portal's, person's or consent's"),
        "another_consent": _("it ends another consent"),
        "secret": _("the secret does not open the lock"),
        "not_recorded": _("it does not hold this consent"),
        "other_time": _("it has held it since {time}, not since when the file says"),
        "hidden_end": _("it was ended on {time}. The file hides that, or is older"),
        "not_ended": _("it holds no end of it"),
        "other_end": _("it was ended on {time}, not when the file says"),
    }


def _page_words() -> dict[str, str]:
    return {
        "took": _("{steps} steps in {seconds} seconds, in this browser."),
        "chosen": _("Checked: {name}"),
        "not_checked": _("Not checked: {name}"),
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
        "insecure": _(
            "Browsers compute fingerprints only on secure pages. Open this page with https://, or "
            "use the program below."
        ),
        "unexpected": _("The check itself broke. Load the page again; if it stays, tell us."),
        "not_proven": _("This is what the file says. It is not proven."),
        "not_decided": _("This is what the file says. Whether it holds was not decided."),
        "signed_with": _("Signed with {signer}."),
        "ended_at": _("On {time}, signed with {signer}."),
        "cheat_document": _(
            "Byte {at} of the document was changed: “{from}” became “{to}”. See what breaks."
        ),
        "cheat_statement": _(
            "Byte {at} of the statement was changed: “{from}” became “{to}”. See what breaks."
        ),
        "cheat_salt": _("The last digit of the salt was changed. See what breaks."),
        "cheat_path": _("One step of the path was changed. See what breaks."),
        "cheat_root": _("The last digit of the root was changed. See what breaks."),
        "cheat_granted": _("The consent now claims to be a day older. See what breaks."),
        "cheat_end": _("The file now says nothing of the end. See what breaks."),
        "cheat_trust": _("The trust file now names another contract. See what breaks."),
    }
