"""Keys of people's own, in software: a passkey that answers like a browser, and a wallet."""

import base64
import json
import os
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from fido2.cose import ES256, RS256, CoseKey
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

from chain.signatures import Assertion

Json = dict[str, Any]
ORIGIN = "http://localhost:8000"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
NO_MODEL = bytes(16)  # the authenticator does not say which one it is


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


@lru_cache(maxsize=2)
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Making one takes long enough to do it once."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def p256_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class SoftPasskey:
    """One passkey; `host` and `origin` are where it believes that it is used."""

    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = field(default_factory=p256_key)
    host: str = "localhost"
    origin: str = ORIGIN
    flags: int = PRESENT | VERIFIED
    count: int = 0
    credential: bytes = field(default_factory=lambda: os.urandom(16))

    @property
    def id(self) -> str:
        return base64url(self.credential)

    @property
    def cose(self) -> CoseKey:
        kind = RS256 if isinstance(self.key, rsa.RSAPrivateKey) else ES256
        return kind.from_cryptography_key(self.key.public_key())

    def registration(self, challenge: str, cose: CoseKey | None = None) -> Json:
        """What a browser makes of `navigator.credentials.create`."""
        attested = AttestedCredentialData.create(NO_MODEL, self.credential, cose or self.cose)
        flags = AuthenticatorData.FLAG(self.flags | ATTESTED)
        data = AuthenticatorData.create(
            sha256(self.host.encode()).digest(), flags, self.count, attested
        )
        return {
            "id": self.id,
            "rawId": self.id,
            "type": "public-key",
            "response": {
                "clientDataJSON": base64url(self.client_data("webauthn.create", challenge)),
                "attestationObject": base64url(AttestationObject.create("none", data, {})),
                "transports": ["internal"],
            },
            "clientExtensionResults": {"credProps": {"rk": True}},
        }

    def assertion(self, challenge: str) -> Assertion:
        """What a browser makes of `navigator.credentials.get`."""
        data = self.authenticator_data()
        client = self.client_data("webauthn.get", challenge)
        return Assertion(self.id, data, client, self.sign(data + sha256(client).digest()))

    def answer(self, challenge: str, handle: str) -> Json:
        """The same as a browser's JSON, which signs somebody in; `handle` says whom."""
        made = self.assertion(challenge)
        return {
            "id": self.id,
            "rawId": self.id,
            "type": "public-key",
            "response": {
                "authenticatorData": base64url(made.authenticator_data),
                "clientDataJSON": base64url(made.client_data),
                "signature": base64url(made.signature),
                "userHandle": base64url(handle.encode()),
            },
            "clientExtensionResults": {},
        }

    def fields(self, challenge: str) -> dict[str, str]:
        """The same as forms and the API take it."""
        made = self.assertion(challenge)
        return {
            "credential": made.credential,
            "authenticator_data": base64url(made.authenticator_data),
            "client_data": base64url(made.client_data),
            "signature": base64url(made.signature),
        }

    def authenticator_data(self) -> bytes:
        head = sha256(self.host.encode()).digest() + bytes([self.flags])
        return head + self.count.to_bytes(4, "big")

    def client_data(self, type: str, challenge: str, **more: Any) -> bytes:
        said = {"type": type, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(said | more).encode()

    def sign(self, message: bytes) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(message, padding.PKCS1v15(), SHA256())
        return self.key.sign(message, ec.ECDSA(SHA256()))


@dataclass
class SoftWallet:
    """A wallet with one account, as a program of other people would sign."""

    account: Any = field(default_factory=Account.create)

    @property
    def address(self) -> str:
        return str(self.account.address)

    def sign(self, typed_data: Json) -> str:
        """`eth_signTypedData_v4`."""
        signed = self.account.sign_message(encode_typed_data(full_message=typed_data))
        return "0x" + bytes(signed.signature).hex()

    def sign_message(self, message: bytes) -> str:
        """`personal_sign`."""
        signed = self.account.sign_message(encode_defunct(message))
        return "0x" + bytes(signed.signature).hex()

    def fields(self, typed_data: Json) -> dict[str, str]:
        """As forms and the API take it."""
        return {"address": self.address, "value": self.sign(typed_data)}
