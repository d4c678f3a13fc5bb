"""The master key: wraps the key-encryption keys of epochs, and can forget those of old epochs.

ADR 0013. A file holds either any secret text (the key of epoch 1 is derived from it) or, once an epoch
has passed, one line `salus-master/2 EPOCH KEY ROOT` (number, 32 and 32 bytes in hex): the key of that
epoch, from which those of later epochs follow and those of earlier ones do not, and the root of
derived secrets, which never changes.
"""

import hmac
import os
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap
from django.conf import settings

KEY = 32
FORMAT = "salus-master/2"


class WrongMasterKey(Exception):
    """The master key does not open what is asked of it: another one wrapped it, or it forgot."""


class MasterKey(Protocol):
    """What wraps the key-encryption keys: a file today, a KMS with a key version per epoch later."""

    def wrap(self, key: bytes, epoch: int) -> bytes:
        """Encrypt a 32-byte key of an epoch."""

    def unwrap(self, wrapped: bytes, epoch: int) -> bytes:
        """Decrypt what `wrap` gave; raises WrongMasterKey."""

    def derived(self, purpose: str) -> bytes:
        """32 bytes for a named purpose; the same through all rotations."""


@dataclass(frozen=True)
class FileMasterKey:
    """The master key as a file holds it, from an epoch on."""

    epoch: int
    key: bytes
    root: bytes

    @classmethod
    def of(cls, text: str) -> "FileMasterKey":
        """From a file's text; raises WrongMasterKey where its format is broken."""
        text = text.strip()
        if not text.startswith("salus-master/"):
            key = HKDF(hashes.SHA256(), KEY, None, b"salus-master/1").derive(text.encode())
            # HKDF's first half (RFC 5869) of what derived secrets have always been made of.
            return cls(1, key, hmac.digest(bytes(KEY), text.encode(), "sha256"))
        try:
            name, epoch, *parts = text.split(" ")
            key, root = (bytes.fromhex(part) for part in parts)
            made = cls(int(epoch), key, root)
        except ValueError as error:
            raise WrongMasterKey("the file's format") from error
        if name != FORMAT or made.epoch < 1 or {len(key), len(root)} != {KEY}:
            raise WrongMasterKey("the file's format")
        return made

    @property
    def text(self) -> str:
        """As a file holds it."""
        return f"{FORMAT} {self.epoch} {self.key.hex()} {self.root.hex()}"

    def wrap(self, key: bytes, epoch: int) -> bytes:
        """AES key wrap (RFC 3394)."""
        return aes_key_wrap(self.forward(epoch).key, key)

    def unwrap(self, wrapped: bytes, epoch: int) -> bytes:
        """AES key unwrap (RFC 3394); raises WrongMasterKey."""
        try:
            return aes_key_unwrap(self.forward(epoch).key, wrapped)
        except InvalidUnwrap as error:
            raise WrongMasterKey(f"epoch {epoch}") from error

    def derived(self, purpose: str) -> bytes:
        """HKDF's second half, of the root."""
        info = f"salus-derived/1 {purpose}".encode()
        return HKDFExpand(hashes.SHA256(), KEY, info).derive(self.root)

    def forward(self, epoch: int) -> "FileMasterKey":
        """The same from a later epoch on; raises WrongMasterKey for an earlier one: no way back."""
        if epoch < self.epoch:
            raise WrongMasterKey(f"epoch {epoch} was forgotten")
        key = self.key
        for _ in range(epoch - self.epoch):
            key = HKDFExpand(hashes.SHA256(), KEY, b"salus-master-next/1").derive(key)
        return replace(self, epoch=epoch, key=key)


def master_key() -> FileMasterKey:
    """The master key that the settings name."""
    return _parsed(settings.MASTER_KEY)


@lru_cache(maxsize=4)
def _parsed(text: str) -> FileMasterKey:
    return FileMasterKey.of(text)


# -- the file --------------------------------------------------------------------------------------


def read_file(path: Path) -> FileMasterKey:
    """The key in a file; raises OSError, WrongMasterKey."""
    return FileMasterKey.of(path.read_text())


def write_file(path: Path, key: FileMasterKey) -> None:
    """Put it in the place of the old one, whole or not at all; raises OSError."""
    path = path.resolve()  # a link stays one
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key.text + "\n")
        file.flush()
        os.fsync(file.fileno())
    old = path.stat()
    if os.geteuid() == 0:
        os.chown(beside, old.st_uid, old.st_gid)
    beside.chmod(old.st_mode & 0o777)
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def can_write(path: Path) -> bool:
    """Whether `write_file` would work."""
    return os.access(path.resolve().parent, os.W_OK)
