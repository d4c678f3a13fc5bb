#!/usr/bin/env python3
"""Check what Salus sealed without Salus: this one file, Python 3.9 or newer, and Keccak.

    python -m pip install --require-hashes -r requirements-verify.txt
    python salus_verify.py PROOF.json  --trust TRUST.json --rpc URL [--rpc URL ...] [--show]
    python salus_verify.py ARCHIVE.zip --trust TRUST.json --rpc URL [--against HEAD.json]
    python salus_verify.py log         --trust TRUST.json --rpc URL

A proof says that a document was sealed in a log on a public chain, or that a consent was recorded
in a registry there. An archive holds all of a person's. `log` audits the whole log. The trust file
says which chain, log and registry; get it from somebody you trust, not from who gave you the proof.
The nodes (--rpc) tell what stands on the chain; name nodes that are not the portal's own.

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
import struct
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn, Protocol

try:
    from Crypto.Hash import keccak  # pycryptodome, not pyCrypto  # nosec B413
except ImportError:  # pragma: no cover - shown to a person who has not installed it
    sys.exit("salus_verify needs Keccak: python -m pip install -r requirements-verify.txt")

MAX_PROOF = 32 * 1024 * 1024  # bytes; of a kept head as well
MAX_TRUST = 64 * 1024
MAX_CONSENT = 1024 * 1024
MAX_HEAD = 16 * 1024 * 1024
MAX_LISTING = 128 * 1024 * 1024  # archive.json and tree.json, each
MAX_DIRECTORY = 32 * 1024 * 1024  # of a zip
MAX_UNPACKED = 2 * 1024 * 1024 * 1024  # of a zip; and packed
MAX_FILES = 200_000
MAX_ANSWER = 4 * 1024 * 1024  # of a node
MAX_MARKS = 10_000  # lists and objects in one text, before its nesting is looked at
MAX_NESTING = 64
MAX_DEPTH = 16
MAX_INTEGER = 2**64 - 1
TIMEOUT = 20.0  # seconds, for each call to a node
CALLS_AT_ONCE = 50  # in one request to a node
BLOCKS_AT_ONCE = 10_000  # of which a node is asked for the events
MAX_SILENT = 10  # calls that a node may leave unanswered before it is asked no more
PIECE = 64 * 1024  # bytes of a file in a zip, at once


# -- hashes ----------------------------------------------------------------------------------------


def sha256(data: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(data).digest()


def keccak256(data: bytes) -> bytes:
    """32 bytes; Ethereum's Keccak, not SHA3-256."""
    digest: bytes = keccak.new(data=data, digest_bits=256).digest()
    return digest


def commitment_of(salt: bytes, kind: str, reference: str, document: bytes) -> bytes:
    """SHA-256 over the domain, the salt, and the hashes of kind, reference and document."""
    return commitment_from(salt, kind, reference, sha256(document))


def commitment_from(salt: bytes, kind: str, reference: str, document_hash: bytes) -> bytes:
    """The commitment of a document that was hashed already."""
    parts = sha256(kind.encode()) + sha256(reference.encode()) + document_hash
    return sha256(b"salus-commit/1\x00" + salt + parts)


def leaf_of(commitment: bytes) -> bytes:
    """Hashed twice, so that a leaf is never an inner node."""
    return keccak256(keccak256(commitment))


def parent_of(one: bytes, other: bytes) -> bytes:
    """Each pair is sorted before it is hashed."""
    return keccak256(one + other if one < other else other + one)


def root_of(commitment: bytes, path: Sequence[bytes]) -> bytes:
    """The root that a commitment and its path lead to."""
    node = leaf_of(commitment)
    for sibling in path:
        node = parent_of(node, sibling)
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


def typed_digest(text: str, statement: bytes, chain_id: int, contract: bytes) -> bytes:
    """What a wallet signs for a statement (by its SHA-256): EIP-712's hash of the typed data."""
    domain = keccak256(
        keccak256(
            b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
        )
        + keccak256(b"Salus")
        + keccak256(b"1")
        + word(chain_id)
        + contract.rjust(32, b"\0")
    )
    kind = keccak256(b"ConsentStatement(string text,bytes32 statement)")
    return keccak256(b"\x19\x01" + domain + keccak256(kind + keccak256(text.encode()) + statement))


def head_digest(commitment: bytes) -> bytes:
    """What the portal signs for a person's head."""
    return keccak256(b"salus-head/1\x00" + commitment)


# -- signatures: two curves and RSA, with nothing to install ---------------------------------------


@dataclass(frozen=True)
class Curve:
    """y^2 = x^3 + ax + b modulo the prime p; its points are the n multiples of g."""

    p: int
    a: int
    b: int
    n: int
    g: tuple[int, int]


SECP256K1 = Curve(
    p=2**256 - 2**32 - 977,
    a=0,
    b=7,
    n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    g=(
        0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
        0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    ),
)
P256 = Curve(
    p=2**256 - 2**224 + 2**192 + 2**96 - 1,
    a=-3,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    g=(
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
)

Point = tuple[int, int]
Jacobian = tuple[int, int, int]  # x/z^2 and y/z^3: no division while adding; z = 0 is infinity
INFINITY: Jacobian = (1, 1, 0)


def on_curve(curve: Curve, point: Point) -> bool:
    """Whether it is a point of the curve, in its one form."""
    x, y = point
    inside = 0 <= x < curve.p and 0 <= y < curve.p
    return inside and (y * y - x * x * x - curve.a * x - curve.b) % curve.p == 0


def doubled(curve: Curve, point: Jacobian) -> Jacobian:
    """The point added to itself."""
    x, y, z = point
    p = curve.p
    yy, zz = y * y % p, z * z % p
    s = 4 * x * yy % p
    m = (3 * x * x + curve.a * zz * zz) % p
    new = (m * m - 2 * s) % p
    return new, (m * (s - new) - 8 * yy * yy) % p, 2 * y * z % p


def added(curve: Curve, point: Jacobian, other: Point) -> Jacobian:
    """The sum of two points, whichever they are."""
    x, y, z = point
    p = curve.p
    if not z:
        return (*other, 1)
    zz = z * z % p
    h, r = (other[0] * zz - x) % p, (other[1] * zz * z - y) % p
    if not h:
        return INFINITY if r else doubled(curve, point)
    hh = h * h % p
    hhh, v = h * hh % p, x * hh % p
    new = (r * r - hhh - 2 * v) % p
    return new, (r * (v - new) - y * hhh) % p, z * h % p


def affine(curve: Curve, point: Jacobian) -> Point | None:
    """The point without its z; None at infinity."""
    x, y, z = point
    if not z:
        return None
    inverse = pow(z, -1, curve.p)
    square = inverse * inverse % curve.p
    return x * square % curve.p, y * square * inverse % curve.p


def sum_of(curve: Curve, u: int, v: int, q: Point) -> Point | None:
    """The sum of u times g and v times q, in one go over their bits; None at infinity."""
    both = affine(curve, added(curve, (*curve.g, 1), q))
    table = (None, curve.g, q, both)
    total = INFINITY
    for bit in range(255, -1, -1):
        total = doubled(curve, total)
        point = table[(u >> bit & 1) + 2 * (v >> bit & 1)]
        if point:
            total = added(curve, total, point)
    return affine(curve, total)


def ecdsa_holds(curve: Curve, key: Point, digest: bytes, r: int, s: int) -> bool:
    """Whether r and s are a signature of the 32-byte digest; both s and n - s are one."""
    n = curve.n
    if not (0 < r < n and 0 < s < n and on_curve(curve, key)):
        return False
    inverse = pow(s, -1, n)
    point = sum_of(curve, int.from_bytes(digest, "big") * inverse % n, r * inverse % n, key)
    return point is not None and point[0] % n == r


def recovered(digest: bytes, r: int, s: int, odd: bool) -> Point | None:
    """The secp256k1 key that made a signature, if its point has the x-coordinate r."""
    p, n = SECP256K1.p, SECP256K1.n
    y = pow(r * r * r + SECP256K1.b, (p + 1) // 4, p)
    point = (r, y if y % 2 == odd else p - y)
    if not (0 < r < n and 0 < s < n and on_curve(SECP256K1, point)):
        return None
    inverse = pow(r, -1, n)
    return sum_of(SECP256K1, -int.from_bytes(digest, "big") * inverse % n, s * inverse % n, point)


def point_of(key: bytes) -> Point:
    """An uncompressed key of 64 bytes, x before y; whether it is on the curve is not said."""
    return int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big")


def address_of(key: Point) -> bytes:
    """The 20 bytes under which the chain knows a key."""
    return keccak256(word(key[0]) + word(key[1]))[12:]


def is_low(s: int) -> bool:
    """Of s and n - s only the smaller is accepted: a signature has one form."""
    return s <= SECP256K1.n // 2


def der_of(r: int, s: int) -> bytes:
    """The one DER form of an ECDSA signature: two whole numbers in a sequence."""
    body = b""
    for number in (r, s):
        data = number.to_bytes(number.bit_length() // 8 + 1, "big")  # a zero before a high bit
        body += bytes([2, len(data)]) + data
    return bytes([0x30, len(body)]) + body


def from_der(signature: bytes) -> tuple[int, int] | None:
    """The numbers r and s, if the signature is exactly what DER makes of them."""
    if not 8 <= len(signature) <= 72:
        return None
    end = 4 + signature[3]
    r, s = int.from_bytes(signature[4:end], "big"), int.from_bytes(signature[end + 2 :], "big")
    return (r, s) if der_of(r, s) == signature else None


def rsa_holds(modulus: bytes, exponent: int, message: bytes, signature: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 with SHA-256: the whole padded block is compared, nothing is parsed."""
    n, number = int.from_bytes(modulus, "big"), int.from_bytes(signature, "big")
    if len(signature) != len(modulus) or number >= n:
        return False
    name = bytes.fromhex("3031300d060960864801650304020105000420")  # "a SHA-256 follows"
    padding = b"\xff" * (len(modulus) - 3 - len(name) - 32)
    block = b"\x00\x01" + padding + b"\x00" + name + sha256(message)
    return pow(number, exponent, n) == int.from_bytes(block, "big")


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
    # Of formats that the page /verify/ does not read.
    more = {
        "length": "there should be a list of the right length",
        "instant": "there should be an instant like 2027-03-03T00:00:00.000Z",
        "named": "the reference is not the one that the content calls for",
        "count": "number, count and previous head do not fit together",
        "zip": "it is no zip archive that can be read",
        "packed": "files are stored or deflated, and not encrypted",
        "many": "there are too many files",
        "name": "a file has a name that is not allowed, or that another has",
        "absent": "no such file is in the archive",
        "stray": "nothing in the archive lists this file",
        "twice": "another entry says the same",
        "portal": "this is another portal than the archive's",
        "batch": "the tree knows no such place",
    }

    def __init__(self, code: str, place: str = "") -> None:
        super().__init__(code, place)
        self.code, self.place = code, place

    def __str__(self) -> str:
        # A name out of a hostile file must not reach the terminal as it is.
        place = escaped(self.place)[:80]
        return (place + ": " if place else "") + {**self.words, **self.more}[self.code]


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
    """JSON, unless so much of it is nested that Python's C stack might not hold it."""
    if source.count("[") + source.count("{") > MAX_MARKS and nesting(source) > MAX_NESTING:
        raise ValueError("nested too deeply")
    return json.loads(source, **hooks)


def nesting(source: str) -> int:
    """How deep lists and objects of a JSON text stand in each other."""
    depth = deepest = 0
    # Whole texts are skipped, also one that never ends; so each character is seen once.
    for piece in re.finditer(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', source, re.DOTALL):
        mark = piece.group()
        depth += (mark in "[{") - (mark in "]}")
        deepest = max(deepest, depth)
    return deepest


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


def prose(value: Any, place: str) -> str:
    """The rule of a sentence: 1 to 2000 characters of any script, none that controls others.

    Refused are the control characters, lone surrogates, and U+2028 to U+202E: line and paragraph
    separators, and what turns the direction, which could show another sentence than is signed.
    """
    if not isinstance(value, str) or not 1 <= len(value) <= 2000:
        raise Refused("text", place)
    if re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\ud800-\udfff]", value):
        raise Refused("text", place)
    return value


def instant(value: Any, place: str) -> str:
    """The rule of an instant in UTC, to the millisecond; stays a text."""
    day, clock = r"(?:19[7-9]|[2-9][0-9]{2})[0-9]-[0-9]{2}-[0-9]{2}", "(?:[01][0-9]|2[0-3])"
    pattern = day + "T" + clock + r":[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z"
    if not isinstance(value, str) or not re.fullmatch(pattern, value):
        raise Refused("instant", place)
    try:
        seconds_of(value)
    except ValueError:  # no such day
        raise Refused("instant", place) from None
    return value


def seconds_of(instant: str) -> float:
    """Since 1970."""
    return datetime.fromisoformat(instant[:-1] + "+00:00").timestamp()


def hexes(least: int, most: int | None = None) -> Rule:
    """The rule of that many bytes: lower-case hex with 0x."""
    pattern = f"0x(?:[0-9a-f]{{2}}){{{least},{most or least}}}"

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
    """The rule of a list that may be empty."""
    return list_of(0, most, rule, "list")


def list_of(least: int, most: int, rule: Rule, code: str = "length") -> Rule:
    """The rule of a list."""

    def take(value: Any, place: str) -> list[Any]:
        if not isinstance(value, list) or not least <= len(value) <= most:
            raise Refused(code, place)
        return [rule(item, f"{place}[{index}]") for index, item in enumerate(value)]

    return take


def nullable(rule: Rule) -> Rule:
    """The rule of a member that may be null."""
    return lambda value, place: None if value is None else rule(value, place)


def members(rules: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Rule:
    """The rule of an object: these members, each of them, and no other but the optional ones."""
    every = {**rules, **(optional or {})}

    def take(value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Refused("object", place)
        prefix = place + "." if place else ""
        for name in value:
            if name not in every:
                raise Refused("unknown", prefix + name)
        for name in rules:
            if name not in value:
                raise Refused("missing", prefix + name)
        return {n: rule(value[n], prefix + n) for n, rule in every.items() if n in value}

    return take


def chosen(name: str, rules: dict[str, Rule]) -> Rule:
    """The rule of an object in which one member says by which rule it is read."""

    def take(value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Refused("object", place)
        inside = f"{place}.{name}" if place else name
        if name not in value:
            raise Refused("missing", inside)
        which = text("|".join(rules))(value[name], inside)
        found: dict[str, Any] = rules[which](value, place)
        return found

    return take


UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
FILE_NAME = "(?!\\.\\.?(?:/|$))[A-Za-z0-9._-]+"  # of one step of a path; neither . nor ..
PORTAL = text("urn:uuid:" + UUID)
PATIENT = text("Patient/[A-Za-z0-9.-]{1,64}")
KIND = text("[a-z][a-z0-9-]{0,31}")
REFERENCE = text("[!-~]{1,200}")

HINTS = {"transaction": hexes(32), "block_number": integer(0), "block_hash": hexes(32)}
CHAIN = members({"id": integer(1), "contract": hexes(20), **HINTS})

PROOF = members(
    {
        "format": constant("salus-proof/1"),
        "portal": PORTAL,
        "kind": KIND,
        "reference": REFERENCE,
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
        "chain": CHAIN,
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
    },
    optional={
        "registry": members(
            {"address": hexes(20), "deploy_block": integer(0), "code_hash": hexes(32)}
        ),
        "signers": list_of(1, 16, hexes(64)),
    },
)


def read_proof(data: bytes) -> dict[str, Any]:
    """The members of a proof file, hex and base64 as bytes; raises Refused."""
    return _proof(parse_json(data, MAX_PROOF))


def _proof(value: Any) -> dict[str, Any]:
    proof: dict[str, Any] = PROOF(value, "")
    if len(proof["path"]) != proof["batch"]["depth"]:
        raise Refused("depth", "path")
    _begins(proof["reference"], proof["portal"], "reference")
    return proof


def _begins(reference: str, portal: str, place: str) -> None:
    if not re.match(re.escape(portal) + "/.", reference):
        raise Refused("reference", place)


def read_trust(data: bytes) -> dict[str, Any]:
    """The members of a trust file, hex as bytes; `registry` and `signers` only where it has them."""
    trust: dict[str, Any] = TRUST(parse_json(data, MAX_TRUST), "")
    return trust


# -- consents: what was said, and who signed it ----------------------------------------------------

SIGNATURE = chosen(
    "type",
    {
        "eip712": members({"type": text("eip712"), "address": hexes(20), "value": hexes(65)}),
        "eip1271": members(
            {"type": text("eip1271"), "address": hexes(20), "value": hexes(1, 2048)}
        ),
        "webauthn": members(
            {
                "type": text("webauthn"),
                "credential": text("[A-Za-z0-9_-]{1,1364}"),
                "public_key": chosen(
                    "type",
                    {
                        "es256": members({"type": text("es256"), "x": hexes(32), "y": hexes(32)}),
                        "rs256": members(
                            {
                                "type": text("rs256"),
                                "n": hexes(256, 512),
                                "e": integer(3, 2**32 - 1),
                            }
                        ),
                    },
                ),
                "rp_id": text(r"(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)*"),
                "authenticator_data": base64_bytes,
                "client_data": base64_bytes,
                "signature": base64_bytes,
            }
        ),
    },
)

SIGNED = members(
    {
        "format": constant("salus-consent/1"),
        "signature": SIGNATURE,
        "statement": base64_bytes,
    }
)

SAID: dict[str, Rule] = {  # in every statement
    "custody": text("own|portal"),
    "format": constant("salus-consent-statement/1"),
    "id": text(UUID),
    "issued_at": instant,
    "nonce": hexes(16),
    "patient": PATIENT,
    "portal": PORTAL,
    "registry": members({"chain_id": integer(1), "contract": hexes(20)}),
    "text": prose,
}

# Statements that say more than their scope have them.
PROVISION = members(
    {
        "codes": list_of(0, 50, text("[!-~]{1,200}")),
        "effect": text("permit|deny"),
        "from": nullable(instant),
        "labels": list_of(0, 20, text("[A-Z]{1,16}")),
        "purposes": list_of(0, 10, text("[a-z-]{1,32}")),
        "role": text("[a-z-]{0,32}"),
        "types": list_of(1, 200, text("[!-~]{1,64}")),
        "until": nullable(instant),
    }
)

STATEMENT = chosen(
    "action",
    {
        "grant": members(
            {
                **SAID,
                "action": text("grant"),
                "ends_at": instant,
                "grantee": text("(?:User|Organization)/" + UUID),
                "lock": hexes(32),
                "resource_types": list_of(1, 200, text("[!-~]{1,64}")),
                "scope": text("[a-z][a-z0-9-]{0,31}"),
            },
            optional={"provisions": list_of(1, 20, PROVISION)},
        ),
        "revoke": members({**SAID, "action": text("revoke"), "consent": hexes(32)}),
    },
)

CONSENT = members(
    {
        "format": constant("salus-consent-proof/1"),
        "portal": PORTAL,
        "kind": text("consent"),
        "reference": REFERENCE,
        "document": base64_bytes,
        "salt": hexes(32),
        "commitment": hexes(32),
        "chain": CHAIN,
        "granted_at": integer(1),
        "revocation": nullable(
            members(
                {
                    "document": base64_bytes,
                    "secret": hexes(32),
                    "revoked_at": integer(1),
                    **HINTS,
                }
            )
        ),
    }
)


@dataclass(frozen=True)
class Signed:
    """A salus-consent/1 document, read: the statement, its very bytes, and who signed them."""

    statement: dict[str, Any]
    said: bytes
    signature: dict[str, Any]

    @property
    def digest(self) -> bytes:
        """What is signed."""
        return sha256(self.said)

    @property
    def typed(self) -> bytes:
        """What a wallet signs for it."""
        where = self.statement["registry"]
        text = self.statement["text"]
        return typed_digest(text, self.digest, where["chain_id"], where["contract"])

    @property
    def by_contract(self) -> bool:
        """Whether only a node can say if the signature holds."""
        return bool(self.signature["type"] == "eip1271")

    @property
    def by(self) -> str:
        """Who signed, as far as the file says."""
        given = self.signature
        key = f"a passkey of {given['rp_id']}" if "rp_id" in given else hex_of(given["address"])
        if self.statement["custody"] == "portal":
            return f"signed by {key}, which the portal keeps: no evidence against the portal"
        return f"signed by {key}, the person's own by the statement's word"


def read_consent_proof(data: bytes) -> dict[str, Any]:
    """The members of a consent's proof file, hex and base64 as bytes; raises Refused."""
    return _consent_proof(parse_json(data, MAX_CONSENT))


def _consent_proof(value: Any) -> dict[str, Any]:
    proof: dict[str, Any] = CONSENT(value, "")
    _begins(proof["reference"], proof["portal"], "reference")
    return proof


def read_signed(document: bytes) -> Signed:
    """A signed statement; raises Refused. Whether the signature holds is not looked at."""
    outer = SIGNED(parse_json(document, MAX_CONSENT), "")
    said: bytes = outer["statement"]
    statement = STATEMENT(parse_json(said, MAX_CONSENT), "statement")
    return Signed(statement, said, outer["signature"])


def signature_fault(signed: Signed) -> str:
    """What is wrong with a signature, in words; nothing if it holds or only a node can say."""
    by_type = {"eip712": _wallet_fault, "webauthn": _passkey_fault}
    judge = by_type.get(signed.signature["type"])
    return judge(signed) if judge else ""


def first_fault(*checks: tuple[bool, str]) -> str:
    """The words of the first check that does not hold; nothing where all do."""
    return next((words for holds, words in checks if not holds), "")


def _wallet_fault(signed: Signed) -> str:
    """EIP-712: the key that made the signature has the address."""
    value: bytes = signed.signature["value"]
    r, s, v = int.from_bytes(value[:32], "big"), int.from_bytes(value[32:64], "big"), value[64]
    if v not in (27, 28) or not is_low(s):
        return "v is 27 or 28 and s is low, in the one form that counts"
    key = recovered(signed.typed, r, s, v == 28)
    if key is None or address_of(key) != signed.signature["address"]:
        return "it was not made by this wallet for this statement"
    return ""


def _passkey_fault(signed: Signed) -> str:
    """WebAuthn: the authenticator was asked for this statement, by this host, with the person."""
    given, data = signed.signature, signed.signature["authenticator_data"]
    client = _client_data(given["client_data"])
    challenge = base64.urlsafe_b64encode(signed.digest).rstrip(b"=").decode()
    flags = data[32] if len(data) >= 37 else 0
    return first_fault(
        (client is not None, "its client data is not JSON"),
        ((client or {}).get("type") == "webauthn.get", "it was made for something else"),
        ((client or {}).get("challenge") == challenge, "it was made for another statement"),
        (_at_home(client or {}, given["rp_id"]), "it was made for a page elsewhere"),
        (data[:32] == sha256(given["rp_id"].encode()), "it was made for another host"),
        (flags & 1 == 1, "nobody was present"),
        (flags & 4 == 4, "nobody was verified"),
        (_passkey_holds(given), "it was not made with this key"),
    )


def _client_data(data: bytes) -> dict[str, Any] | None:
    """What the browser says that it asked for: JSON in which other members may stand."""
    try:
        source = data.decode("utf-8")
        # Numbers mean nothing here, so they are not read as numbers either.
        if nesting(source) > MAX_NESTING:
            return None
        found = load(
            source,
            object_pairs_hook=_once,
            parse_int=str,
            parse_float=str,
            parse_constant=_no_number,
        )
    except (ValueError, RecursionError, Refused):
        return None
    return found if isinstance(found, dict) else None


def _at_home(client: dict[str, Any], rp_id: str) -> bool:
    """The page's host is the relying party or below it, and no other site framed the page."""
    origin = client.get("origin")
    secure = r"(?:https://([a-z0-9.-]+)|http://(localhost))(?::[0-9]{1,5})?"
    found = re.fullmatch(secure, origin) if isinstance(origin, str) else None
    host = (found.group(1) or found.group(2)) if found else ""
    inside = host == rp_id or host.endswith("." + rp_id)
    return inside and client.get("crossOrigin", False) is False


def _passkey_holds(given: dict[str, Any]) -> bool:
    key, signature = given["public_key"], given["signature"]
    message = given["authenticator_data"] + sha256(given["client_data"])
    if key["type"] == "rs256":
        return key["e"] % 2 == 1 and rsa_holds(key["n"], key["e"], message, signature)
    numbers = from_der(signature)
    point = point_of(key["x"] + key["y"])
    return numbers is not None and ecdsa_holds(P256, point, sha256(message), *numbers)


# -- heads: what a person keeps --------------------------------------------------------------------

HEAD = members(
    {
        "commitments": list_of(1, MAX_FILES, hexes(32)),
        "count": integer(1),
        "format": constant("salus-head/1"),
        "number": integer(1),
        "person": PATIENT,
        "portal": PORTAL,
        "previous": nullable(hexes(32)),
    }
)

KEPT_HEAD = members(
    {
        "format": constant("salus-kept-head/1"),
        "portal": PORTAL,
        "reference": REFERENCE,
        "document": base64_bytes,
        "salt": hexes(32),
        "commitment": hexes(32),
        "signature": members({"public_key": hexes(64), "value": hexes(64)}),
    }
)


@dataclass(frozen=True)
class Head:
    """All that was committed for a person since the head before, which it names."""

    portal: str
    person: str
    number: int
    count: int
    previous: bytes | None
    commitments: list[bytes]
    commitment: bytes  # of the head itself

    @property
    def reference(self) -> str:
        """Under which it is sealed."""
        return f"{self.portal}/{self.person}/_head/{self.number}"


def read_head(document: bytes, commitment: bytes) -> Head:
    """A head's document; raises Refused. Whether its reference fits is not looked at."""
    found = HEAD(parse_json(document, MAX_HEAD), "")
    del found["format"]
    head = Head(**found, commitment=commitment)
    first, before = head.number == 1, head.count - len(head.commitments)
    if first != (head.previous is None) or first != (before == 0) or before < 0:
        raise Refused("count", "count")
    return head


def read_kept_head(data: bytes) -> tuple[dict[str, Any], Head]:
    """The members of a kept head and the head in it; raises Refused."""
    kept = KEPT_HEAD(parse_json(data, MAX_PROOF), "")
    _begins(kept["reference"], kept["portal"], "reference")
    head = read_head(kept["document"], kept["commitment"])
    if kept["reference"] != head.reference:
        raise Refused("named", "reference")
    return kept, head


def kept_fault(kept: dict[str, Any]) -> str:
    """What is wrong with a kept head's own signature; nothing if it holds."""
    key, value = kept["signature"]["public_key"], kept["signature"]["value"]
    r, s = int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big")
    digest = head_digest(kept["commitment"])
    parts = (kept["salt"], "head", kept["reference"], kept["document"])
    return first_fault(
        (commitment_of(*parts) == kept["commitment"], "its document was changed"),
        (is_low(s), "its signature is not in the one form that counts"),
        (ecdsa_holds(SECP256K1, point_of(key), digest, r, s), "its signature does not hold"),
    )


# -- asking a node ---------------------------------------------------------------------------------


class Unanswered(Exception):
    """A node gave no usable answer: nothing is shown by that, either way."""


Ask = Callable[[str, list[Any]], Any]  # method and parameters in; result out, or Unanswered
Calls = Sequence[tuple[str, list[Any]]]


@dataclass(frozen=True)
class Node:
    """A node of the chain; `name` leaves out what may be an access key."""

    name: str
    ask: Ask
    ask_many: Callable[[Calls], list[Any]] | None = None  # all in one request, or Unanswered


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
        return result_of(_post(opener, url, _call(1, method, params)))

    def ask_many(calls: Calls) -> list[Any]:
        body = [_call(number, *call) for number, call in enumerate(calls, 1)]
        return results_of(_post(opener, url, body), len(calls))

    name = parts.hostname + (f":{parts.port}" if parts.port else "")
    return Node(name, ask, ask_many)


def _call(number: int, method: str, params: list[Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def _post(opener: urllib.request.OpenerDirector, url: str, body: Any) -> bytes:
    headers = {"Content-Type": "application/json", "User-Agent": "salus-verify/1"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with opener.open(request, timeout=TIMEOUT) as response:
            answer: bytes = response.read(MAX_ANSWER + 1)
            return answer
    except urllib.error.HTTPError as error:
        raise Unanswered(f"HTTP status {error.code}") from None
    except Exception as error:
        # Whatever the network, TLS or HTTP layer raises, it is the same to us.
        raise Unanswered(str(getattr(error, "reason", "") or type(error).__name__)) from None


def _answer(body: bytes) -> Any:
    if len(body) > MAX_ANSWER:
        raise Unanswered("the answer is too large")
    try:
        return load(body.decode())
    except (ValueError, RecursionError):
        raise Unanswered("the answer is not JSON") from None


def result_of(body: bytes) -> Any:
    """The result in a JSON-RPC answer; raises Unanswered."""
    return _result(_answer(body))


def results_of(body: bytes, count: int) -> list[Any]:
    """The results in an answer to many calls, which may come in any order; raises Unanswered."""
    found = _answer(body)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Unanswered("the node takes one call at a time")
    by_number = {str(one.get("id")): one for one in found}
    return [_result(by_number.get(str(number))) for number in range(1, count + 1)]


def _result(answer: Any) -> Any:
    if not isinstance(answer, dict) or answer.get("error") or "result" not in answer:
        raise Unanswered("the node refuses the call")
    return answer["result"]


def results(node: Node, calls: Calls) -> Iterator[Any]:
    """What a node answers to many calls, in order; an Unanswered stands where an answer is missing.

    A node that left too many unanswered is asked no more, since each may take all of its time.
    """
    silent: list[Unanswered] = []
    for start in range(0, len(calls), CALLS_AT_ONCE):
        some = calls[start : start + CALLS_AT_ONCE]
        try:
            if node.ask_many is None or len(some) == 1 or silent:
                raise Unanswered("one at a time")
            yield from node.ask_many(some)
        except Unanswered:
            for call in some:
                yield silent[-1] if len(silent) == MAX_SILENT else _tried(node, call, silent)


def _tried(node: Node, call: tuple[str, list[Any]], silent: list[Unanswered]) -> Any:
    try:
        return node.ask(*call)
    except Unanswered as error:
        silent.append(error)
        return error


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


Call = tuple[bytes, bytes]  # a contract's address and the data that it is sent


@dataclass(frozen=True)
class State:
    """The chain as it stood after block `at`, as one node tells it."""

    node: Node
    at: int

    def calls(self, calls: Sequence[Call]) -> Iterator[bytes | Unanswered]:
        """What contracts answer, in order; an Unanswered where that is not usable."""
        for found in results(self.node, list(map(self._asked, calls))):
            try:
                yield found if isinstance(found, Unanswered) else data_of(found)
            except Unanswered as error:
                yield error

    def call(self, call: Call) -> bytes:
        """What a contract answers; raises Unanswered."""
        return data_of(self.node.ask(*self._asked(call)))

    def _asked(self, call: Call) -> tuple[str, list[Any]]:
        to, data = call
        return "eth_call", [{"to": hex_of(to), "data": hex_of(data)}, hex(self.at)]

    def time(self) -> int:
        """The block's own time."""
        return quantity(block(self.node, hex(self.at)).get("timestamp"))


def heads_call(log: bytes, sequence: int) -> Call:
    """`heads(n)` of a log; zeros are the answer where there is no entry."""
    return log, keccak256(b"heads(uint64)")[:4] + word(sequence)


def wallet_call(signed: Signed) -> Call:
    """`isValidSignature` of the contract that signed."""
    value: bytes = signed.signature["value"]
    data = keccak256(b"isValidSignature(bytes32,bytes)")[:4] + signed.typed + word(0x40)
    return signed.signature["address"], data + word(len(value)) + value + b"\0" * (-len(value) % 32)


def time_in(answer: bytes | Unanswered) -> int | Unanswered:
    """The uint64 that a registry answers."""
    if isinstance(answer, Unanswered):
        return answer
    if len(answer) != 32:
        return Unanswered("the answer is not a time")
    return int.from_bytes(answer, "big")


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
    subject: Subject | None = None

    def note(self, id: str, state: str, words: str) -> None:
        """Add a step."""
        self.steps.append(Step(id, state, words))
        self.tell(self.steps[-1])

    def check(self, id: str, holds: bool, right: str, wrong: str) -> bool:
        """Add a step that holds or fails."""
        self.note(id, OK if holds else FAILED, right if holds else wrong)
        return holds

    def fault(self, id: str, fault: str, right: str) -> bool:
        """Add a step that fails where there is a fault."""
        return self.check(id, not fault, right, fault)

    def settle(self, id: str, name: str, faults: Sequence[str | Unanswered], right: str) -> None:
        """Add a step about many answers: a fault in one counts more than one that is missing."""
        silent = [fault for fault in faults if isinstance(fault, Unanswered)]
        wrong = [fault for fault in faults if fault and not isinstance(fault, Unanswered)]
        if silent and not wrong:
            raise silent[0]
        self.check(id, not wrong, name + right, name + "".join(wrong[:1]))

    def has(self, state: str) -> bool:
        """Whether any step ended so."""
        return any(step.state == state for step in self.steps)

    @property
    def proof(self) -> dict[str, Any] | None:
        """The members of the proof file, where it was one that could be read."""
        return self.subject.proof if self.subject else None

    @property
    def exit_code(self) -> int:
        """0 proven, 1 not proven, 2 undecided."""
        return 1 if self.has(FAILED) else 2 if self.has(OPEN) or not self.steps else 0


class Subject(Protocol):
    """What a verdict is about: a file, or the log."""

    @property
    def proof(self) -> dict[str, Any] | None:
        """The members of the proof file, where it is one."""

    @property
    def not_proven(self) -> Sequence[str]:
        """What nobody should read into it."""

    def words(self) -> str:
        """What is proven if all steps hold."""

    def shown(self) -> str:
        """What it holds, for reading."""


class Claim(Subject, Protocol):
    """A file: a record's proof, a consent's, or an archive."""

    @property
    def portal(self) -> str:
        """The portal that it is about."""

    def check_file(self, report: Report, given: Given) -> None:
        """All that needs nothing but the file."""

    def check_trust(self, report: Report, trust: dict[str, Any]) -> bool:
        """That it is about what is trusted; gives whether the chain can be asked at all."""

    def check_kept(self, report: Report, kept: Head) -> None:
        """What a head that the person kept says about it."""

    def check_state(self, report: Report, trust: dict[str, Any], state: State) -> None:
        """What one node says; raises Unanswered."""


@dataclass(frozen=True)
class Given:
    """What a claim is checked against."""

    trust: bytes | None
    nodes: Sequence[Node]
    confirmations: int | None = None
    against: bytes | None = None  # a kept head


def verify(  # noqa: PLR0913 - the command's options
    proof_file: bytes,
    trust_file: bytes | None,
    nodes: Sequence[Node],
    *,
    confirmations: int | None = None,
    against: bytes | None = None,
    tell: Callable[[Step], None] = lambda _: None,
) -> Report:
    """Take all steps for a record's or a consent's proof; never raises for what files or nodes hold."""
    report = Report(tell)
    claim = report.subject = _read_claim(report, proof_file)
    if claim:
        _take_steps(report, claim, Given(trust_file, nodes, confirmations, against))
    return report


def _read_claim(report: Report, proof_file: bytes) -> Claim | None:
    name = "salus-proof/1"
    claim: Claim
    try:
        value = parse_json(proof_file, MAX_PROOF)
        if isinstance(value, dict) and value.get("format") == "salus-consent-proof/1":
            name = "salus-consent-proof/1"
            if len(proof_file) > MAX_CONSENT:
                raise Refused("size")
            claim = Consent(_consent_proof(value))
        else:
            claim = Record(_proof(value))
    except Refused as error:
        report.note("proof", FAILED, f"This is no {name} file ({error}).")
        return None
    report.note("proof", OK, f"The file is a well-formed {name}.")
    return claim


def _take_steps(report: Report, claim: Claim, given: Given) -> None:
    """File, trust, kept head, then each node; nodes are asked only if nothing failed before."""
    claim.check_file(report, given)
    trust = _trusted(report, given.trust)
    ready = trust is not None and claim.check_trust(report, trust)
    if given.against is not None:
        kept = _kept(report, given.against, trust, claim.portal)
        if kept is not None:
            claim.check_kept(report, kept)
    if report.has(FAILED):
        return
    if trust is None or not ready or not given.nodes:
        report.note("chain", OPEN, "Not checked against the chain: that needs --trust and --rpc.")
        return
    for node in given.nodes:
        _ask_node(report, node, given, trust, lambda state: claim.check_state(report, trust, state))


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


def _check_portal(report: Report, portal: str, trust: dict[str, Any]) -> None:
    report.check(
        "portal",
        portal == trust["portal"],
        "It is about the portal that you trust, " + trust["portal"],
        f"It is about another portal ({portal}) than you trust.",
    )


def _check_log(report: Report, chain_id: int, log: bytes, trust: dict[str, Any]) -> None:
    report.check(
        "log",
        (chain_id, log) == (trust["chain_id"], trust["log"]),
        f"It names the log that you trust, {hex_of(trust['log'])} on chain {trust['chain_id']}.",
        f"It names another log ({hex_of(log)} on chain {chain_id}) than you trust.",
    )


def _check_first(report: Report, previous: bytes, trust: dict[str, Any]) -> None:
    report.check(
        "first",
        previous == first_head(trust["chain_id"], trust["log"]),
        "It is the first entry, and follows this log's own beginning.",
        "It claims to be the first entry, but does NOT follow this log's beginning.",
    )


def _kept(report: Report, file: bytes, trust: dict[str, Any] | None, portal: str) -> Head | None:
    """The head that the person kept, unless it can't be one of this portal's."""
    try:
        kept, head = read_kept_head(file)
    except Refused as error:
        report.note("kept", FAILED, f"The head is no salus-kept-head/1 file ({error}).")
        return None
    fault = first_fault((head.portal == portal, "it is another portal's")) or kept_fault(kept)
    if fault:
        report.note("kept", FAILED, f"The head that you kept can't be relied on: {fault}.")
        return None
    signers = trust.get("signers") if trust else None
    if signers is None:
        report.note("kept", OPEN, "No trust file says whose signature on your head counts.")
        return head
    held = report.check(
        "kept",
        kept["signature"]["public_key"] in signers,
        f"Head {head.number} that you kept was signed by the portal that you trust.",
        "The head that you kept was signed by a key that you do not trust.",
    )
    return head if held else None


def _listed(report: Report, commitment: bytes, kept: Head) -> None:
    """Whether one commitment stands in the kept head."""
    if commitment in (kept.commitment, *kept.commitments):
        report.note("listed", OK, f"It stands in head {kept.number} that you kept.")
    else:
        words = "this head lists only its newest entries; use the archive"
        report.note("listed", OPEN, f"It does not stand in head {kept.number}: {words}.")


def _ask_node(
    report: Report,
    node: Node,
    given: Given,
    trust: dict[str, Any],
    check: Callable[[State], None],
) -> None:
    """What one node says; the first wrong or missing answer ends it."""
    try:
        state = _final_state(report, trust, node, given.confirmations)
        if state is not None:
            check(state)
    except Unanswered as error:
        why = escaped(str(error))[:120]
        report.note("node", OPEN, f"[{node.name}] It gave no usable answer ({why}).")


def _final_state(
    report: Report, trust: dict[str, Any], node: Node, confirmations: int | None
) -> State | None:
    """Chain, first block and finality; gives the state after the final block if all hold."""
    name = f"[{node.name}] "
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
    return State(node, at)


def _check_code(report: Report, state: State, address: bytes, code_hash: bytes, what: str) -> bool:
    """The contract does what the trusted code does."""
    name = f"[{state.node.name}] "
    code = data_of(state.node.ask("eth_getCode", [hex_of(address), hex(state.at)]))
    return report.check(
        "code",
        keccak256(code) == code_hash,
        f"{name}The {what}'s code is the one that you trust.",
        f"{name}There is other code at the {what}'s address than you trust, or none yet.",
    )


# -- a record: sealed in the log -------------------------------------------------------------------


@dataclass
class Record:
    """A salus-proof/1 file."""

    proof: dict[str, Any]
    not_proven: Sequence[str] = (
        "who wrote the document, and whether what it says is true;",
        "that it is all there is: other documents or versions may have been left out;",
        "who has kept or read it, and who held the keys;",
        "when it was written: the time is the chain's, and says only that it existed by then;",
        "anything about a portal or chain other than those in your trust file.",
    )

    @property
    def portal(self) -> str:
        """The portal's id."""
        return str(self.proof["portal"])

    def check_file(self, report: Report, given: Given) -> None:
        """From the document's bytes to the log's head."""
        proof, batch = self.proof, self.proof["batch"]
        _check_commitment(report, proof)
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

    def check_trust(self, report: Report, trust: dict[str, Any]) -> bool:
        """It is about the portal, chain and log that are trusted."""
        chain, batch = self.proof["chain"], self.proof["batch"]
        _check_portal(report, self.portal, trust)
        _check_log(report, chain["id"], chain["contract"], trust)
        if batch["sequence"] == 1:
            _check_first(report, batch["previous_head"], trust)
        return True

    def check_kept(self, report: Report, kept: Head) -> None:
        """It stands in the head that the person kept."""
        _listed(report, self.proof["commitment"], kept)

    def check_state(self, report: Report, trust: dict[str, Any], state: State) -> None:
        """The log holds this entry after the entry before it."""
        if not _check_code(report, state, trust["log"], trust["code_hash"], "log"):
            return
        name, batch = f"[{state.node.name}] ", self.proof["batch"]
        number: int = batch["sequence"]
        report.check(
            "entry",
            state.call(heads_call(trust["log"], number)) == batch["head"],
            f"{name}The log holds this head at {number}.",
            f"{name}The log does NOT hold this head at {number} in its final state.",
        )
        report.check(
            "previous",
            state.call(heads_call(trust["log"], number - 1)) == batch["previous_head"],
            f"{name}The log holds the previous head at {number - 1}.",
            f"{name}The log does NOT hold the previous head at {number - 1}.",
        )

    def words(self) -> str:
        """What was sealed, and by when."""
        return (
            f"these {len(self.proof['document'])} bytes, kind {self.proof['kind']}, under\n"
            f"  {self.proof['reference']}\n"
            f"were sealed by {date_of(self.proof['batch']['time'])}, the chain's time."
        )

    def shown(self) -> str:
        """The document."""
        return laid_out(self.proof["document"])


def _check_commitment(report: Report, proof: dict[str, Any]) -> None:
    names = ("salt", "kind", "reference", "document")
    report.check(
        "commitment",
        commitment_of(*(proof[name] for name in names)) == proof["commitment"],
        "Document, kind, reference and salt give the commitment " + short(proof["commitment"]),
        "Document, kind, reference and salt do NOT give the commitment: one was changed.",
    )


# -- a consent: recorded in the registry -----------------------------------------------------------


@dataclass
class Consent:
    """A salus-consent-proof/1 file; `person` is who must have given it, where that is known."""

    proof: dict[str, Any]
    person: str | None = None
    signed: Signed | None = None  # once the statement was checked
    ended: Signed | None = None
    seen: tuple[int, int] = (0, 0)  # time and number of the newest final block
    not_proven: Sequence[str] = (
        "whose key it is: the file says which key signed, not who holds it;",
        "what the person saw: a wallet shows the sentence, but a passkey shows nothing;",
        "that the statement's details say what its sentence says: read both;",
        "that everybody kept to it, or that the person has given or ended no other consent;",
        "that it was not ended without a record on the chain;",
        "anything about a portal or chain other than those in your trust file.",
    )

    @property
    def portal(self) -> str:
        """The portal's id."""
        return str(self.proof["portal"])

    @property
    def place(self) -> str:
        """The reference without the portal."""
        return str(self.proof["reference"][len(self.portal) + 1 :])

    def check_file(self, report: Report, given: Given) -> None:
        """Commitment, statement and signatures."""
        _check_commitment(report, self.proof)
        _check_statements(report, [self], given)

    def check_trust(self, report: Report, trust: dict[str, Any]) -> bool:
        """It is about the portal, chain and registry that are trusted."""
        _check_portal(report, self.portal, trust)
        return _check_registry(report, [self], trust)

    def check_kept(self, report: Report, kept: Head) -> None:
        """It stands in the head that the person kept."""
        _listed(report, self.proof["commitment"], kept)

    def check_state(self, report: Report, trust: dict[str, Any], state: State) -> None:
        """The registry holds it, and its end or none."""
        _check_recorded(report, [self], trust, state)

    def statement_fault(self) -> str:
        """Read what was said; give what is wrong with it."""
        try:
            signed = read_signed(self.proof["document"])
        except Refused as error:
            return f"the document is no salus-consent/1 ({error})"
        said = signed.statement
        self.signed = signed
        return first_fault(
            (said["action"] == "grant", "the statement does not give a consent"),
            (said["portal"] == self.portal, "the statement is another portal's"),
            (self.place == f"Consent/{said['id']}/_history/1", "the statement has another id"),
            (self.person in (None, said["patient"]), "the statement is another person's"),
        )

    def ending_fault(self) -> str:
        """Read how it was ended; give what is wrong with that."""
        revocation = self.proof["revocation"]
        if revocation is None or self.signed is None:
            return ""
        try:
            ended = read_signed(revocation["document"])
        except Refused as error:
            return f"the ending's document is no salus-consent/1 ({error})"
        said, first = ended.statement, self.signed.statement
        self.ended = ended
        same = all(said[name] == first[name] for name in ("portal", "patient", "id"))
        return first_fault(
            (said["action"] == "revoke", "the ending's statement ends nothing"),
            (same, "the ending is of another portal, person or id"),
            (said.get("consent") == self.proof["commitment"], "the ending is of another consent"),
            (keccak256(revocation["secret"]) == first["lock"], "the secret does not fit the lock"),
        ) or signature_fault(ended)

    def granted_fault(self, granted: int) -> str:
        """What is wrong with the time that the registry holds for it."""
        if granted == 0:
            return "the registry does NOT hold this consent in its final state"
        same = granted == self.proof["granted_at"]
        return "" if same else f"it was recorded at {date_of(granted)}, not when the file says"

    def standing_fault(self, ended: int) -> str:
        """What is wrong with the end that the registry holds for it, or with its having none."""
        revocation = self.proof["revocation"]
        if revocation is None:
            words = f"it was ended at {date_of(ended)}; this file hides that, or is older"
            return words if ended else ""
        if ended == 0:
            return "the registry does NOT hold its end in its final state"
        same = ended == revocation["revoked_at"]
        return "" if same else f"it was ended at {date_of(ended)}, not when the file says"

    def wallets(self) -> list[Judged]:
        """The signatures that only contracts can judge."""
        found, proof = [], self.proof
        if self.signed and self.signed.by_contract:
            where = proof["chain"]["block_number"]
            found.append(Judged(self.place, self.signed, proof["granted_at"], where))
        if self.ended and self.ended.by_contract:
            end = proof["revocation"]
            found.append(Judged(self.place, self.ended, end["revoked_at"], end["block_number"]))
        return found

    def words(self) -> str:
        """What was allowed, from when, until when, and whether it stands."""
        if self.signed is None:
            return ""
        said, (now, at) = self.signed.statement, self.seen
        ran_out = "had run out" if seconds_of(said["ends_at"]) <= now else "had not run out"
        ended = "had not been ended"
        if self.ended is not None:
            when = date_of(self.proof["revocation"]["revoked_at"])
            ended = f"was ended at {when},\n  {self.ended.by}"
        return (
            f"on record since {date_of(self.proof['granted_at'])}, the chain's time:\n"
            f"  “{printable(said['text'])}”\n"
            f"  {said['patient']} lets {said['grantee']}\n"
            f"  see {said['scope']} ({', '.join(said['resource_types'])}) until {said['ends_at']};\n"
            f"  {self.signed.by}.\n"
            f"As of block {at} ({date_of(now)}) it {ran_out} and {ended}."
        )

    def shown(self) -> str:
        """The statements, as they were signed."""
        found = [signed.said for signed in (self.signed, self.ended) if signed]
        return "\n".join(map(laid_out, found or [self.proof["document"]]))


class Judged(NamedTuple):
    """A signature that only a contract can judge, and when and where its consent was recorded."""

    place: str
    signed: Signed
    time: int
    block: int


def _worst(consents: Sequence[Consent], faults: Iterable[str]) -> str:
    """The first fault, with the consent that has it."""
    found = map(lambda consent, fault: fault and f"{consent.place}: {fault}.", consents, faults)
    return next(filter(None, found), "")


def _check_statements(report: Report, consents: Sequence[Consent], given: Given) -> None:
    """What was said and who signed it, in all of them."""
    fault = _worst(consents, (consent.statement_fault() for consent in consents))
    count = counted(len(consents), "statement")
    if not report.fault("statement", fault, f"{count} that this portal's people signed."):
        return
    signed = [consent.signed for consent in consents if consent.signed]
    fault = _worst(consents, map(signature_fault, signed))
    _note_signed(report, "signature", signed, fault, given)
    ending = [consent for consent in consents if consent.proof["revocation"] is not None]
    if ending:
        fault = _worst(ending, [consent.ending_fault() for consent in ending])
        ended = [consent.ended for consent in ending if consent.ended]
        _note_signed(report, "ending", ended, fault, given)


def _note_signed(
    report: Report, id: str, signed: Sequence[Signed], fault: str, given: Given
) -> None:
    """A step about signatures; those of contracts are left to the nodes."""
    contracts = sum(one.by_contract for one in signed)
    kept = sum(one.statement["custody"] == "portal" for one in signed)
    words = signed[0].by if len(signed) == 1 else f"{kept} with keys that the portal keeps"
    what = f"{counted(len(signed), id)}, {words}"
    if fault:
        report.note(id, FAILED, fault)
    elif contracts and not given.nodes:
        report.note(id, OPEN, f"{what}; {contracts} by a contract, which takes a node to judge.")
    else:
        later = f"; {contracts} by a contract, which is asked below" if contracts else ""
        report.note(id, OK, f"{what}{later}.")


def _check_registry(report: Report, consents: Sequence[Consent], trust: dict[str, Any]) -> bool:
    """The consents are on record where you trust; gives whether the chain can be asked."""
    registry = trust.get("registry")
    if registry is None:
        report.note("registry", OPEN, "Your trust file names no registry of consents.")
        return False
    here = (trust["chain_id"], registry["address"])
    named = [(c.proof["chain"]["id"], c.proof["chain"]["contract"]) for c in consents]
    fault = _worst(consents, ("" if one == here else "it names another registry" for one in named))
    where = f"{hex_of(here[1])} on chain {here[0]}"
    again = sum(_signed_for(consent) != here for consent in consents)
    note = f" ({again} signed for another one, and recorded here again)" if again else ""
    right = f"{counted(len(consents), 'consent')} in the registry that you trust, {where}{note}."
    return report.fault("registry", fault, right)


def _signed_for(consent: Consent) -> tuple[int, bytes] | None:
    if consent.signed is None:
        return None
    where = consent.signed.statement["registry"]
    return where["chain_id"], where["contract"]


def _check_recorded(
    report: Report, consents: Sequence[Consent], trust: dict[str, Any], state: State
) -> None:
    """What the registry holds of consents: when they were given, and whether they were ended."""
    registry, name = trust["registry"], f"[{state.node.name}] "
    if not _check_code(report, state, registry["address"], registry["code_hash"], "registry"):
        return
    wallets = [wallet for consent in consents for wallet in consent.wallets()]
    if wallets:
        _check_wallets(report, wallets, trust["chain_id"], state)

    def times(function: bytes, keys: Iterable[bytes]) -> list[int | Unanswered]:
        calls = [(registry["address"], keccak256(function)[:4] + key) for key in keys]
        return list(map(time_in, state.calls(calls)))

    def faults(
        judge: Callable[[Consent, int], str], answers: Sequence[int | Unanswered]
    ) -> list[str | Unanswered]:
        def fault(one: Consent, at: int | Unanswered) -> str | Unanswered:
            words = at if isinstance(at, Unanswered) else judge(one, at)
            return f"{one.place}: {words}." if words and isinstance(words, str) else words

        return list(map(fault, consents, answers))

    granted = times(b"grantedAt(bytes32)", (one.proof["commitment"] for one in consents))
    words = f"The registry holds {counted(len(consents), 'consent')}."
    report.settle("granted", name, faults(Consent.granted_fault, granted), words)
    locks = (one.signed.statement["lock"] for one in consents if one.signed)
    ended = times(b"revokedAt(bytes32)", locks)
    wrong, now = faults(Consent.standing_fault, ended), 0
    try:
        now = state.time()
        for consent in consents:
            consent.seen = max(consent.seen, (now, state.at))
    except Unanswered as error:
        wrong.append(error)
    over, when = sum(map(bool, ended)), f"as of block {state.at} ({date_of(now)})"
    words = f"{len(ended) - over} not ended, {over} ended, {when}, as the file says."
    report.settle("standing", name, wrong, words)


def _check_wallets(report: Report, wallets: Sequence[Judged], chain_id: int, state: State) -> None:
    """The contracts that signed say so, now or when the consents were recorded."""
    name, what = f"[{state.node.name}] ", counted(len(wallets), "contract wallet")
    away = [one for one in wallets if one.signed.statement["registry"]["chain_id"] != chain_id]
    here = [one for one in wallets if one not in away]
    faults = list(_wallet_faults(state, here))
    if away and not any(faults):
        report.note("wallet", OPEN, f"{name}{what}, {len(away)} on another chain: not asked.")
    else:
        report.settle("wallet", name, faults, f"{what} said that the signature is right.")


def _wallet_faults(state: State, wallets: Sequence[Judged]) -> Iterator[str | Unanswered]:
    """What is wrong with each; a node that left too many unanswered is asked no more."""
    silent: list[Unanswered] = []
    for one in wallets:
        try:
            if len(silent) == MAX_SILENT:
                raise silent[-1]
            address = hex_of(one.signed.signature["address"])
            words = f"{one.place}: the wallet {address} does NOT accept the signature."
            yield "" if _accepts(state, one) else words
        except Unanswered as error:
            silent = [*silent, error][:MAX_SILENT]
            yield error


def _accepts(state: State, wallet: Judged) -> bool:
    """Whether a contract calls a signature its own, or did when the consent was recorded.

    It may have changed its keys since. The block is the file's hint, so its time must be the one
    that the registry holds.
    """
    call, right = wallet_call(wallet.signed), b"\x16\x26\xba\x7e".ljust(32, b"\0")
    then, silent = State(state.node, wallet.block), None
    for where in (state, then):
        try:
            known = where is state or (then.at <= state.at and then.time() == wallet.time)
            if known and where.call(call) == right:
                return True
        except Unanswered as error:  # what a contract that reverts comes to
            silent = error
    if silent:
        raise silent
    return False


# -- an archive: everything of one person ----------------------------------------------------------

ARCHIVE = members(
    {
        "format": constant("salus-archive/1"),
        "portal": PORTAL,
        "person": PATIENT,
        "made_at": instant,
        "items": list_of(
            0,
            MAX_FILES,
            members(
                {
                    "kind": KIND,
                    "reference": REFERENCE,
                    "salt": hexes(32),
                    "commitment": hexes(32),
                    "document": text(f"documents(?:/{FILE_NAME})+"),
                    "batch": integer(1),
                    "position": integer(0, 2**MAX_DEPTH - 1),
                }
            ),
        ),
        "consents": list_of(0, MAX_FILES, text(f"consents(?:/{FILE_NAME})+")),
        "missing": list_of(
            0,
            MAX_FILES,
            members({"commitment": hexes(32), "reason": text("not-final|erased")}),
        ),
    }
)


def tree_nodes(value: Any, place: str) -> list[dict[int, bytes]]:
    """The rule of a tree's nodes: by level, from the leaves up, and by place in the level."""
    if not isinstance(value, dict):
        raise Refused("object", place)
    levels: list[dict[int, bytes]] = [{} for _ in range(MAX_DEPTH)]
    for name, node in value.items():
        if not re.fullmatch("(?:[0-9]|1[0-5]):(?:0|[1-9][0-9]{0,4})", name):
            raise Refused("text", f"{place}.{name}")
        level, index = map(int, name.split(":"))
        levels[level][index] = hexes(32)(node, f"{place}.{name}")
    return levels


TREE = members(
    {
        "format": constant("salus-tree/1"),
        "portal": PORTAL,
        "chain": members({"id": integer(1), "contract": hexes(20)}),
        "batches": list_of(
            0,
            MAX_FILES,
            members(
                {
                    "sequence": integer(1),
                    "depth": integer(0, MAX_DEPTH),
                    "time": integer(0),
                    "root": hexes(32),
                    "previous_head": hexes(32),
                    "head": hexes(32),
                    "nodes": tree_nodes,
                }
            ),
        ),
    }
)


class Listed(NamedTuple):
    """A file as a zip's directory has it."""

    name: str
    method: int
    crc: int
    packed: int  # bytes in the zip
    size: int  # bytes unpacked
    place: int  # where its own header begins


class Zip:
    """A zip file of which nothing is believed; every fault in it is Refused.

    Read by hand, since Python's own zipfile forgives much, and each of its versions other things.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        count, directory, self._start = _directory(file)
        self._listed: dict[str, Listed] = {}
        lowered: set[str] = set()
        packed = unpacked = at = 0
        while at < len(directory):
            one, at = _member(directory, at)
            packed, unpacked = packed + one.packed, unpacked + one.size
            if one.name.lower() in lowered:
                raise Refused("name", one.name)
            lowered.add(one.name.lower())
            self._listed[one.name] = one
        if len(self._listed) > MAX_FILES:
            raise Refused("many")
        if len(self._listed) != count:
            raise Refused("zip")
        if max(packed, unpacked) > MAX_UNPACKED:
            raise Refused("size")

    @property
    def names(self) -> set[str]:
        """Of all files in it."""
        return set(self._listed)

    def pieces(self, name: str) -> Iterator[bytes]:
        """A file's bytes; exactly those that the directory says, or Refused."""
        one = self._listed.get(name)
        if one is None:
            raise Refused("absent", name)
        left, crc = one.size, 0
        try:
            for piece in _inflated(self._packed(one)) if one.method else self._packed(one):
                left, crc = left - len(piece), zlib.crc32(piece, crc)
                if left < 0:
                    break
                yield piece
        except zlib.error:
            raise Refused("zip", name) from None
        if left or crc != one.crc:
            raise Refused("zip", name)

    def _packed(self, one: Listed) -> Iterator[bytes]:
        """A file's bytes as they stand in the zip, before its directory."""
        begin = one.place + 30 + len(one.name)
        if begin + one.packed > self._start:
            raise Refused("zip", one.name)
        self._file.seek(one.place)
        header = self._file.read(begin - one.place)
        name, more = struct.unpack_from("<HH", header, 26)
        if header[:4] != b"PK\3\4" or name != len(one.name) or header[30:] != one.name.encode():
            raise Refused("zip", one.name)
        if begin + more + one.packed > self._start:
            raise Refused("zip", one.name)
        self._file.seek(begin + more)
        for at in range(0, one.packed, PIECE):
            yield self._file.read(min(PIECE, one.packed - at))

    def read(self, name: str, most: int) -> bytes:
        """A small file, whole."""
        found = bytearray()
        for piece in self.pieces(name):
            found += piece
            if len(found) > most:
                raise Refused("size", name)
        return bytes(found)

    def hash(self, name: str) -> bytes:
        """The SHA-256 of a file of any size."""
        hashed = hashlib.sha256()
        for piece in self.pieces(name):
            hashed.update(piece)
        return hashed.digest()

    def json(self, name: str, most: int, rule: Rule) -> dict[str, Any]:
        """A JSON file in it, by its rule."""
        try:
            found: dict[str, Any] = rule(parse_json(self.read(name, most), most), "")
        except Refused as error:
            inside = error.place if error.place.startswith(name) else f"{name} {error.place}"
            raise Refused(error.code, inside.strip()) from None
        return found


def _inflated(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """What a deflate stream that ends with the last byte unpacks to; raises zlib.error."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    for piece in pieces:
        if stream.eof:
            raise zlib.error("something behind the stream")
        rest = piece
        while rest:
            yield stream.decompress(rest, PIECE)
            rest = stream.unconsumed_tail
    while not stream.eof:
        piece = stream.decompress(b"", PIECE)
        if not piece:
            raise zlib.error("the stream is cut off")
        yield piece
    if stream.unused_data:
        raise zlib.error("something behind the stream")


def _directory(file: BinaryIO) -> tuple[int, bytes, int]:
    """How many files a zip says that it has, the list of them, and where that begins.

    The list ends right before the end record, which ends the file; with more than 65,535 files there
    are two records more in between, whose numbers then count.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 98))
    end = file.read(98).rjust(98, b"\0")
    mark, *numbers, comment = struct.unpack("<4s4H2LH", end[76:])
    behind = size - 22
    if end[56:60] == b"PK\6\7":
        behind = size - 98
        mark64, length, _made, _needed, *large = struct.unpack("<4sQHH2L4Q", end[:56])
        place = struct.pack("<LQL", 0, max(0, behind), 1)
        if (mark64, length, end[60:76]) != (b"PK\6\6", 44, place):
            raise Refused("zip")
        ones = [0xFFFF] * 4 + [0xFFFFFFFF] * 2
        if not all(map(lambda small, *both: small in both, numbers, large, ones)):
            raise Refused("zip")
        numbers = large
    *disks, here, count, listed, start = numbers
    if mark != b"PK\5\6" or comment or any(disks) or here != count or start + listed != behind:
        raise Refused("zip")
    if listed > MAX_DIRECTORY:
        raise Refused("many")
    file.seek(start)
    return count, file.read(listed), start


SEALED_FLAGS = 1 | 1 << 5 | 1 << 6 | 1 << 13  # encrypted, a patch, encrypted, the list masked


def _member(directory: bytes, at: int) -> tuple[Listed, int]:
    """One file of the list, and where the next one stands."""
    if directory[at : at + 4] != b"PK\1\2" or at + 46 > len(directory):
        raise Refused("zip")
    fields = struct.unpack_from("<6H3L5H2L", directory, at + 4)
    _made, needed, flags, method, _time, _day, crc, packed, size = fields[:9]
    lengths, disk, place = fields[9:12], fields[12], fields[15]
    ends = [at + 46 + sum(lengths[:n]) for n in range(4)]
    name = directory[ends[0] : ends[1]].decode("latin-1")
    if ends[3] > len(directory) or disk:
        raise Refused("zip", name)
    if len(name) > 200 or not re.fullmatch(f"{FILE_NAME}(?:/{FILE_NAME})*", name):
        raise Refused("name", name)
    if flags & SEALED_FLAGS or needed > 63 or method not in (0, 8):
        raise Refused("packed", name)
    numbers = _widened((size, packed, place), directory[ends[1] : ends[2]], name)
    return Listed(name, method, crc, numbers[1], numbers[0], numbers[2]), ends[3]


def _widened(numbers: Sequence[int], extra: bytes, name: str) -> list[int]:
    """A file's numbers, taken from its extra fields where they are too large for their place."""
    large, at = [], 0
    while at < len(extra):
        kind, length = struct.unpack_from("<HH", extra.ljust(at + 4, b"\0"), at)
        if at + 4 + length > len(extra) or kind == 0x7075:  # the name once more, in Unicode
            raise Refused("zip", name)
        if kind == 1:
            large.append(extra[at + 4 : at + 4 + length])
        at += 4 + length
    wide = list(numbers).count(0xFFFFFFFF)
    if list(map(len, large)) != ([8 * wide] if wide else []):
        raise Refused("zip", name)
    found = iter(struct.unpack(f"<{wide}Q", b"".join(large)))
    return [next(found) if number == 0xFFFFFFFF else number for number in numbers]


def root_from(
    leaves: dict[int, bytes], given: Sequence[dict[int, bytes]], depth: int
) -> tuple[bytes | None, str]:
    """The root over leaves by position, with the siblings given by level; or what is wrong."""
    level = leaves
    for siblings in given[:depth]:
        if any(level.get(index, node) != node for index, node in siblings.items()):
            return None, "a node that is given is not the one that its leaves lead to"
        above: dict[int, bytes] = {}
        for index, node in level.items():
            if index // 2 in above:
                continue
            sibling = level.get(index ^ 1) or siblings.get(index ^ 1)
            if sibling is None:
                return None, "a node of the tree is missing"
            above[index // 2] = parent_of(node, sibling)
        level = above
    return level.get(0), "" if level.keys() == {0} else "no leaf of it is here"


@dataclass
class Archive:
    """An archive, once its two lists were read."""

    zip: Zip
    listing: dict[str, Any]
    tree: dict[str, Any]
    consents: list[Consent] = field(default_factory=list)
    heads: list[Head] = field(default_factory=list)
    proof: None = None

    @property
    def portal(self) -> str:
        """The portal's id."""
        return str(self.listing["portal"])

    @property
    def items(self) -> list[dict[str, Any]]:
        """Documents and heads."""
        found: list[dict[str, Any]] = self.listing["items"]
        return found

    @property
    def batches(self) -> list[dict[str, Any]]:
        """The log's entries in which the items were sealed."""
        found: list[dict[str, Any]] = self.tree["batches"]
        return found

    @property
    def not_proven(self) -> Sequence[str]:
        """What nobody should read into it."""
        newest = f"head {self.heads[-1].number}" if self.heads else "any head"
        return (
            f"that there is nothing newer than {newest}: keep your newest head, and name it with\n"
            "    --against;",
            "who wrote the documents, and whether what they say is true;",
            "who has kept or read them, and who held the keys;",
            "that what is missing really was erased or is really not final;",
            "README.txt, and anything about a portal or chain other than in your trust file.",
        )

    def check_file(self, report: Report, given: Given) -> None:
        """All that the archive says of itself."""
        self._check_items(report)
        self._check_heads(report)
        self._check_complete(report)
        if self.consents:
            _check_statements(report, self.consents, given)

    def _check_items(self, report: Report) -> None:
        count = counted(len(self.items) + len(self.consents), "commitment")
        fault = next(filter(None, map(self._item_fault, self.items)), "") or _worst(
            self.consents, map(_commitment_fault, self.consents)
        )
        report.fault("commitment", fault, f"{count} given by document, kind, reference and salt.")
        by_batch: dict[int, dict[int, bytes]] = {}
        places = f"{counted(len(self.items), 'path')} to {counted(len(self.batches), 'root')}"
        fault = self._place_leaves(by_batch)
        for batch in self.batches:
            fault = fault or self._root_fault(batch, by_batch.get(batch["sequence"], {}))
        report.fault("root", fault, f"{places}.")
        wrong = [b["sequence"] for b in self.batches if _entry_of(b) != b["head"]]
        fault = (
            f"Entry {wrong[0]} of the log: root, depth and time do NOT give it." if wrong else ""
        )
        report.fault("head", fault, f"{counted(len(self.batches), 'entry')} of the log made so.")

    def _item_fault(self, item: dict[str, Any]) -> str:
        try:
            hashed = self.zip.hash(item["document"])
        except Refused as error:
            return f"{self.short(item)}: its file can't be read ({error})."
        made = commitment_from(item["salt"], item["kind"], item["reference"], hashed)
        same = made == item["commitment"]
        return "" if same else f"{self.short(item)}: this is NOT what was committed."

    def _place_leaves(self, by_batch: dict[int, dict[int, bytes]]) -> str:
        """Each item's leaf at its place; two that claim one place are a fault."""
        for item in self.items:
            leaves, at = by_batch.setdefault(item["batch"], {}), item["position"]
            leaf = leaf_of(item["commitment"])
            if leaves.setdefault(at, leaf) != leaf:
                return f"{self.short(item)}: another document claims its place in the tree."
        return ""

    def _root_fault(self, batch: dict[str, Any], leaves: dict[int, bytes]) -> str:
        root, fault = root_from(leaves, batch["nodes"], batch["depth"])
        if root != batch["root"]:
            fault = fault or "its leaves do NOT lead to its root"
        if not fault:
            return ""
        first = [self.short(item) for item in self.items if item["batch"] == batch["sequence"]]
        return f"Entry {batch['sequence']} of the log ({(first or ['no item'])[0]}): {fault}."

    def _check_heads(self, report: Report) -> None:
        """The person's heads, one after the other from the first."""
        items = [item for item in self.items if item["kind"] == "head"]
        fault = ""
        for item in items:
            try:
                document = self.zip.read(item["document"], MAX_HEAD)
                head = read_head(document, item["commitment"])
                self.heads.append(head)
                if item["reference"] != head.reference:
                    raise Refused("named", "reference")
            except Refused as error:
                fault = fault or f"{self.short(item)}: this is no salus-head/1 ({error})."
        self.heads.sort(key=lambda head: head.number)
        fault = fault or self._chain_fault()
        if items or fault:
            report.fault("heads", fault, f"{counted(len(self.heads), 'head')}, without a gap.")
        else:
            words = "It holds no head: nothing shows whether something was left out."
            report.note("heads", OPEN, words)

    def _chain_fault(self) -> str:
        before: Head | None = None
        for head in self.heads:
            count = (before.count if before else 0) + len(head.commitments)
            fault = first_fault(
                (head.person == self.listing["person"], "it is another person's"),
                (head.number == (before.number if before else 0) + 1, "the head before is missing"),
                (head.previous == (before.commitment if before else None), "it follows another"),
                (head.count == count, "it does not count right"),
            )
            if fault:
                return f"Head {head.number}: {fault}."
            before = head
        return ""

    def _check_complete(self, report: Report) -> None:
        """What heads list is here, and what is here is listed, each exactly once."""
        missing = {one["commitment"] for one in self.listing["missing"]}
        here = {i["commitment"]: self.short(i) for i in self.items if i["kind"] != "head"}
        here.update((one.proof["commitment"], one.place) for one in self.consents)
        listed: set[bytes] = set()
        fault = again = ""
        for head in self.heads:
            for commitment in head.commitments:
                what = f"Head {head.number} lists {short(commitment)}"
                if commitment in listed:
                    again = again or f"{what}, as it or one before did already."
                if commitment not in here and commitment not in missing:
                    fault = fault or f"{what}: this was LEFT OUT of the archive."
                listed.add(commitment)
        report.fault("complete", fault, f"{counted(len(listed), 'listed commitment')} all here.")
        stray = [place for commitment, place in here.items() if commitment not in listed]
        if stray:
            again = again or f"{stray[0]}: no head lists it."
        report.fault("listed", again, f"{counted(len(here), 'document')} all listed, once each.")

    def check_trust(self, report: Report, trust: dict[str, Any]) -> bool:
        """It is about the portal, chain, log and registry that are trusted."""
        _check_portal(report, self.portal, trust)
        chain = self.tree["chain"]
        _check_log(report, chain["id"], chain["contract"], trust)
        for batch in self.batches:
            if batch["sequence"] == 1:
                _check_first(report, batch["previous_head"], trust)
        if self.consents:
            _check_registry(report, self.consents, trust)
        return True

    def check_kept(self, report: Report, kept: Head) -> None:
        """The head that the person kept is one of these heads."""
        newest, mine = self.heads[-1].number if self.heads else 0, kept.person
        waiting = {"commitment": kept.commitment, "reason": "not-final"} in self.listing["missing"]
        heads = {i["reference"]: i["commitment"] for i in self.items if i["kind"] == "head"}
        here = heads.get(kept.reference)
        if waiting and here is None and mine == self.listing["person"]:
            words = f"The archive says that head {kept.number}, which you kept, is not final yet."
            report.note("history", OPEN, words)
            return
        shorter = f"You keep head {kept.number}, but the archive ends with head {newest}"
        other = f"TWO HISTORIES: head {kept.number} is another than the one that you kept."
        fault = first_fault(
            (mine == self.listing["person"], "The head that you kept is another person's."),
            (here is not None, f"{shorter}: something newer was LEFT OUT."),
            (here == kept.commitment, other),
        )
        report.fault("history", fault, f"Its head {kept.number} is the one that you kept.")

    def check_state(self, report: Report, trust: dict[str, Any], state: State) -> None:
        """The log holds all entries, and the registry all consents."""
        if _check_code(report, state, trust["log"], trust["code_hash"], "log"):
            self._check_entries(report, trust["log"], state)
        if self.consents and "registry" in trust:
            _check_recorded(report, self.consents, trust, state)

    def _check_entries(self, report: Report, log: bytes, state: State) -> None:
        name, count = f"[{state.node.name}] ", counted(len(self.batches), "entry")
        wanted = sorted({b["sequence"] - n for b in self.batches for n in (0, 1)})
        answers = state.calls([heads_call(log, number) for number in wanted])
        held = dict(map(lambda *both: both, wanted, answers))

        def fault(number: int, expected: bytes) -> str | Unanswered:
            found = held[number]
            if isinstance(found, Unanswered):
                return found
            return "" if found == expected else f"The log does NOT hold this at {number}."

        for id, member, back in (("entry", "head", 0), ("previous", "previous_head", 1)):
            faults = [fault(batch["sequence"] - back, batch[member]) for batch in self.batches]
            words = f"The log holds {count}" + (", each after the one before." if back else ".")
            report.settle(id, name, faults, words)

    def short(self, item: dict[str, Any]) -> str:
        """A reference without the portal; visible ASCII."""
        return str(item["reference"][len(self.portal) + 1 :])

    def words(self) -> str:
        """What is here, and what is not."""
        documents = counted(len(self.items) - len(self.heads), "document")
        newest = self.heads[-1]
        times = {batch["sequence"]: batch["time"] for batch in self.batches}
        sealed = [times[i["batch"]] for i in self.items if i["commitment"] == newest.commitment]
        lines = [
            f"{documents} and {counted(len(self.consents), 'consent')} of {newest.person}: all that",
            f"  was committed up to head {newest.number}, sealed by {date_of(sealed[0])}.",
        ]
        for reason, words in (("not-final", "not final yet"), ("erased", "erased")):
            count = sum(one["reason"] == reason for one in self.listing["missing"])
            if count:
                lines.append(
                    f"  But {counted(count, 'commitment')} without document: {words}, it says."
                )
        return "\n".join(lines)

    def shown(self) -> str:
        """What is in it; the documents are in the zip itself."""
        lines = [f"{item['kind']:<8} {self.short(item)}" for item in self.items]
        return "\n".join(lines + [f"consent  {one.place}" for one in self.consents])


def _commitment_fault(consent: Consent) -> str:
    parts = (consent.proof[name] for name in ("salt", "kind", "reference", "document"))
    same = commitment_of(*parts) == consent.proof["commitment"]
    return "" if same else "this is NOT what was committed"


def _entry_of(batch: dict[str, Any]) -> bytes:
    names = ("previous_head", "sequence", "root", "depth", "time")
    return head_of(*(batch[name] for name in names))


def verify_archive(  # noqa: PLR0913 - the command's options
    file: BinaryIO,
    trust_file: bytes | None,
    nodes: Sequence[Node],
    *,
    confirmations: int | None = None,
    against: bytes | None = None,
    tell: Callable[[Step], None] = lambda _: None,
) -> Report:
    """Take all steps for an archive; never raises for what files or nodes hold."""
    report = Report(tell)
    try:
        archive = _read_archive(file)
    except Refused as error:
        report.note("archive", FAILED, f"This is no salus-archive/1 ({error}).")
        return report
    made = f"of {archive.listing['person']}, made at {archive.listing['made_at']} by its own word"
    report.note("archive", OK, f"A well-formed salus-archive/1 {made}.")
    if archive.listing["consents"] and not _read_consents(report, archive):
        return report
    report.subject = archive
    _take_steps(report, archive, Given(trust_file, nodes, confirmations, against))
    return report


def _read_archive(file: BinaryIO) -> Archive:
    """The two lists of an archive, which must fit each other and the files in it."""
    zipped = Zip(file)
    listing = zipped.json("archive.json", MAX_LISTING, ARCHIVE)
    tree = zipped.json("tree.json", MAX_LISTING, TREE)
    archive = Archive(zipped, listing, tree)
    if tree["portal"] != archive.portal:
        raise Refused("portal", "tree.json portal")
    _check_places(archive)
    _unique(item["document"] for item in archive.items)
    _unique(listing["consents"])
    _unique(archive.short(item) for item in archive.items)
    everything = [item["commitment"] for item in archive.items + listing["missing"]]
    _unique(map(hex_of, everything))
    listed = {*listing["consents"], *(item["document"] for item in archive.items)}
    for name in sorted(listed - zipped.names):
        raise Refused("absent", name)
    for name in sorted(zipped.names - listed - {"archive.json", "tree.json", "README.txt"}):
        raise Refused("stray", name)
    return archive


def _unique(values: Iterable[str]) -> None:
    seen = set()
    for value in values:
        if value in seen:
            raise Refused("twice", value)
        seen.add(value)


def _check_places(archive: Archive) -> None:
    """Every item is somewhere in an entry's tree, and so is every node that is given."""
    _unique(f"tree.json entry {batch['sequence']}" for batch in archive.batches)
    depths = {batch["sequence"]: batch["depth"] for batch in archive.batches}
    for index, item in enumerate(archive.items):
        place = f"archive.json items[{index}]"
        _begins(item["reference"], archive.portal, place + ".reference")
        if item["batch"] not in depths or item["position"] >= 2 ** depths[item["batch"]]:
            raise Refused("batch", place)
    for index, batch in enumerate(archive.batches):
        for level, nodes in enumerate(batch["nodes"]):
            width = 2 ** (batch["depth"] - level) if level < batch["depth"] else 0
            if any(node >= width for node in nodes):
                raise Refused("batch", f"tree.json batches[{index}].nodes")


def _read_consents(report: Report, archive: Archive) -> bool:
    """The consents' proof files; gives whether they can be read."""
    known = {item["reference"] for item in archive.items}
    commitments = {item["commitment"] for item in archive.items + archive.listing["missing"]}
    try:
        for name in archive.listing["consents"]:
            proof = archive.zip.json(name, MAX_CONSENT, CONSENT)
            if proof["portal"] != archive.portal:
                raise Refused("portal", name)
            _begins(proof["reference"], archive.portal, name)
            if proof["reference"] in known or proof["commitment"] in commitments:
                raise Refused("twice", name)
            known.add(proof["reference"])
            commitments.add(proof["commitment"])
            archive.consents.append(Consent(proof, archive.listing["person"]))
    except Refused as error:
        report.note("proof", FAILED, f"A consent in it is no salus-consent-proof/1 ({error}).")
        return False
    count = counted(len(archive.consents), "salus-consent-proof/1 file")
    report.note("proof", OK, f"{count}, well-formed.")
    return True


# -- the whole log ---------------------------------------------------------------------------------


APPENDED = b"Appended(uint64,bytes32,uint8,uint64,bytes32)"  # an entry's event
Event = tuple[int, bytes, int, int, bytes]  # number, root, depth, time and head


@dataclass
class Entries:
    """The entries of a log as events tell them, each held against the one before."""

    heads: list[bytes]  # by number, from the log's own beginning
    first: int = 0  # the chain's time
    last: int = 0
    fault: str = ""

    def take(self, event: Event) -> None:
        """The next event."""
        number, root, depth, at, head = event
        expected = len(self.heads)
        self.fault = first_fault(
            (number == expected, f"Entry {number} comes where entry {expected} should."),
            (
                head_of(self.heads[-1], number, root, depth, at) == head,
                f"Entry {number} does NOT follow from the entry before it.",
            ),
        )
        self.heads.append(head)
        self.first, self.last = self.first or at, at


def _appended(event: Any) -> Event:
    """What stands in an event; raises Unanswered for what is no event of the log."""
    topics = event.get("topics") if isinstance(event, dict) else None
    if not isinstance(topics, list) or len(topics) != 3:
        raise Unanswered("the answer is not an event of the log")
    if event.get("removed", False) is not False:
        raise Unanswered("the answer is not an event of the log")
    name, number, root = map(data_of, topics)
    data = data_of(event.get("data"))
    if name != keccak256(APPENDED) or {len(number), len(root)} != {32} or len(data) != 96:
        raise Unanswered("the answer is not an event of the log")
    depth, at = int.from_bytes(data[:32], "big"), int.from_bytes(data[32:64], "big")
    return int.from_bytes(number, "big"), root, depth, at, data[64:]


def _told(answer: Any) -> list[Event]:
    if not isinstance(answer, list):
        raise Unanswered("the answer is not a list of events")
    return list(map(_appended, answer))


def events(
    state: State, log: bytes, start: int, progress: Callable[[int, int], None]
) -> Iterator[Event]:
    """A log's events from a block on to the final one, in order.

    Asked for by ranges of blocks. A node that gives no usable answer for one is asked for half of
    it, then for no more than that at once; one that gives none for a single block is not usable.
    """
    most = BLOCKS_AT_ONCE
    while start <= state.at:
        end = min(start + most - 1, state.at)
        wanted = {"address": hex_of(log), "topics": [hex_of(keccak256(APPENDED))]}
        asked = {**wanted, "fromBlock": hex(start), "toBlock": hex(end)}
        try:
            # All of them are read before the first is given: one that is none spoils the answer.
            found = _told(state.node.ask("eth_getLogs", [asked]))
        except Unanswered:
            if start == end:
                raise
            most = (end - start + 1) // 2
            continue
        yield from found
        start = end + 1
        progress(end, state.at)


Progress = Callable[[int, int], None]  # the block that was reached, and the last one


@dataclass
class Audit:
    """What was found of a log, node by node."""

    found: list[Entries] = field(default_factory=list)
    proof: None = None
    not_proven: Sequence[str] = (
        "what the roots stand for: that takes proofs;",
        "anything about a chain other than the one in your trust file.",
    )

    def words(self) -> str:
        """How many entries, from when to when."""
        entries = min(self.found, key=lambda found: len(found.heads))
        count = len(entries.heads) - 1
        times = f", from {date_of(entries.first)} to {date_of(entries.last)}" if count else ""
        return f"the log holds {counted(count, 'entry')}{times}, and no other."

    def shown(self) -> str:
        """Nothing: a log holds no documents."""
        return ""


def audit(
    trust_file: bytes | None,
    nodes: Sequence[Node],
    *,
    confirmations: int | None = None,
    tell: Callable[[Step], None] = lambda _: None,
    progress: Progress = lambda *_: None,
) -> Report:
    """Go through the whole log at every node; never raises for what file or nodes hold."""
    report, found = Report(tell), Audit()
    trust = _trusted(report, trust_file)
    if trust is None or not nodes:
        if not report.has(FAILED):
            report.note("chain", OPEN, "Nothing was audited: that needs --trust and --rpc.")
        return report
    report.subject = found
    given = Given(trust_file, nodes, confirmations)
    for node in nodes:
        _ask_node(
            report,
            node,
            given,
            trust,
            lambda at: found.found.extend(_audited(report, trust, at, progress)),
        )
    if len(found.found) > 1:
        _check_agreement(report, found.found)
    return report


def _audited(
    report: Report, trust: dict[str, Any], state: State, progress: Progress
) -> Iterator[Entries]:
    """One node's entries, if they hold."""
    log, name = trust["log"], f"[{state.node.name}] "
    if not _check_code(report, state, log, trust["code_hash"], "log"):
        return
    entries = Entries([first_head(trust["chain_id"], log)])
    for event in events(state, log, trust["deploy_block"], progress):
        entries.take(event)
        if entries.fault:
            break
    last = len(entries.heads) - 1
    words = f"{name}{counted(last, 'entry')} without a gap, each made after the one before."
    if not report.fault("entries", entries.fault and name + entries.fault, words):
        return
    report.check(
        "last",
        state.call(heads_call(log, last)) == entries.heads[-1],
        f"{name}The log holds the head that they lead to at {last}.",
        f"{name}The log does NOT hold the head that they lead to at {last}.",
    )
    if report.check(
        "end",
        state.call(heads_call(log, last + 1)) == bytes(32),
        f"{name}The log holds nothing at {last + 1}.",
        f"{name}The log holds an entry {last + 1} of which no event tells.",
    ):
        yield entries


def _check_agreement(report: Report, found: Sequence[Entries]) -> None:
    """Nodes may be at different blocks; as far as all of them are, they tell the same."""
    shortest = min(len(entries.heads) for entries in found)
    report.check(
        "agree",
        len({entries.heads[shortest - 1] for entries in found}) == 1,
        f"The {len(found)} nodes agree up to entry {shortest - 1}.",
        "The nodes tell different entries.",
    )


# -- words -----------------------------------------------------------------------------------------


def hex_of(data: bytes) -> str:
    """Lower case, with 0x."""
    return "0x" + data.hex()


def short(data: bytes) -> str:
    """Enough of a hash to compare by eye."""
    return hex_of(data)[:14] + "..."


def escaped(text: str) -> str:
    """Visible ASCII, whatever a file or a node wants to say."""
    return ascii(text)[1:-1]


def counted(count: int, what: str) -> str:
    """A number and its noun."""
    return (
        f"{count:,} {what if count == 1 else what[:-1] + 'ies' if what[-1] == 'y' else what + 's'}"
    )


def date_of(at: int) -> str:
    """The chain's time for people; the bare number where no calendar reaches."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))
    except (ValueError, OverflowError, OSError):
        return f"{at} seconds since 1970"


def verdict(report: Report, nodes: int) -> str:
    """The last word."""
    if report.exit_code == 1 or report.subject is None:
        return "UNDECIDED." if report.exit_code == 2 else "NOT PROVEN: do not rely on it."
    if report.exit_code == 2:
        return "UNDECIDED: what could be checked holds, but something could not be checked."
    agree = f"{nodes} nodes agree" if nodes > 1 else "1 node was asked"
    return f"PROVEN ({agree}): {report.subject.words()}"


def laid_out(document: bytes) -> str:
    """The document for reading: JSON is indented; what does not print is shown as its code."""
    shown = document.decode("utf-8", "replace")
    try:
        load(shown)
        shown = indented(shown)
    except (ValueError, RecursionError):
        pass
    return printable(shown)


def printable(text: str) -> str:
    """A text in which what does not print, and might move the others, is shown as its code."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\u{{{ord(c):x}}}" for c in text)


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


def arguments(log: bool = False) -> argparse.ArgumentParser:
    """The command line; `log` as the first argument has one of its own."""
    parser = argparse.ArgumentParser(
        prog="salus_verify.py" + (" log" if log else ""),
        description="Audit a whole log at its nodes, from the first entry on."
        if log
        else "Check a Salus proof file or archive against a chain, without Salus. With log in "
        "place of a file: audit the whole log (see log --help).",
        epilog="Exit codes: 0 proven; 1 not proven; 2 undecided (no trust file, no node, "
        "no answer) or a wrong command.",
    )
    if not log:
        parser.add_argument("proof", metavar="FILE", help="a proof (JSON) or an archive (zip)")
        parser.add_argument("--show", action="store_true", help="print the document")
        parser.add_argument("--against", metavar="HEAD.json", help="the newest head that you kept")
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
    return parser


def read_file(path: str, most: int) -> bytes:
    """At most one byte more than `most`, so that too large is seen."""
    with Path(path).open("rb") as file:
        return file.read(most + 1)


def run(argv: Sequence[str] | None = None, connect: Callable[[str], Node] = node_at) -> int:
    """The whole command; gives the exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    log = argv[:1] == ["log"]
    parser = arguments(log)
    options = parser.parse_args(argv[log:])
    if options.confirmations is not None and options.confirmations < 0:
        parser.error("--confirmations can't be negative")
    try:
        report = _audit(options, connect) if log else _verify(options, connect)
    except (OSError, ValueError) as error:
        print(f"salus_verify.py: {error}", file=sys.stderr)
        return 2
    _conclude(report, len(dict.fromkeys(options.rpc)))
    if report.subject and not log and options.show:
        print("\nThe document:\n" + report.subject.shown())
    return report.exit_code


def _verify(options: argparse.Namespace, connect: Callable[[str], Node]) -> Report:
    given, nodes = _given(options, connect)
    more = {"confirmations": options.confirmations, "tell": print_step}
    if options.against:
        more["against"] = read_file(options.against, MAX_PROOF)
    with Path(options.proof).open("rb") as file:
        start = file.read(4)
        if start in (b"PK\x03\x04", b"PK\x05\x06"):
            return verify_archive(file, given, nodes, **more)
        # A pipe, say from curl, can't be read from its beginning again.
        proof = start + file.read(MAX_PROOF + 1 - len(start))
    return verify(proof, given, nodes, **more)


def _audit(options: argparse.Namespace, connect: Callable[[str], Node]) -> Report:
    given, nodes = _given(options, connect)
    progress = print_progress if sys.stderr.isatty() else lambda *_: None
    return audit(
        given, nodes, confirmations=options.confirmations, tell=print_step, progress=progress
    )


def _given(
    options: argparse.Namespace, connect: Callable[[str], Node]
) -> tuple[bytes | None, list[Node]]:
    trust_file = read_file(options.trust, MAX_TRUST) if options.trust else None
    return trust_file, [connect(url) for url in dict.fromkeys(options.rpc)]


def _conclude(report: Report, nodes: int) -> None:
    print("\n" + verdict(report, nodes))
    if report.subject:
        print("\nNot proven, whatever the verdict:")
        print("\n".join(f"  - {line}" for line in report.subject.not_proven))
    if report.proof:
        print("Transaction and block in the file are hints; nothing rests on them.")


def print_step(step: Step) -> None:
    """One line, as soon as it is known."""
    print(f"{ {OK: 'ok', FAILED: 'FAILED', OPEN: 'open'}[step.state]:<8}{step.words}", flush=True)


def print_progress(reached: int, last: int) -> None:
    """How far an audit is, on a line that the next output overwrites."""
    words = "" if reached == last else f"block {reached} of {last}"
    print(f"\r{words:<40}", end="\r", file=sys.stderr, flush=True)


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
