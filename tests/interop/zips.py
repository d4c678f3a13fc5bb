"""Zip files written byte by byte: always the same, whatever Python and zlib, and broken on demand."""

import struct
import zlib
from dataclasses import dataclass, field


@dataclass
class Entry:
    """One file; every field may be a lie."""

    name: str
    data: bytes
    packed: bool = False
    flags: int = 0
    method: int | None = None
    crc: int | None = None
    size: int | None = None

    def local(self) -> bytes:
        body = deflated(self.data) if self.packed else self.data
        return b"PK\3\4" + self._fields(body) + self.name.encode() + body

    def listed(self, offset: int) -> bytes:
        body = deflated(self.data) if self.packed else self.data
        made = b"PK\1\2" + struct.pack("<H", 20) + self._fields(body)
        return made + struct.pack("<HHHLL", 0, 0, 0, 0o644 << 16, offset) + self.name.encode()

    def _fields(self, body: bytes) -> bytes:
        method = (8 if self.packed else 0) if self.method is None else self.method
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        size = len(self.data) if self.size is None else self.size
        midnight = (0, 0x21)  # of 1 January 1980, where zip's calendar begins
        names = (len(self.name.encode()), 0)
        return struct.pack(
            "<HHHHHLLLHH", 20, self.flags, method, *midnight, crc, len(body), size, *names
        )


@dataclass
class Zipped:
    """A zip file of such entries."""

    entries: list[Entry] = field(default_factory=list)

    def bytes(self, *, zip64: bool = False, comment: bytes = b"") -> bytes:
        made, listed = b"", b""
        for entry in self.entries:
            listed += entry.listed(len(made))
            made += entry.local()
        count, numbers = len(self.entries), (len(listed), len(made))
        large = b""
        if zip64:
            at = len(made) + len(listed)
            large = b"PK\6\6" + struct.pack("<QHHLLQQQQ", 44, 45, 45, 0, 0, count, count, *numbers)
            large += b"PK\6\7" + struct.pack("<LQL", 0, at, 1)
            count, numbers = 0xFFFF, (0xFFFFFFFF, 0xFFFFFFFF)
        end = struct.pack("<HHHHLLH", 0, 0, count, count, *numbers, len(comment))
        return made + listed + large + b"PK\5\6" + end + comment


def deflated(data: bytes) -> bytes:
    """Deflate with its fixed codes and no repeats (RFC 1951 section 3.2.6): long, but a stream."""
    bits = "110"  # the last block; fixed codes, lowest bit first
    for byte in data:
        bits += f"{byte + 0x30:08b}" if byte < 144 else f"{byte + 0x100:09b}"
    bits += "0000000"  # the end
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
