"""The verifier's own curves, RSA and typed data, held against libraries that everybody uses."""

from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_keys.datatypes import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

import salus_verify as verifier
from salus_verify import P256, SECP256K1
from tests.interop.people import Registry, canonical, grant, signed
from tests.interop.signing import Passkey, Wallet, high, modulus, typed_data

CURVES = (SECP256K1, P256)
numbers = st.integers(min_value=1, max_value=P256.n - 1)
digests = st.binary(min_size=32, max_size=32)
few = settings(max_examples=25, deadline=None)


def times(curve, number):
    """A multiple of the curve's point g."""
    found = verifier.sum_of(curve, number, 0, curve.g)
    assert found
    return found


# -- the curves ------------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", CURVES)
def test_the_parameters_are_a_curve_of_prime_order(curve):
    assert verifier.on_curve(curve, curve.g)
    assert verifier.sum_of(curve, curve.n, 0, curve.g) is None
    before = times(curve, curve.n - 1)
    assert before == (curve.g[0], curve.p - curve.g[1])
    assert pow(2, curve.p - 1, curve.p) == pow(2, curve.n - 1, curve.n) == 1


@given(a=numbers, b=numbers)
@few
def test_points_add_up(a, b):
    for curve in CURVES:
        one, other = times(curve, a), times(curve, b)
        both = verifier.affine(curve, verifier.added(curve, (*one, 1), other))
        assert both == verifier.sum_of(curve, (a + b) % curve.n, 0, curve.g)
        assert both == verifier.sum_of(curve, a, b, curve.g)
        assert both is None or verifier.on_curve(curve, both)


@pytest.mark.parametrize("curve", CURVES)
def test_points_add_up_where_formulas_have_exceptions(curve):
    x, y = curve.g
    opposite = (x, curve.p - y)
    assert verifier.added(curve, (x, y, 1), opposite)[2] == 0
    assert verifier.doubled(curve, verifier.INFINITY)[2] == 0
    twice = verifier.affine(curve, verifier.added(curve, (x, y, 1), (x, y)))
    assert twice == times(curve, 2) == verifier.sum_of(curve, 1, 1, curve.g)
    assert verifier.sum_of(curve, 1, 1, opposite) is None
    assert verifier.sum_of(curve, 5, 3, opposite) == times(curve, 2)


def test_what_is_not_on_a_curve_is_no_key():
    x, y = SECP256K1.g
    for point in ((x, y + 1), (x + SECP256K1.p, y), (0, 0), (x, -y)):
        assert not verifier.on_curve(SECP256K1, point)
        assert not verifier.ecdsa_holds(SECP256K1, point, bytes(32), 1, 1)


# -- wallets ---------------------------------------------------------------------------------------


@given(secret=numbers, digest=digests)
@few
def test_keys_are_recovered_as_eth_keys_does(secret, digest):
    key = PrivateKey(secret.to_bytes(32, "big"))
    made = key.sign_msg_hash(digest)
    found = verifier.recovered(digest, made.r, made.s, made.v == 1)
    assert found is not None
    assert verifier.word(found[0]) + verifier.word(found[1]) == key.public_key.to_bytes()
    assert verifier.address_of(found) == key.public_key.to_canonical_address()
    assert verifier.ecdsa_holds(SECP256K1, found, digest, made.r, made.s)
    assert verifier.is_low(made.s)
    assert not verifier.is_low(SECP256K1.n - made.s)
    assert verifier.recovered(digest, made.r, made.s, made.v == 0) != found


@given(text=st.text(min_size=1, max_size=80), digest=digests, chain=st.integers(1, 2**64 - 1))
@few
def test_typed_data_is_hashed_as_eth_account_does(text, digest, chain):
    contract = sha256(text.encode("utf-8", "replace")).digest()[:20]
    whole = encode_typed_data(full_message=typed_data(text, digest, chain, contract))
    assert verifier.typed_digest(text, digest, chain, contract) == bytes(
        _hash_eip191_message(whole)
    )


# -- passkeys --------------------------------------------------------------------------------------


@given(secret=numbers, message=st.binary(max_size=100))
@few
def test_p256_signatures_hold_as_cryptography_says(secret, message):
    key = ec.derive_private_key(secret, ec.SECP256R1())
    public = key.public_key().public_numbers()
    made = key.sign(message, ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(made)
    digest = sha256(message).digest()
    assert verifier.from_der(made) == (r, s)
    assert verifier.ecdsa_holds(P256, (public.x, public.y), digest, r, s)
    assert verifier.ecdsa_holds(P256, (public.x, public.y), digest, r, P256.n - s)
    assert not verifier.ecdsa_holds(P256, (public.x, public.y), digest, r, s ^ 1)
    assert not verifier.ecdsa_holds(P256, (public.x, public.y), sha256(digest).digest(), r, s)


@given(r=st.integers(0, 2**256 - 1), s=st.integers(0, 2**256 - 1))
@few
def test_der_is_read_as_it_is_written(r, s):
    made = verifier.der_of(r, s)
    assert made == utils.encode_dss_signature(r, s)
    assert verifier.from_der(made) == (r, s)


def spoilt(r, s, at, byte):
    made = bytearray(verifier.der_of(r, s))
    made[at % len(made)] = byte
    return bytes(made)


near = st.builds(spoilt, numbers, numbers, st.integers(0, 69), st.integers(0, 255))


@given(data=st.binary(max_size=80) | near)
@settings(max_examples=300, deadline=None)
def test_only_one_form_of_der_is_read(data):
    found = verifier.from_der(data)
    assert found is None or utils.encode_dss_signature(*found) == data


def test_rsa_signatures_hold_as_cryptography_says():
    key = Passkey("a made-up key", rsa=True)
    n, message = modulus(key.name), b"a message"
    made = key.sign_bytes(message)
    assert verifier.rsa_holds(n, 65537, message, made)
    assert not verifier.rsa_holds(n, 65537, message + b".", made)
    assert not verifier.rsa_holds(n, 3, message, made)
    assert not verifier.rsa_holds(n, 65537, message, made[:-1])
    assert not verifier.rsa_holds(n, 65537, message, b"\0" + made)
    assert not verifier.rsa_holds(n, 65537, message, bytes(256))
    assert not verifier.rsa_holds(n, 65537, message, n)
    for at in range(0, 256, 5):
        wrong = bytearray(made)
        wrong[at] ^= 1
        assert not verifier.rsa_holds(n, 65537, message, bytes(wrong))


# -- whole signatures ------------------------------------------------------------------------------

STATEMENT = canonical(grant(Registry()))
SIGNERS = {
    "wallet": Wallet("a made-up wallet").sign,
    "passkey": Passkey("a made-up passkey").sign,
    "older passkey": Passkey("a made-up key", rsa=True).sign,
}


@pytest.mark.parametrize("name", SIGNERS)
def test_any_changed_byte_of_the_statement_is_refused(name):
    """Whatever still is a statement is not the one that was signed."""
    good = verifier.read_signed(signed(STATEMENT, SIGNERS[name]))
    assert verifier.signature_fault(good) == ""
    for at in range(0, len(STATEMENT), 7):
        said = bytearray(STATEMENT)
        said[at] ^= 1
        other = verifier.Signed(good.statement, bytes(said), good.signature)
        assert verifier.signature_fault(other), at


@pytest.mark.parametrize(
    ("name", "member"),
    [
        ("wallet", "value"), ("wallet", "address"),
        ("passkey", "signature"), ("passkey", "authenticator_data"), ("passkey", "client_data"),
        ("older passkey", "signature"), ("older passkey", "authenticator_data"),
    ],
)  # fmt: skip
def test_any_changed_byte_of_a_signature_is_refused(name, member):
    good = verifier.read_signed(signed(STATEMENT, SIGNERS[name]))
    value = good.signature[member]
    for at in range(0, len(value), 1 if len(value) < 100 else 3):
        wrong = bytearray(value)
        wrong[at] ^= 1
        changed = {**good.signature, member: bytes(wrong)}
        assert verifier.signature_fault(verifier.Signed(good.statement, good.said, changed)), at


def test_a_wallets_signature_has_one_form():
    good = verifier.read_signed(signed(STATEMENT, SIGNERS["wallet"]))
    mirrored = {**good.signature, "value": high(good.signature["value"])}
    fault = verifier.signature_fault(verifier.Signed(good.statement, good.said, mirrored))
    assert "s is low" in fault


def test_client_data_is_read_whatever_stands_in_it():
    for data in (b"", b"\xff", b"{", b"[" * 100_000, b'{"a":' * 70 + b"1" + b"}" * 70, b"null"):
        assert verifier._client_data(data) is None
    many = b'{"a": [' + b"[]," * 20_000 + b'1e999999], "type": "x"}'
    assert verifier._client_data(many) == {"a": [[]] * 20_000 + ["1e999999"], "type": "x"}


def test_cryptography_agrees_that_a_tampered_signature_is_none():
    """Guards the tests above: the oracle itself says no."""
    key = ec.derive_private_key(7, ec.SECP256R1())
    made = key.sign(b"x", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        key.public_key().verify(made, b"y", ec.ECDSA(hashes.SHA256()))
