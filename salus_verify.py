#!/usr/bin/env python3
"""Check a Salus proof file without Salus: this one file, Python 3.9 or newer, and Keccak.

    python -m pip install --require-hashes -r requirements-verify.txt
    python salus_verify.py PROOF.json --trust TRUST.json --rpc URL [--rpc URL ...] [--show]

The proof says that a document was sealed in a log on a public chain. The trust file says which
chain and which log; get it from somebody you trust, not from who gave you the proof. The nodes
(--rpc) tell what the log holds; name nodes that are not the portal's own.

Exit codes: 0 proven; 1 not proven: the proof is broken, or a node contradicts it; 2 undecided: no
trust file, no node, a node that does not answer, or the command itself is wrong.

The formats and steps are specified in docs/PROOFS.md.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

try:
    from Crypto.Hash import keccak
except ImportError:  # pragma: no cover - shown to a person who has not installed it
    sys.exit("salus_verify needs Keccak: python -m pip install -r requirements-verify.txt")

MAX_PROOF = 32 * 1024 * 1024  # bytes
MAX_TRUST = 64 * 1024
MAX_ANSWER = 4 * 1024 * 1024  # of a node
MAX_MARKS = 10_000  # lists and objects in one text
MAX_DEPTH = 16
MAX_INTEGER = 2**64 - 1
TIMEOUT = 20.0  # seconds, for each call to a node

NOT_PROVEN = (
    "who wrote the document, and whether what it says is true;",
    "that it is all there is: other documents or versions may have been left out;",
    "who has kept or read it, and who held the keys;",
    "when it was written: the time is the chain's, and says only that it existed by then;",
    "anything about a portal or chain other than those in your trust file.",
)


# -- hashes ----------------------------------------------------------------------------------------


def sha256(data: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(data).digest()


def keccak256(data: bytes) -> bytes:
    """32 bytes; Ethereum's Keccak, not SHA3-256."""
    return keccak.new(data=data, digest_bits=256).digest()


def commitment_of(salt: bytes, kind: str, reference: str, document: bytes) -> bytes:
    """SHA-256 over the domain, the salt, and the hashes of kind, reference and document."""
    parts = sha256(kind.encode()) + sha256(reference.encode()) + sha256(document)
    return sha256(b"salus-commit/1\x00" + salt + parts)


def root_of(commitment: bytes, path: Sequence[bytes]) -> bytes:
    """The root that a commitment and its path lead to; each pair is sorted before it is hashed."""
    node = keccak256(keccak256(commitment))
    for sibling in path:
        node = keccak256(min(node, sibling) + max(node, sibling))
    return node


def word(number: int) -> bytes:
    """A number as Solidity's ABI writes it: 32 bytes, big-endian."""
    return number.to_bytes(32, "big")


def head_of(previous: bytes, sequence: int, root: bytes, depth: int, at: int) -> bytes:
    """`keccak256(abi.encode(previous, uint64 n, root, uint8 depth, uint64 time))`."""
    return keccak256(previous + word(sequence) + root + word(depth) + word(at))


def first_head(chain_id: int, log: bytes) -> bytes:
    """`keccak256(abi.encode("salus-log/1", chainid, address))`: what a log holds at 0."""
    name = b"salus-log/1"
    # Three words, the first of which says where the text begins; then its length and itself.
    return keccak256(
        word(0x60) + word(chain_id) + log.rjust(32, b"\0") + word(len(name)) + name.ljust(32, b"\0")
    )


# -- reading the files -----------------------------------------------------------------------------


class Refused(Exception):
    """The file does not keep to its format: `code` says how, `place` says where."""

    words = {
        "size": "it is too large",
        "utf8": "it is not UTF-8",
        "json": "it is not JSON",
        "duplicate": "a name stands there twice",
        "number": "numbers are whole, not negative and less than 2^64",
        "object": "there should be an object",
        "unknown": "the format knows no such member",
        "missing": "this member is missing",
        "format": "this is another format",
        "text": "the text is not as the format wants it",
        "hex": "there should be bytes in lower-case hex, with 0x and of the right length",
        "base64": "there should be base64, padded, in its one canonical form",
        "range": "the number is out of range",
        "list": "there should be a list of at most 16",
        "depth": "the path is not as long as the tree is deep",
        "reference": "the reference does not begin with the portal",
    }

    def __init__(self, code: str, place: str = "") -> None:
        super().__init__(code, place)
        self.code, self.place = code, place

    def __str__(self) -> str:
        # A name out of a hostile file must not reach the terminal as it is.
        place = ascii(self.place)[1:-1][:80]
        return (place + ": " if place else "") + self.words[self.code]


def parse_json(data: bytes, most: int) -> Any:
    """Strict JSON: UTF-8 without a mark, no name twice, whole numbers below 2^64 alone."""
    if len(data) > most:
        raise Refused("size")
    try:
        return load(
            data.decode("utf-8"),
            object_pairs_hook=_once,
            parse_int=_whole,
            parse_float=_no_number,
            parse_constant=_no_number,
        )
    except UnicodeDecodeError:
        raise Refused("utf8") from None
    except (ValueError, RecursionError):
        raise Refused("json") from None


def load(source: str, **hooks: Any) -> Any:
    """JSON, unless so much of it could be nested that Python's C stack would not hold it."""
    if source.count("[") + source.count("{") > MAX_MARKS:
        raise ValueError("too many lists and objects")
    return json.loads(source, **hooks)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Refused("duplicate", name)
        found[name] = value
    return found


def _whole(text: str) -> int:
    if not re.fullmatch("[0-9]{1,20}", text) or int(text) > MAX_INTEGER:
        raise Refused("number")
    return int(text)


def _no_number(_text: str) -> NoReturn:
    raise Refused("number")


Rule = Callable[[Any, str], Any]  # a value and its place in; what it stands for out


def constant(expected: str) -> Rule:
    """The rule of a member that names the format."""

    def take(value: Any, place: str) -> str:
        if value != expected:
            raise Refused("format", place)
        return expected

    return take


def text(pattern: str) -> Rule:
    """The rule of a text; the patterns admit visible ASCII alone."""

    def take(value: Any, place: str) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise Refused("text", place)
        return value

    return take


def hexes(length: int) -> Rule:
    """The rule of `length` bytes: lower-case hex with 0x."""
    pattern = f"0x[0-9a-f]{{{2 * length}}}"

    def take(value: Any, place: str) -> bytes:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            raise Refused("hex", place)
        return bytes.fromhex(value[2:])

    return take


def integer(least: int, most: int = MAX_INTEGER) -> Rule:
    """The rule of a whole number; true and false are none."""

    def take(value: Any, place: str) -> int:
        if type(value) is not int or not least <= value <= most:
            raise Refused("range", place)
        return value

    return take


def base64_bytes(value: Any, place: str) -> bytes:
    """The rule of the document: base64 that is what encoding its bytes gives again."""
    try:
        data = base64.b64decode(value.encode("ascii"), validate=True)
    except (AttributeError, ValueError):
        raise Refused("base64", place) from None
    if base64.b64encode(data).decode() != value:
        raise Refused("base64", place)
    return data


def up_to(most: int, rule: Rule) -> Rule:
    """The rule of a list."""

    def take(value: Any, place: str) -> list[Any]:
        if not isinstance(value, list) or len(value) > most:
            raise Refused("list", place)
        return [rule(item, f"{place}[{index}]") for index, item in enumerate(value)]

    return take


def members(rules: dict[str, Rule]) -> Rule:
    """The rule of an object: these members, each of them, and no other."""

    def take(value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Refused("object", place)
        prefix = place + "." if place else ""
        for name in value:
            if name not in rules:
                raise Refused("unknown", prefix + name)
        for name in rules:
            if name not in value:
                raise Refused("missing", prefix + name)
        return {name: rule(value[name], prefix + name) for name, rule in rules.items()}

    return take


PORTAL = text("urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

PROOF = members(
    {
        "format": constant("salus-proof/1"),
        "portal": PORTAL,
        "kind": text("[a-z][a-z0-9-]{0,31}"),
        "reference": text("[!-~]{1,200}"),
        "document": base64_bytes,
        "salt": hexes(32),
        "commitment": hexes(32),
        "path": up_to(MAX_DEPTH, hexes(32)),
        "root": hexes(32),
        "batch": members(
            {
                "sequence": integer(1),
                "previous_head": hexes(32),
                "depth": integer(0, MAX_DEPTH),
                "time": integer(0),
                "head": hexes(32),
            }
        ),
        "chain": members(
            {
                "id": integer(1),
                "contract": hexes(20),
                "transaction": hexes(32),
                "block_number": integer(0),
                "block_hash": hexes(32),
            }
        ),
    }
)

TRUST = members(
    {
        "format": constant("salus-trust/1"),
        "portal": PORTAL,
        "chain_id": integer(1),
        "genesis_hash": hexes(32),
        "log": hexes(20),
        "deploy_block": integer(0),
        "code_hash": hexes(32),
    }
)


def read_proof(data: bytes) -> dict[str, Any]:
    """The members of a proof file, hex and base64 as bytes; raises Refused."""
    proof: dict[str, Any] = PROOF(parse_json(data, MAX_PROOF), "")
    if len(proof["path"]) != proof["batch"]["depth"]:
        raise Refused("depth", "path")
    if not re.match(re.escape(proof["portal"]) + "/.", proof["reference"]):
        raise Refused("reference", "reference")
    return proof


def read_trust(data: bytes) -> dict[str, Any]:
    """The members of a trust file, hex as bytes; raises Refused."""
    trust: dict[str, Any] = TRUST(parse_json(data, MAX_TRUST), "")
    return trust


# -- asking a node ---------------------------------------------------------------------------------


class Unanswered(Exception):
    """A node gave no usable answer: nothing is shown by that, either way."""


Ask = Callable[[str, list[Any]], Any]  # method and parameters in; result out, or Unanswered


@dataclass(frozen=True)
class Node:
    """A node of the chain; `name` leaves out what may be an access key."""

    name: str
    ask: Ask


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def node_at(url: str) -> Node:
    """The node behind an http or https URL; raises ValueError for anything else."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("--rpc wants an http or https URL")
    handlers: list[Any] = [_NoRedirect]
    if parts.hostname in ("localhost", "127.0.0.1", "::1"):
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)

    def ask(method: str, params: list[Any]) -> Any:
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"Content-Type": "application/json", "User-Agent": "salus-verify/1"}
        request = urllib.request.Request(url, json.dumps(call).encode(), headers)
        try:
            with opener.open(request, timeout=TIMEOUT) as response:
                return result_of(response.read(MAX_ANSWER + 1))
        except urllib.error.HTTPError as error:
            raise Unanswered(f"HTTP status {error.code}") from None
        except Exception as error:
            # Whatever the network, TLS or HTTP layer raises, it is the same to us.
            if isinstance(error, Unanswered):
                raise
            raise Unanswered(str(getattr(error, "reason", "") or type(error).__name__)) from None

    return Node(parts.hostname + (f":{parts.port}" if parts.port else ""), ask)


def result_of(body: bytes) -> Any:
    """The result in a JSON-RPC answer; raises Unanswered."""
    if len(body) > MAX_ANSWER:
        raise Unanswered("the answer is too large")
    try:
        answer = load(body.decode())
    except (ValueError, RecursionError):
        raise Unanswered("the answer is not JSON") from None
    if not isinstance(answer, dict) or answer.get("error") or "result" not in answer:
        raise Unanswered("the node refuses the call")
    return answer["result"]


def quantity(value: Any) -> int:
    """A number in a node's answer."""
    if not isinstance(value, str) or not re.fullmatch("0x[0-9a-fA-F]{1,64}", value):
        raise Unanswered("the answer is not a number")
    return int(value, 16)


def data_of(value: Any) -> bytes:
    """Bytes in a node's answer."""
    if not isinstance(value, str) or not re.fullmatch("0x([0-9a-fA-F]{2})*", value):
        raise Unanswered("the answer is not bytes")
    return bytes.fromhex(value[2:])


def block(node: Node, tag: str) -> dict[str, Any]:
    """A block's header, by number or tag; raises Unanswered where the node has none."""
    found = node.ask("eth_getBlockByNumber", [tag, False])
    if not isinstance(found, dict):
        raise Unanswered("the node has no such block")
    return found


def final_block(node: Node, confirmations: int | None) -> int:
    """The number of the newest block that can't be undone any more."""
    if confirmations is None:
        return quantity(block(node, "finalized").get("number"))
    return max(0, quantity(block(node, "latest").get("number")) - confirmations)


def head_at(node: Node, log: bytes, sequence: int, at: int) -> bytes:
    """`heads(n)` of the log in the state after block `at`; zeros where there is no entry."""
    call = {"to": hex_of(log), "data": hex_of(keccak256(b"heads(uint64)")[:4] + word(sequence))}
    return data_of(node.ask("eth_call", [call, hex(at)]))


# -- the steps -------------------------------------------------------------------------------------

OK, FAILED, OPEN = "ok", "failed", "open"


@dataclass(frozen=True)
class Step:
    """One thing that was checked: `open` where it could not be."""

    id: str
    state: str
    words: str


@dataclass
class Report:
    """The steps in order, and what they come to."""

    tell: Callable[[Step], None]
    steps: list[Step] = field(default_factory=list)
    proof: dict[str, Any] | None = None

    def note(self, id: str, state: str, words: str) -> None:
        """Add a step."""
        self.steps.append(Step(id, state, words))
        self.tell(self.steps[-1])

    def check(self, id: str, holds: bool, right: str, wrong: str) -> bool:
        """Add a step that holds or fails."""
        self.note(id, OK if holds else FAILED, right if holds else wrong)
        return holds

    def has(self, state: str) -> bool:
        """Whether any step ended so."""
        return any(step.state == state for step in self.steps)

    @property
    def exit_code(self) -> int:
        """0 proven, 1 not proven, 2 undecided."""
        return 1 if self.has(FAILED) else 2 if self.has(OPEN) or not self.steps else 0


def verify(
    proof_file: bytes,
    trust_file: bytes | None,
    nodes: Sequence[Node],
    *,
    confirmations: int | None = None,
    tell: Callable[[Step], None] = lambda _: None,
) -> Report:
    """Take all steps that can be taken; never raises for what the files or nodes hold."""
    report = Report(tell)
    try:
        proof = read_proof(proof_file)
    except Refused as error:
        report.note("proof", FAILED, f"This is no salus-proof/1 file ({error}).")
        return report
    report.proof = proof
    report.note("proof", OK, "The file is a well-formed salus-proof/1.")
    _check_document(report, proof)
    trust = _trusted(report, trust_file)
    if trust is not None:
        _check_trust(report, proof, trust)
    if report.has(FAILED):
        return report
    if trust is None or not nodes:
        report.note("chain", OPEN, "Not checked against the chain: that needs --trust and --rpc.")
        return report
    for node in nodes:
        _check_node(report, proof, trust, node, confirmations)
    return report


def _check_document(report: Report, proof: dict[str, Any]) -> None:
    """From the document's bytes to the log's head: needs nothing but the file."""
    batch = proof["batch"]
    names = ("salt", "kind", "reference", "document")
    report.check(
        "commitment",
        commitment_of(*(proof[name] for name in names)) == proof["commitment"],
        "Document, kind, reference and salt give the commitment " + short(proof["commitment"]),
        "Document, kind, reference and salt do NOT give the commitment: one was changed.",
    )
    report.check(
        "root",
        root_of(proof["commitment"], proof["path"]) == proof["root"],
        f"The path of {batch['depth']} leads from the commitment to the root "
        + short(proof["root"]),
        "The path does NOT lead from the commitment to the root.",
    )
    entry = (batch["previous_head"], batch["sequence"], proof["root"], batch["depth"])
    report.check(
        "head",
        head_of(*entry, batch["time"]) == batch["head"],
        f"Root, depth and time make entry {batch['sequence']} of the log, head "
        + short(batch["head"]),
        "Previous head, number, root, depth and time do NOT give the head.",
    )


def _trusted(report: Report, trust_file: bytes | None) -> dict[str, Any] | None:
    if trust_file is None:
        report.note("trust", OPEN, "UNPINNED: without --trust, anybody's log would do.")
        return None
    try:
        trust = read_trust(trust_file)
    except Refused as error:
        report.note("trust", FAILED, f"The trust file is no salus-trust/1 file ({error}).")
        return None
    report.note("trust", OK, "The trust file is a well-formed salus-trust/1.")
    return trust


def _check_trust(report: Report, proof: dict[str, Any], trust: dict[str, Any]) -> None:
    """The proof is about the portal, chain and log that are trusted."""
    report.check(
        "portal",
        proof["portal"] == trust["portal"],
        "It is about the portal that you trust, " + trust["portal"],
        f"It is about another portal ({proof['portal']}) than you trust.",
    )
    named = (proof["chain"]["id"], proof["chain"]["contract"])
    report.check(
        "log",
        named == (trust["chain_id"], trust["log"]),
        f"It names the log that you trust, {hex_of(trust['log'])} on chain {trust['chain_id']}.",
        f"It names another log ({hex_of(named[1])} on chain {named[0]}) than you trust.",
    )
    if proof["batch"]["sequence"] == 1:
        report.check(
            "first",
            proof["batch"]["previous_head"] == first_head(trust["chain_id"], trust["log"]),
            "It is the first entry, and follows this log's own beginning.",
            "It claims to be the first entry, but does NOT follow this log's beginning.",
        )


def _check_node(
    report: Report,
    proof: dict[str, Any],
    trust: dict[str, Any],
    node: Node,
    confirmations: int | None,
) -> None:
    """What one node says; the first wrong or missing answer ends it."""
    try:
        at = _check_chain(report, trust, node, confirmations)
        if at is not None:
            _check_entry(report, proof, trust, node, at)
    except Unanswered as error:
        why = ascii(str(error))[1:-1][:120]
        report.note("node", OPEN, f"[{node.name}] It gave no usable answer ({why}).")


def _check_chain(
    report: Report, trust: dict[str, Any], node: Node, confirmations: int | None
) -> int | None:
    """Chain, first block, finality and code; gives the final block's number if all hold."""
    name, log = f"[{node.name}] ", trust["log"]
    chain_id = quantity(node.ask("eth_chainId", []))
    if not report.check(
        "chain",
        chain_id == trust["chain_id"],
        f"{name}It serves chain {chain_id}.",
        f"{name}It serves chain {chain_id}, not {trust['chain_id']}.",
    ):
        return None
    if not report.check(
        "genesis",
        data_of(block(node, "0x0").get("hash")) == trust["genesis_hash"],
        f"{name}The chain begins with the block that you trust.",
        f"{name}The chain begins with another block than you trust.",
    ):
        return None
    try:
        at = final_block(node, confirmations)
    except Unanswered as error:
        raise Unanswered(f"asked for a final block: {error}; see --confirmations") from None
    depth = "" if confirmations is None else f" ({confirmations} below the newest, as you said)"
    report.note("final", OK, f"{name}Block {at} can't be undone any more{depth}.")
    code = data_of(node.ask("eth_getCode", [hex_of(log), hex(at)]))
    held = report.check(
        "code",
        keccak256(code) == trust["code_hash"],
        f"{name}The log's code is the one that you trust.",
        f"{name}There is other code at the log's address than you trust, or none yet.",
    )
    return at if held else None


def _check_entry(
    report: Report, proof: dict[str, Any], trust: dict[str, Any], node: Node, at: int
) -> None:
    """The log holds this entry after the entry before it."""
    name, batch = f"[{node.name}] ", proof["batch"]
    number: int = batch["sequence"]
    report.check(
        "entry",
        head_at(node, trust["log"], number, at) == batch["head"],
        f"{name}The log holds this head at {number}.",
        f"{name}The log does NOT hold this head at {number} in its final state.",
    )
    report.check(
        "previous",
        head_at(node, trust["log"], number - 1, at) == batch["previous_head"],
        f"{name}The log holds the previous head at {number - 1}.",
        f"{name}The log does NOT hold the previous head at {number - 1}.",
    )


# -- words -----------------------------------------------------------------------------------------


def hex_of(data: bytes) -> str:
    """Lower case, with 0x."""
    return "0x" + data.hex()


def short(data: bytes) -> str:
    """Enough of a hash to compare by eye."""
    return hex_of(data)[:14] + "..."


def date_of(at: int) -> str:
    """The chain's time for people; the bare number where no calendar reaches."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
    except (ValueError, OverflowError, OSError):
        return f"{at} seconds since 1970"


def verdict(report: Report, nodes: int) -> str:
    """The last word."""
    if report.exit_code == 1 or report.proof is None:
        return "NOT PROVEN: do not rely on this file."
    if report.exit_code == 2:
        return "UNDECIDED: what could be checked holds, but something could not be checked."
    proof, agree = report.proof, f"{nodes} nodes agree" if nodes > 1 else "1 node was asked"
    return (
        f"PROVEN ({agree}): these {len(proof['document'])} bytes, kind {proof['kind']}, under\n"
        f"  {proof['reference']}\n"
        f"were sealed by {date_of(proof['batch']['time'])}, the chain's time."
    )


def laid_out(document: bytes) -> str:
    """The document for reading: JSON is indented; what does not print is shown as its code."""
    shown = document.decode("utf-8", "replace")
    try:
        load(shown)
        shown = indented(shown)
    except (ValueError, RecursionError):
        pass
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{{{ord(c):x}}}" for c in shown)


def indented(source: str) -> str:
    """JSON with line breaks and indentation; no number or text in it is touched."""
    out, depth = [], 0
    for piece in re.findall(
        r'"[^"\\]*(?:\\.[^"\\]*)*"|[{\[]\s*[}\]]|[{}\[\],:]|[^\s{}\[\],:"]+', source
    ):
        if piece in "}]":
            depth -= 1
            out.append("\n" + "  " * depth)
        out.append(piece + " " if piece == ":" else piece)
        if piece in "{[":
            depth += 1
        if piece in "{[,":
            out.append("\n" + "  " * depth)
    return "".join(out)


# -- the command -----------------------------------------------------------------------------------


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="salus_verify.py",
        description="Check a Salus proof file against a chain, without Salus.",
        epilog="Exit codes: 0 proven; 1 not proven; 2 undecided (no trust file, no node, "
        "no answer) or a wrong command.",
    )
    parser.add_argument("proof", metavar="PROOF.json", help="the proof file")
    parser.add_argument("--trust", metavar="TRUST.json", help="what you trust, got elsewhere")
    parser.add_argument(
        "--rpc", metavar="URL", action="append", default=[], help="a node; name several, not ours"
    )
    parser.add_argument(
        "--confirmations",
        metavar="N",
        type=int,
        help="for chains without a finalized block: take the one N below the newest as final",
    )
    parser.add_argument("--show", action="store_true", help="print the document")
    return parser


def read_file(path: str, most: int) -> bytes:
    """At most one byte more than `most`, so that too large is seen."""
    with Path(path).open("rb") as file:
        return file.read(most + 1)


def run(argv: Sequence[str] | None = None, connect: Callable[[str], Node] = node_at) -> int:
    """The whole command; gives the exit code."""
    parser = arguments()
    options = parser.parse_args(argv)
    if options.confirmations is not None and options.confirmations < 0:
        parser.error("--confirmations can't be negative")
    try:
        proof_file = read_file(options.proof, MAX_PROOF)
        trust_file = read_file(options.trust, MAX_TRUST) if options.trust else None
        nodes = [connect(url) for url in dict.fromkeys(options.rpc)]
    except (OSError, ValueError) as error:
        print(f"salus_verify.py: {error}", file=sys.stderr)
        return 2
    report = verify(
        proof_file, trust_file, nodes, confirmations=options.confirmations, tell=print_step
    )
    print("\n" + verdict(report, len(nodes)))
    if report.proof:
        print("\nNot proven, whatever the verdict:")
        print("\n".join(f"  - {line}" for line in NOT_PROVEN))
        print("Transaction and block in the file are hints; nothing rests on them.")
    if options.show and report.proof:
        print("\nThe document:\n" + laid_out(report.proof["document"]))
    return report.exit_code


def print_step(step: Step) -> None:
    """One line, as soon as it is known."""
    print(f"{ {OK: 'ok', FAILED: 'FAILED', OPEN: 'open'}[step.state]:<8}{step.words}", flush=True)


def main() -> int:
    """Run, and end quietly when interrupted or when nobody reads on."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        return run()
    except KeyboardInterrupt:
        return 2
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python complains at its own end
        return 2


if __name__ == "__main__":
    sys.exit(main())
