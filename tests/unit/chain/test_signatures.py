"""Signatures on statements: what each kind accepts, and every way in which it refuses."""

import json
from hashlib import sha256
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from eth_account.messages import encode_typed_data
from eth_utils import keccak
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.node import Node, Refused
from chain.signatures import (
    Assertion,
    NotSigned,
    Registry,
    challenge_of,
    passkey_signature,
    typed_data,
    typed_digest,
    wallet_signature,
)
from tests.factories.signing import PRESENT, VERIFIED, SoftPasskey, SoftWallet, rsa_key

HOST = "salus.example"
SITE: dict[str, Any] = {"host": HOST, "origin": "https://salus.example"}
STATEMENT = b'{"text":"I let Dr Test see this."}'
REGISTRY = Registry(31337, b"\x07" * 20)
TEXT = "I let Dr Test see this."
MAGIC = bytes.fromhex("1626ba7e").ljust(32, b"\0")
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
DIGEST = typed_digest(REGISTRY, TEXT, STATEMENT)
WALLET = SoftWallet()
VALUE = bytes.fromhex(WALLET.sign(typed_data(REGISTRY, TEXT, STATEMENT))[2:])
ADDRESS = bytes.fromhex(WALLET.address[2:])
# Their signatures stay the same for all examples of a property.
P256, RSA = SoftPasskey(**SITE), SoftPasskey(key=rsa_key(), **SITE)
MADE = {passkey.id: passkey.assertion(challenge_of(STATEMENT)) for passkey in (P256, RSA)}
both = pytest.mark.parametrize("passkey", [P256, RSA], ids=["es256", "rs256"])
places = st.integers(0, 10**6)
masks = st.integers(1, 255)
untimed = settings(deadline=None)  # the first signature imports what it takes to check it


class FakeNode(Node):
    """A chain with one contract, or none."""

    def __init__(self, answer: bytes | None = None) -> None:
        super().__init__("")
        self.answer = answer
        self.asked = b""

    def code(self, address: bytes) -> bytes:
        return b"" if self.answer is None else b"\x60"

    def call(self, address: bytes, data: bytes, block: int | str = "latest") -> bytes:
        self.asked = data
        assert self.answer is not None
        if not self.answer:
            raise Refused("execution reverted")
        return self.answer


def changed(data: bytes, place: int, mask: int) -> bytes:
    """One byte is another."""
    place %= len(data)
    return data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]


# -- wallets ---------------------------------------------------------------------------------------


@untimed
@given(
    text=st.text(max_size=200),
    statement=st.binary(max_size=200),
    chain_id=st.integers(1, 2**63),
    contract=st.binary(min_size=20, max_size=20),
)
def test_the_digest_is_that_of_other_peoples_eip_712(text, statement, chain_id, contract):
    registry = Registry(chain_id, contract)
    message = encode_typed_data(full_message=typed_data(registry, text, statement))
    theirs = keccak(b"\x19" + message.version + message.header + message.body)
    assert typed_digest(registry, text, statement) == theirs


@untimed
@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_two_statements_have_the_same_digest(one: bytes, other: bytes):
    same = typed_digest(REGISTRY, TEXT, one) == typed_digest(REGISTRY, TEXT, other)
    assert same == (one == other)


def test_a_wallets_signature_is_taken_without_asking_the_chain():
    assert wallet_signature(DIGEST, ADDRESS, VALUE, Node("http://127.0.0.1:9")) == {
        "type": "eip712",
        "address": WALLET.address.lower(),
        "value": "0x" + VALUE.hex(),
    }


@untimed
@given(places, masks)
def test_a_wallets_signature_with_any_other_byte_is_refused(place: int, mask: int):
    with pytest.raises(NotSigned):
        wallet_signature(DIGEST, ADDRESS, changed(VALUE, place, mask), FakeNode())


@untimed
@given(places, masks)
def test_a_wallets_signature_on_anything_else_is_refused(place: int, mask: int):
    with pytest.raises(NotSigned):
        wallet_signature(changed(DIGEST, place, mask), ADDRESS, VALUE, FakeNode())


def high_s() -> bytes:
    """The other form of the same signature."""
    s = ORDER - int.from_bytes(VALUE[32:64], "big")
    return VALUE[:32] + s.to_bytes(32, "big") + bytes([55 - VALUE[64]])


@pytest.mark.parametrize(
    "value",
    [
        high_s(),
        VALUE[:64] + bytes([VALUE[64] - 27]),
        VALUE[:64] + bytes([VALUE[64] + 8]),
        VALUE[:64],
        VALUE + b"\0",
        b"",
        bytes(65),
        bytes(64) + b"\x1b",
        b"\xff" * 64 + b"\x1b",
    ],
    ids=[
        "high s", "v of 0 or 1", "v of EIP-155", "too short", "too long", "empty", "zeros",
        "r and s of zero", "r and s too big",
    ],
)  # fmt: skip
def test_a_signature_in_another_form_is_refused(value: bytes):
    with pytest.raises(NotSigned):
        wallet_signature(DIGEST, ADDRESS, value, FakeNode())


def test_somebody_elses_address_is_refused():
    with pytest.raises(NotSigned):
        wallet_signature(DIGEST, bytes.fromhex(SoftWallet().address[2:]), VALUE, FakeNode())


def test_a_contract_wallet_is_asked_by_eip_1271():
    node = FakeNode(MAGIC)
    contract, value = b"\x09" * 20, b"any bytes that its owners agree on"
    made = wallet_signature(DIGEST, contract, value, node)
    assert made == {"type": "eip1271", "address": "0x" + "09" * 20, "value": "0x" + value.hex()}
    assert node.asked[:4] == keccak(b"isValidSignature(bytes32,bytes)")[:4]
    assert node.asked[4:36] == DIGEST


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        (MAGIC[:4], b"x"),
        (MAGIC[:4].rjust(32, b"\0"), b"x"),
        (bytes(32), b"x"),
        (b"", b"x"),
        (MAGIC, b""),
        (MAGIC, b"x" * 2049),
    ],
    ids=["short", "right-aligned", "no", "reverts", "nothing signed", "too much signed"],
)
def test_a_contract_wallet_that_does_not_agree_is_refused(answer: bytes, value: bytes):
    with pytest.raises(NotSigned):
        wallet_signature(DIGEST, b"\x09" * 20, value, FakeNode(answer))


# -- passkeys --------------------------------------------------------------------------------------


def sign(passkey: SoftPasskey, assertion: Assertion | None = None, **more: Any) -> dict[str, Any]:
    made = assertion or MADE.get(passkey.id) or passkey.assertion(challenge_of(STATEMENT))
    return passkey_signature(STATEMENT, made, passkey.key.public_key(), more.get("rp_id", HOST))


def with_client_data(passkey: SoftPasskey, client: bytes) -> Assertion:
    """Signed by the passkey, whatever the browser says."""
    data = passkey.authenticator_data()
    return Assertion(passkey.id, data, client, passkey.sign(data + sha256(client).digest()))


@both
def test_a_passkeys_signature_is_taken_with_all_that_it_takes_to_check_it(passkey: SoftPasskey):
    made = sign(passkey)
    assert made["type"] == "webauthn"
    assert made["rp_id"] == HOST
    assert made["credential"] == passkey.id
    assert made["public_key"]["type"] == ("rs256" if passkey is RSA else "es256")


def test_the_key_stands_in_the_signature_with_all_its_digits():
    # One coordinate in 256 begins with a zero byte, which must not be left out.
    for _ in range(400):
        passkey = SoftPasskey(**SITE)
        assert isinstance(passkey.key, EllipticCurvePrivateKey)
        numbers = passkey.key.public_key().public_numbers()
        if min(numbers.x, numbers.y) >> 248 == 0:
            break
    assert isinstance(numbers.curve, SECP256R1)
    shown = sign(passkey)["public_key"]
    assert [len(shown[part]) for part in "xy"] == [66, 66]
    assert [int(shown[part], 16) for part in "xy"] == [numbers.x, numbers.y]


def test_an_rsa_key_stands_in_the_signature():
    assert isinstance(RSA.key, RSAPrivateKey)
    numbers = RSA.key.public_key().public_numbers()
    shown = sign(RSA)["public_key"]
    assert (int(shown["n"], 16), shown["e"]) == (numbers.n, numbers.e)


@both
@untimed
@given(
    part=st.sampled_from(["authenticator_data", "client_data", "signature"]),
    place=places,
    mask=masks,
)
def test_a_passkeys_signature_with_any_other_byte_is_refused(
    passkey: SoftPasskey, part: str, place: int, mask: int
):
    made = MADE[passkey.id]
    other = {**vars(made), part: changed(getattr(made, part), place, mask)}
    with pytest.raises(NotSigned):
        sign(passkey, Assertion(**other))


@untimed
@given(places, masks)
def test_a_passkeys_signature_on_another_statement_is_refused(place: int, mask: int):
    other = changed(STATEMENT, place, mask)
    with pytest.raises(NotSigned, match="something else"):
        passkey_signature(other, MADE[P256.id], P256.key.public_key(), HOST)


@both
def test_another_passkeys_signature_is_refused(passkey: SoftPasskey):
    other = SoftPasskey(**SITE)
    with pytest.raises(NotSigned, match="not by that passkey"):
        sign(passkey, other.assertion(challenge_of(STATEMENT)))


@pytest.mark.parametrize("flags", [0, PRESENT, VERIFIED])
def test_a_passkey_that_did_not_check_the_person_is_refused(flags: int):
    with pytest.raises(NotSigned, match="did not check"):
        sign(SoftPasskey(**SITE, flags=flags))


def test_a_passkey_of_another_site_is_refused():
    with pytest.raises(NotSigned, match="belongs to another site"):
        sign(SoftPasskey(host="elsewhere.example", origin=SITE["origin"]))


@pytest.mark.parametrize(
    "origin",
    [
        "https://elsewhere.example",
        "https://salus.example.elsewhere.example",
        "https://notsalus.example",
        "http://salus.example",
        "https://salus.example/path",
        "https://user@salus.example",
        "salus.example",
        "",
        "android:apk-key-hash:abc",
        7,
        None,
    ],
)
def test_a_passkey_used_on_another_page_is_refused(origin: Any):
    passkey = SoftPasskey(host=HOST, origin=origin)
    with pytest.raises(NotSigned, match="used on another site"):
        sign(passkey)


@pytest.mark.parametrize(
    "origin", ["https://salus.example", "https://salus.example:8443", "https://my.salus.example"]
)
def test_a_page_of_the_site_or_below_it_will_do(origin: str):
    assert sign(SoftPasskey(host=HOST, origin=origin))["rp_id"] == HOST


def test_localhost_needs_no_encryption():
    passkey = SoftPasskey(host="localhost", origin="http://localhost:8000")
    assert sign(passkey, rp_id="localhost")["rp_id"] == "localhost"


@pytest.mark.parametrize("framed", [True, "false", 0, None])
def test_a_page_in_another_sites_frame_is_refused(framed: Any):
    client = P256.client_data("webauthn.get", challenge_of(STATEMENT), crossOrigin=framed)
    with pytest.raises(NotSigned, match="used on another site"):
        sign(P256, with_client_data(P256, client))


@pytest.mark.parametrize(
    "client",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'"text"',
        b"null",
        b"7",
        b"{",
        b"[" * 5000,
        json.dumps({"type": "webauthn.get"}).encode("utf-16"),
        b'{"type":"webauthn.get","type":"webauthn.get"}',
        b'{"challenge":NaN}',
    ],
)
def test_an_answer_that_cannot_be_read_is_refused(client: bytes):
    with pytest.raises(NotSigned, match="can't be read"):
        sign(P256, with_client_data(P256, client))


@pytest.mark.parametrize("type", ["webauthn.create", "payment.get", None, 7])
def test_what_was_made_for_something_else_is_refused(type: Any):
    client = P256.client_data(type, challenge_of(STATEMENT))
    with pytest.raises(NotSigned, match="something else"):
        sign(P256, with_client_data(P256, client))


def test_new_members_of_the_browsers_answer_do_no_harm():
    client = P256.client_data("webauthn.get", challenge_of(STATEMENT), later={"a": [1, 2.5]})
    assert sign(P256, with_client_data(P256, client))["type"] == "webauthn"


@pytest.mark.parametrize("length", [0, 31, 32, 36])
def test_authenticator_data_that_is_cut_off_is_refused(length: int):
    data = P256.authenticator_data()[:length]
    client = P256.client_data("webauthn.get", challenge_of(STATEMENT))
    signature = P256.sign(data + sha256(client).digest())
    with pytest.raises(NotSigned):
        sign(P256, Assertion(P256.id, data, client, signature))
