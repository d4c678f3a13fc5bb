"""Commitments, leaves and heads, judged by eth-abi and by their own definition."""

from hashlib import sha256

import pytest
from eth_abi.abi import encode
from hypothesis import given
from hypothesis import strategies as st

from chain.commitments import (
    commitment,
    fold,
    genesis_head,
    keccak256,
    leaf_of,
    next_head,
    pair,
)

hashes = st.binary(min_size=32, max_size=32)
uint64 = st.integers(0, 2**64 - 1)


def test_keccak_is_ethereums_and_not_sha3():
    empty = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    assert keccak256(b"").hex() == empty


def test_a_commitment_is_what_the_specification_says():
    parts = (sha256(b"fhir"), sha256(b"reference"), sha256(b"document"))
    expected = sha256(b"salus-commit/1\0" + b"s" * 32 + b"".join(p.digest() for p in parts))
    found = commitment(salt=b"s" * 32, kind="fhir", reference="reference", document=b"document")
    assert found == expected.digest()


@given(st.text(), st.text(), st.binary(), hashes)
def test_every_part_of_a_commitment_counts(kind, reference, document, salt):
    given = {"salt": salt, "kind": kind, "reference": reference, "document": document}
    found = commitment(**given)
    assert found != commitment(**given | {"kind": kind + "x"})
    assert found != commitment(**given | {"reference": reference + "x"})
    assert found != commitment(**given | {"document": document + b"x"})
    assert found != commitment(**given | {"salt": bytes([salt[0] ^ 1]) + salt[1:]})


def test_nothing_moves_from_one_part_to_the_next():
    one = commitment(salt=b"s" * 32, kind="ab", reference="c", document=b"d")
    assert one != commitment(salt=b"s" * 32, kind="a", reference="bc", document=b"d")
    assert one != commitment(salt=b"s" * 32, kind="ab", reference="cd", document=b"")


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_salt_of_another_length_is_refused(size):
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(salt=b"s" * size, kind="fhir", reference="r", document=b"")


@given(hashes, hashes)
def test_a_pair_has_no_sides(a, b):
    assert pair(a, b) == pair(b, a) == keccak256(min(a, b) + max(a, b))


@given(hashes)
def test_a_leaf_is_no_inner_node(value):
    assert leaf_of(value) == keccak256(keccak256(value))
    assert fold(value, []) == value


@given(st.integers(1, 2**64 - 1), st.binary(min_size=20, max_size=20))
def test_the_first_head_is_abi_encoded(chain_id, address):
    types = ["string", "uint256", "address"]
    encoded = encode(types, ["salus-log/1", chain_id, "0x" + address.hex()])
    assert genesis_head(chain_id, address) == keccak256(encoded)


@given(hashes, uint64, hashes, st.integers(0, 16), uint64)
def test_a_head_is_abi_encoded(previous, sequence, root, depth, time):
    types = ["bytes32", "uint64", "bytes32", "uint8", "uint64"]
    encoded = encode(types, [previous, sequence, root, depth, time])
    assert next_head(previous, sequence, root, depth, time) == keccak256(encoded)
