"""Signatures on consent statements: EIP-712 wallets, contract wallets, passkeys (docs/PROOFS.md).

What is signed is the SHA-256 of a statement's bytes; a wallet also shows the statement's sentence.
Wallets also sign plain messages (EIP-191), which is how people sign in with them.
"""

import base64
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils.translation import gettext as _

from chain.canonical import parse
from chain.commitments import hex_of, keccak256, sha256
from chain.errors import ChainMismatch
from chain.node import Node, Refused
from core.errors import Invalid, Malformed, Problem

_DOMAIN = keccak256(
    b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_STATEMENT = keccak256(b"ConsentStatement(string text,bytes32 statement)")
# secp256k1's order; a signature whose s is above the half can be turned into a second one.
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_IS_VALID = keccak256(b"isValidSignature(bytes32,bytes)")[:4]
_LONGEST = 2048  # bytes of a contract wallet's signature
# Browsers let passkeys sign nowhere else; the port does not matter.
_ORIGIN = re.compile(r"(?:https://([a-z0-9.-]+)|http://(localhost))(?::[0-9]{1,5})?")
_PRESENT, _VERIFIED = 0x01, 0x04  # flags of authenticator data


class NotSigned(Invalid):
    """The signature does not fit the statement or the signer."""

    def __init__(self, text: str) -> None:
        super().__init__(problems=[Problem("signature", text)])


@dataclass(frozen=True)
class Registry:
    """Where a consent is to be recorded: what an EIP-712 signature is bound to."""

    chain_id: int
    contract: bytes


def typed_data(registry: Registry, text: str, statement: bytes) -> dict[str, Any]:
    """What a wallet is given to sign and to show (`eth_signTypedData_v4`)."""
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
            "chainId": registry.chain_id,
            "verifyingContract": hex_of(registry.contract),
        },
        "message": {"text": text, "statement": hex_of(sha256(statement))},
    }


def typed_digest(registry: Registry, text: str, statement: bytes) -> bytes:
    """The 32 bytes that an EIP-712 wallet signs for a statement."""
    domain = keccak256(
        _DOMAIN
        + keccak256(b"Salus")
        + keccak256(b"1")
        + registry.chain_id.to_bytes(32, "big")
        + registry.contract.rjust(32, b"\0")
    )
    message = keccak256(_STATEMENT + keccak256(text.encode()) + sha256(statement))
    return keccak256(b"\x19\x01" + domain + message)


# -- wallets ---------------------------------------------------------------------------------------


class WalletKind(StrEnum):
    """What answers for a wallet: the key of its account, or a contract's code."""

    ACCOUNT = "account"
    CONTRACT = "contract"


def wallet_signature(digest: bytes, address: bytes, value: bytes, node: Node) -> dict[str, str]:
    """The signature's entry in a consent; asks the chain for a contract wallet alone."""
    shown = {"address": hex_of(address), "value": hex_of(value)}
    if _recovered(digest, value) == address:
        return {"type": "eip712", **shown}
    if _contract_accepts(digest, address, value, node):
        return {"type": "eip1271", **shown}
    raise NotSigned(_("This signature is not by that wallet."))


def personal_digest(message: bytes) -> bytes:
    """The 32 bytes that a wallet signs for a message (`personal_sign`, EIP-191 version 0x45)."""
    return keccak256(b"\x19Ethereum Signed Message:\n%d" % len(message) + message)


def personal_signer(
    message: bytes, address: bytes, value: bytes, *, node: Node, chain_id: int
) -> WalletKind:
    """By what a wallet has signed a message; raises NotSigned, ChainUnavailable or ChainMismatch.

    The chain is asked for a contract wallet alone, and only the one that the message names.
    """
    digest = personal_digest(message)
    if _recovered(digest, _with_usual_v(value)) == address:
        return WalletKind.ACCOUNT
    if node.chain_id() != chain_id:
        raise ChainMismatch(f"The node does not serve chain {chain_id}, on which a wallet signed.")
    if _contract_accepts(digest, address, value, node):
        return WalletKind.CONTRACT
    raise NotSigned(_("This signature is not by that wallet."))


def _with_usual_v(value: bytes) -> bytes:
    """Some devices count the recovery byte from 0; it is kept nowhere, so that both may be taken."""
    usual = value[-1:] not in (b"\0", b"\1")
    return value if usual else value[:-1] + bytes([value[-1] + 27])


def _recovered(digest: bytes, value: bytes) -> bytes | None:
    from chain.ethereum import BadSignature, ValidationError, keys

    if len(value) != 65 or value[64] not in (27, 28):
        return None
    if int.from_bytes(value[32:64], "big") > _ORDER // 2:
        return None
    try:
        signature = keys.Signature(value[:64] + bytes([value[64] - 27]))
        return bytes(signature.recover_public_key_from_msg_hash(digest).to_canonical_address())
    except (BadSignature, ValidationError):
        return None


def _contract_accepts(digest: bytes, address: bytes, value: bytes, node: Node) -> bool:
    """EIP-1271: the wallet is a contract, and says itself whether the signature is its own."""
    from eth_abi.abi import encode

    if not 0 < len(value) <= _LONGEST:
        return False
    try:
        if not node.code(address):
            return False
        answer = node.call(address, _IS_VALID + encode(["bytes32", "bytes"], [digest, value]))
    except Refused:
        return False
    return answer == _IS_VALID.ljust(32, b"\0")


# -- passkeys --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Assertion:
    """What the browser gives back when a passkey has signed; all of it bytes but the id."""

    credential: str
    authenticator_data: bytes
    client_data: bytes
    signature: bytes


PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey


def passkey_signature(
    statement: bytes, assertion: Assertion, key: PublicKey, rp_id: str
) -> dict[str, Any]:
    """The signature's entry in a consent; raises NotSigned."""
    _check_client_data(statement, assertion.client_data, rp_id)
    data = assertion.authenticator_data
    flags = data[32] if len(data) > 36 else 0
    if data[:32] != sha256(rp_id.encode()):
        raise NotSigned(_("The passkey belongs to another site."))
    if not (flags & _PRESENT and flags & _VERIFIED):
        raise NotSigned(_("The passkey did not check that it was you."))
    signed = data + sha256(assertion.client_data)
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(assertion.signature, signed, padding.PKCS1v15(), SHA256())
        else:
            key.verify(assertion.signature, signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        raise NotSigned(_("This signature is not by that passkey.")) from None
    return {
        "type": "webauthn",
        "credential": assertion.credential,
        "public_key": _shown_key(key),
        "rp_id": rp_id,
        "authenticator_data": base64.b64encode(data).decode(),
        "client_data": base64.b64encode(assertion.client_data).decode(),
        "signature": base64.b64encode(assertion.signature).decode(),
    }


def _check_client_data(statement: bytes, client_data: bytes, rp_id: str) -> None:
    try:
        said = parse(client_data)
    except Malformed:
        said = None
    if not isinstance(said, dict):
        raise NotSigned(_("The browser's answer can't be read."))
    if said.get("type") != "webauthn.get" or said.get("challenge") != challenge_of(statement):
        raise NotSigned(_("The passkey signed something else."))
    if not _at_home(said, rp_id):
        raise NotSigned(_("The passkey was used on another site."))


def _at_home(said: dict[str, Any], rp_id: str) -> bool:
    """Made on a page of the relying party, or of a host below it, and framed by no other site."""
    found = _ORIGIN.fullmatch(str(said.get("origin")))
    host = (found[1] or found[2]) if found else ""
    inside = host == rp_id or host.endswith("." + rp_id)
    return inside and said.get("crossOrigin", False) is False


def challenge_of(statement: bytes) -> str:
    """What a passkey is asked to sign: base64url of the statement's SHA-256, without padding."""
    return base64.urlsafe_b64encode(sha256(statement)).decode().rstrip("=")


def _shown_key(key: PublicKey) -> dict[str, Any]:
    if isinstance(key, rsa.RSAPublicKey):
        numbers = key.public_numbers()
        size = (key.key_size + 7) // 8
        return {"type": "rs256", "n": hex_of(numbers.n.to_bytes(size, "big")), "e": numbers.e}
    point = key.public_numbers()
    return {"type": "es256", "x": f"0x{point.x:064x}", "y": f"0x{point.y:064x}"}
