"""Signing, and nothing else: keys never leave this module (DESIGN section 5)."""

import json
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

# The password has 384 random bits: stretching it further would only slow the start.
ITERATIONS = 4096
# Signs person heads; the trust file names its public key.
PORTAL_KEY = "portal"


@dataclass(frozen=True)
class Signed:
    """A signed transaction."""

    raw: bytes
    hash: bytes


@dataclass(frozen=True)
class Signature:
    """ECDSA over secp256k1: r and s, 64 bytes with the low s, and the 64-byte public key."""

    value: bytes
    public_key: bytes


class Signer(Protocol):
    """What holds the portal's keys: a keystore today, a KMS later."""

    def address(self, key: str) -> bytes:
        """The address of a key; a first call makes it."""

    def public_keys(self, key: str) -> list[bytes]:
        """A key's public keys, the current one first, then those before it; 64 bytes each."""

    def sign(self, key: str, transaction: dict[str, Any]) -> Signed:
        """Sign an EIP-1559 transaction."""

    def sign_digest(self, key: str, digest: bytes) -> Signature:
        """Sign 32 bytes as they are; for formats that say themselves what they are."""


class KeystoreSigner:
    """Encrypted keystore files (Web3 Secret Storage), one per key, mode 0600."""

    def __init__(self, folder: Path, password: str) -> None:
        self._folder = folder
        self._password = password
        self._keys: dict[str, Any] = {}

    def _account(self, name: str) -> Any:
        from chain.ethereum import Account

        if name not in self._keys:
            path = self._folder / f"{name}.json"
            if not path.exists():
                self._write(path, Account.create().key)
            key = Account.decrypt(json.loads(path.read_text()), self._password)
            self._keys[name] = Account.from_key(key)
        return self._keys[name]

    def _write(self, path: Path, key: bytes) -> None:
        from chain.ethereum import Account

        keystore = Account.encrypt(key, self._password, iterations=ITERATIONS)
        draft = path.with_suffix(f".{os.getpid()}.new")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(keystore, file)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)  # fails where another process was faster; theirs counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()

    def address(self, key: str) -> bytes:
        """The address of a key; a first call makes it."""
        return bytes.fromhex(self._account(key).address[2:])

    def public_keys(self, key: str) -> list[bytes]:
        """The current public key, then those of `key-1`, `key-2`... that were put aside."""
        aside = sorted(self._folder.glob(f"{key}-[0-9]*.json"), reverse=True)
        return [_public_key(self._account(name)) for name in (key, *(p.stem for p in aside))]

    def sign(self, key: str, transaction: dict[str, Any]) -> Signed:
        """Sign an EIP-1559 transaction."""
        signed = self._account(key).sign_transaction(transaction)
        return Signed(bytes(signed.raw_transaction), bytes(signed.hash))

    def sign_digest(self, key: str, digest: bytes) -> Signature:
        """Sign 32 bytes as they are; for formats that say themselves what they are."""
        account = self._account(key)
        signed = account.unsafe_sign_hash(digest)
        return Signature(bytes(signed.signature)[:64], _public_key(account))


def _public_key(account: Any) -> bytes:
    from chain.ethereum import keys

    return bytes(keys.PrivateKey(bytes(account.key)).public_key.to_bytes())


@lru_cache(maxsize=1)
def get_signer() -> Signer:
    """The signer that the settings name."""
    return KeystoreSigner(settings.KEYSTORE_DIR, settings.KEYSTORE_PASSWORD)
