"""Commitments and leaves (DESIGN section 4): pure functions over bytes."""

import hashlib
from collections.abc import Iterable

from sha3 import keccak_256

DOMAIN = b"salus-commit/1\x00"
SALT = 32


def sha256(data: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(data).digest()


def keccak256(data: bytes) -> bytes:
    """32 bytes; Ethereum's Keccak, not SHA3-256."""
    digest: bytes = keccak_256(data).digest()
    return digest


def commitment(*, salt: bytes, kind: str, reference: str, document: bytes) -> bytes:
    """SHA-256 over domain, 32-byte salt and the hashes of kind, reference and document."""
    if len(salt) != SALT:
        raise ValueError(f"a salt has {SALT} bytes, not {len(salt)}")
    parts = (sha256(kind.encode()), sha256(reference.encode()), sha256(document))
    return sha256(DOMAIN + salt + b"".join(parts))


def hex_of(value: bytes | memoryview | None) -> str:
    """As documents, proof files and pages write bytes: lower case, with 0x."""
    return "0x" + bytes(value or b"").hex()


def leaf_of(value: bytes) -> bytes:
    """A value's leaf: hashed twice, as OpenZeppelin's StandardMerkleTree of bytes32 does."""
    return keccak256(keccak256(value))


def pair(a: bytes, b: bytes) -> bytes:
    """The parent of two nodes; the pair is sorted, so a path needs no directions."""
    return keccak256(a + b if a < b else b + a)


def fold(leaf: bytes, path: Iterable[bytes]) -> bytes:
    """The root that a leaf and its path lead to."""
    for sibling in path:
        leaf = pair(leaf, sibling)
    return leaf


def genesis_head(chain_id: int, contract: bytes) -> bytes:
    """`head_0 = keccak256(abi.encode("salus-log/1", chainid, address))`."""
    text = b"salus-log/1"
    return keccak256(
        (0x60).to_bytes(32, "big")  # where the string's tail begins
        + chain_id.to_bytes(32, "big")
        + contract.rjust(32, b"\x00")
        + len(text).to_bytes(32, "big")
        + text.ljust(32, b"\x00")
    )


def next_head(previous: bytes, sequence: int, root: bytes, depth: int, time: int) -> bytes:
    """`head_n = keccak256(abi.encode(head_{n-1}, uint64 n, root, uint8 depth, uint64 time))`."""
    words = (
        sequence.to_bytes(32, "big"),
        root,
        depth.to_bytes(32, "big"),
        time.to_bytes(32, "big"),
    )
    return keccak256(previous + b"".join(words))
