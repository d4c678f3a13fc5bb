"""Zip files written byte by byte: always the same, whatever Python and zlib, and broken on demand."""

import struct
import zlib
from dataclasses import dataclass, field

FULL_16, FULL_32 = 0xFFFF, 0xFFFFFFFF


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
    packed_size: int | None = None
    behind: bytes = b""  # the file's bytes, and counted among them
    needed: int = 20  # the version
    extra: bytes = b""
    comment: bytes = b""
    disk: int = 0
    place: int | None = None
    own: bytes | None = None  # the header right before the file's bytes, where it says other things
    gap: bytes = b""  # before that header

    def body(self) -> bytes:
        return (deflated(self.data) if self.packed else self.data) + self.behind

    def local(self) -> bytes:
        header = b"PK\3\4" + self._fields(0) + self.name.encode()
        return self.gap + (header if self.own is None else self.own) + self.body()

    def listed(self, offset: int) -> bytes:
        made = b"PK\1\2" + struct.pack("<H", 20) + self._fields(len(self.extra))
        place = offset + len(self.gap) if self.place is None else self.place
        more = struct.pack("<HHHLL", len(self.comment), self.disk, 0, 0o644 << 16, place)
        return made + more + self.name.encode() + self.extra + self.comment

    def _fields(self, extra: int) -> bytes:
        method = (8 if self.packed else 0) if self.method is None else self.method
        crc = zlib.crc32(self.data) if self.crc is None else self.crc
        size = len(self.data) if self.size is None else self.size
        packed = len(self.body()) if self.packed_size is None else self.packed_size
        midnight = (0, 0x21)  # of 1 January 1980, where zip's calendar begins
        names = (len(self.name.encode()), extra)
        start = (self.needed, self.flags, method)
        return struct.pack("<HHHHHLLLHH", *start, *midnight, crc, packed, size, *names)


@dataclass
class Zipped:
    """A zip file of such entries."""

    entries: list[Entry] = field(default_factory=list)

    def bytes(
        self,
        *,
        zip64: bool = False,
        comment: bytes = b"",
        end: dict[int, int] | None = None,
        large: dict[int, int] | None = None,
    ) -> bytes:
        """`end` and `large` replace numbers of the end record and of zip64's, by their place.

        0 and 1 are disks, 2 and 3 counts, 4 is the directory's length and 5 where it begins.
        """
        made, listed = b"", b""
        for entry in self.entries:
            listed += entry.listed(len(made))
            made += entry.local()
        count = len(self.entries)
        numbers = [0, 0, count, count, len(listed), len(made)]
        long = b""
        if zip64:
            at = len(made) + len(listed)
            long = struct.pack("<QHHLLQQQQ", 44, 45, 45, *replaced(numbers, large))
            long = b"PK\6\6" + long + b"PK\6\7" + struct.pack("<LQL", 0, at, 1)
            numbers = [0, 0, FULL_16, FULL_16, FULL_32, FULL_32]
        last = struct.pack("<HHHHLLH", *replaced(numbers, end), len(comment))
        return made + listed + long + b"PK\5\6" + last + comment


def replaced(numbers: list[int], others: dict[int, int] | None) -> list[int]:
    return [(others or {}).get(place, number) for place, number in enumerate(numbers)]


def extra_field(id: int, data: bytes) -> bytes:
    return struct.pack("<HH", id, len(data)) + data


def deflated(data: bytes) -> bytes:
    """Deflate with its fixed codes and no repeats (RFC 1951 section 3.2.6): long, but a stream."""
    bits = "110"  # the last block; fixed codes, lowest bit first
    for byte in data:
        bits += f"{byte + 0x30:08b}" if byte < 144 else f"{byte + 0x100:09b}"
    bits += "0000000"  # the end
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))
