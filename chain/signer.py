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


@dataclass(frozen=True)
class Signed:
    """A signed transaction."""

    raw: bytes
    hash: bytes


class Signer(Protocol):
    """What holds the keys of the portal's accounts: a keystore today, a KMS later."""

    def address(self, account: str) -> bytes:
        """The account's address; a first call makes its key."""

    def sign(self, account: str, transaction: dict[str, Any]) -> Signed:
        """Sign an EIP-1559 transaction."""


class KeystoreSigner:
    """Encrypted keystore files (Web3 Secret Storage), one per account, mode 0600."""

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

    def address(self, account: str) -> bytes:
        """The account's address; a first call makes its key."""
        return bytes.fromhex(self._account(account).address[2:])

    def sign(self, account: str, transaction: dict[str, Any]) -> Signed:
        """Sign an EIP-1559 transaction."""
        signed = self._account(account).sign_transaction(transaction)
        return Signed(bytes(signed.raw_transaction), bytes(signed.hash))


@lru_cache(maxsize=1)
def get_signer() -> Signer:
    """The signer that the settings name."""
    return KeystoreSigner(settings.KEYSTORE_DIR, settings.KEYSTORE_PASSWORD)
