"""Made-up keys and what they sign, always the same: by other libraries than the verifier's own code.

No key here is anybody's: each is the hash of a sentence that says so.
"""

import base64
import json
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data
from eth_keys.datatypes import PrivateKey, PublicKey, Signature

Json = dict[str, Any]
HOST = "salus.example"
ORIGIN = "https://salus.example"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


def base64d(data: bytes) -> str:
    return base64.b64encode(data).decode()


def secret(name: str) -> bytes:
    return sha256(b"a made-up key for tests, nobody's: " + name.encode()).digest()


def typed_data(text: str, statement: bytes, chain_id: int, contract: bytes) -> Json:
    """What is handed to a wallet."""
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "ConsentStatement": [
                {"name": "text", "type": "string"},
                {"name": "statement", "type": "bytes32"},
            ],
        },
        "primaryType": "ConsentStatement",
        "domain": {
            "name": "Salus",
            "version": "1",
            "chainId": chain_id,
            "verifyingContract": hexed(contract),
        },
        "message": {"text": text, "statement": statement},
    }


def typed_digest(statement: bytes) -> bytes:
    """What a wallet signs, by eth-account's encoding."""
    return bytes(_hash_eip191_message(encode_typed_data(full_message=typed_data_of(statement))))


def typed_data_of(statement: bytes) -> Json:
    said = json.loads(statement)
    where, digest = said["registry"], sha256(statement).digest()
    contract = bytes.fromhex(where["contract"][2:])
    return typed_data(said["text"], digest, where["chain_id"], contract)


@dataclass(frozen=True)
class Wallet:
    """A secp256k1 key: a person's, one that the portal keeps, or the portal's own."""

    name: str

    @property
    def key(self) -> PrivateKey:
        return PrivateKey(secret(self.name))

    @property
    def public(self) -> bytes:
        return self.key.public_key.to_bytes()

    @property
    def address(self) -> bytes:
        return self.key.public_key.to_canonical_address()

    def sign(self, statement: bytes) -> Json:
        """EIP-712, by eth-account."""
        account = Account.from_key(secret(self.name))
        signed = account.sign_message(encode_typed_data(full_message=typed_data_of(statement)))
        return {
            "type": "eip712",
            "address": hexed(self.address),
            "value": hexed(bytes(signed.signature)),
        }

    def sign_digest(self, digest: bytes) -> bytes:
        """r before s."""
        return self.key.sign_msg_hash(digest).to_bytes()[:64]


def high(value: bytes) -> bytes:
    """The other signature that the same key and text have: s mirrored, v turned."""
    s = SECP256K1_ORDER - int.from_bytes(value[32:64], "big")
    turned = bytes([55 - value[64]]) if len(value) == 65 else b""
    return value[:32] + s.to_bytes(32, "big") + turned


def with_s(digest: bytes, s: int) -> tuple[PublicKey, bytes]:
    """A signature with an s of one's choice, and the key that made it, which nobody has."""
    point = Wallet("a point").public
    odd = point[63] & 1
    value = Signature(vrs=(odd, int.from_bytes(point[:32], "big"), s))
    key = value.recover_public_key_from_msg_hash(digest)
    return key, value.to_bytes()[:64] + bytes([27 + odd])


def client_data(statement: bytes, **changes: Any) -> bytes:
    """What a browser would write; `...` takes a member out."""
    challenge = base64.urlsafe_b64encode(sha256(statement).digest()).rstrip(b"=").decode()
    said = {
        "type": "webauthn.get",
        "challenge": challenge,
        "origin": ORIGIN,
        "crossOrigin": False,
    }
    made = {name: value for name, value in {**said, **changes}.items() if value is not ...}
    return json.dumps(made).encode()


def authenticator_data(host: str = HOST, flags: int = 0b101, more: bytes = b"") -> bytes:
    """Host, flags (bit 0: present, bit 2: verified) and a counter."""
    return sha256(host.encode()).digest() + bytes([flags]) + (7).to_bytes(4, "big") + more


@dataclass(frozen=True)
class Passkey:
    """A WebAuthn credential; RS256 is what Windows Hello has on older machines."""

    name: str
    rsa: bool = False

    def public(self) -> Json:
        if self.rsa:
            return {"type": "rs256", "n": hexed(modulus(self.name)), "e": 65537}
        numbers = self._p256().public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        return {"type": "es256", "x": hexed(x), "y": hexed(y)}

    def sign(
        self,
        statement: bytes,
        *,
        host: str = HOST,
        client: bytes | None = None,
        data: bytes | None = None,
    ) -> Json:
        client = client_data(statement) if client is None else client
        data = authenticator_data(host) if data is None else data
        return {
            "type": "webauthn",
            "credential": base64.urlsafe_b64encode(secret(self.name)[:20]).rstrip(b"=").decode(),
            "public_key": self.public(),
            "rp_id": host,
            "authenticator_data": base64d(data),
            "client_data": base64d(client),
            "signature": base64d(self.sign_bytes(data + sha256(client).digest())),
        }

    def sign_bytes(self, message: bytes) -> bytes:
        if self.rsa:
            return rsa_key(self.name).sign(message, padding.PKCS1v15(), hashes.SHA256())
        # RFC 6979: the same message always gets the same signature.
        return self._p256().sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))

    def _p256(self) -> ec.EllipticCurvePrivateKey:
        number = int.from_bytes(secret(self.name), "big") % P256_ORDER
        return ec.derive_private_key(number, ec.SECP256R1())


_rsa_keys: dict[str, rsa.RSAPrivateKey] = {}


def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """2048 bits, found by walking on from hashes of the name."""
    if name not in _rsa_keys:
        p, q = (_prime(f"{name}, prime {n}") for n in (1, 2))
        d = pow(65537, -1, (p - 1) * (q - 1))
        crt = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
        public = rsa.RSAPublicNumbers(65537, p * q)
        _rsa_keys[name] = rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()
    return _rsa_keys[name]


def modulus(name: str) -> bytes:
    return rsa_key(name).public_key().public_numbers().n.to_bytes(256, "big")


def _prime(name: str) -> int:
    """The first prime of 1024 bits behind a number made from a name; its two top bits are set."""
    start = b"".join(secret(f"{name} {part}") for part in range(4))
    number = int.from_bytes(start, "big") | 3 << 1022 | 1
    while not _probably_prime(number):
        number += 2
    return number


def _probably_prime(number: int) -> bool:
    if any(number % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 65537)):
        return False
    if number % 65537 == 1:  # the exponent must have an inverse
        return False
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(_passes(number, base, odd, twos) for base in (2, 3, 5, 7, 11, 13, 17, 19))


def _passes(number: int, base: int, odd: int, twos: int) -> bool:
    """Miller and Rabin's test."""
    x = pow(base, odd, number)
    if x in (1, number - 1):
        return True
    for _ in range(twos - 1):
        x = x * x % number
        if x == number - 1:
            return True
    return False
