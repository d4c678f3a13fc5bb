"""Files too large to be sealed in one piece: encrypted as they are written, in constant memory.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015): pieces of 64 KiB under AES-256-GCM
with a key of the file's own. The nonce is the piece's number (11 bytes) and whether it is the last (1
byte), so that pieces can't be swapped, left out or cut off unnoticed.
"""

import io
from collections.abc import Iterator
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.keys import Tampered

PIECE = 64 * 1024
TAG = 16


class SealedWriter(io.RawIOBase):
    """Writes a sealed file; what is not closed can't be opened later."""

    def __init__(self, file: IO[bytes], key: bytes, context: str) -> None:
        self._file, self._cipher, self._context = file, AESGCM(key), context.encode()
        self._waiting = bytearray()
        self._number = 0
        self.size = 0  # bytes taken so far

    def writable(self) -> bool:
        """Yes."""
        return True

    def write(self, data: object) -> int:
        """Take some bytes; the newest piece waits, since it may be the last."""
        taken = bytes(data)  # type: ignore[call-overload]  # whatever has the buffer protocol
        self._waiting += taken
        self.size += len(taken)
        while len(self._waiting) > PIECE:
            self._seal(self._waiting[:PIECE], last=False)
            del self._waiting[:PIECE]
        return len(taken)

    def finish(self) -> None:
        """Write the last piece; only now the file is whole."""
        self._seal(self._waiting, last=True)
        self._waiting.clear()

    def _seal(self, piece: bytes | bytearray, *, last: bool) -> None:
        nonce = _nonce(self._number, last=last)
        self._file.write(self._cipher.encrypt(nonce, bytes(piece), self._context))
        self._number += 1


def opened_pieces(file: IO[bytes], key: bytes, context: str) -> Iterator[bytes]:
    """The content of a sealed file, piece by piece; raises Tampered where it was changed or cut."""
    cipher, bound = AESGCM(key), context.encode()
    sealed, number = file.read(PIECE + TAG), 0
    while True:
        following = file.read(PIECE + TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), sealed, bound)
        except InvalidTag as error:
            raise Tampered(context) from error
        if not following:
            return
        sealed, number = following, number + 1


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])
