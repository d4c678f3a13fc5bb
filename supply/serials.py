"""Runs of serials, as people write them into one cell: pure functions over text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from supply.gs1 import LONGEST, NotGs1, Serial, read_serial, shown

MOST_SERIALS: Final = 10_000  # in one range

_RANGE = re.compile(r"(?P<prefix>.*?)(?P<first>[0-9]+)-(?P=prefix)(?P<last>[0-9]+)")
_NUMBER_AT_END = re.compile(r"[0-9]*$")


@dataclass(frozen=True)
class Serials:
    """Serials that follow each other, with one prefix and one width; often a single one."""

    first: Serial
    last: Serial

    def __len__(self) -> int:
        if self.first == self.last:
            return 1
        return int(_number(self.last)) - int(_number(self.first)) + 1

    def __iter__(self) -> Iterator[Serial]:
        if self.first == self.last:
            yield self.first
            return
        first = _number(self.first)
        prefix, width = self.first[: -len(first)], len(first)
        for number in range(int(first), int(_number(self.last)) + 1):
            yield Serial(f"{prefix}{number:0{width}d}")

    def __str__(self) -> str:
        """As `read_serials` reads it."""
        if self.first == self.last and _reads_as_one(self.first):
            return self.first
        return f"{self.first}-{self.last}"


def _number(serial: str) -> str:
    match = _NUMBER_AT_END.search(serial)
    return match.group() if match else ""


def _reads_as_one(serial: Serial) -> bool:
    """`0-1` does not: written alone, it is a range."""
    try:
        return read_serials(serial) == Serials(serial, serial)
    except NotGs1:
        return False


def read_serials(text: str) -> Serials:
    """A serial, or a range such as `SN000001-SN000250`.

    A hyphen is a character that a serial may have. What reads as a range is one; a serial that
    merely looks like it is written as a range of one: `2026-3000-2026-3000`.
    """
    text = text.strip()
    if len(text) > 2 * LONGEST + 1:
        raise NotGs1(_("“%(text)s” is too long for a serial or a range") % {"text": shown(text)})
    if match := _RANGE.fullmatch(text):
        return _range(match)
    _refuse_two_prefixes(text)
    single = read_serial(text)
    return Serials(single, single)


def _range(match: re.Match[str]) -> Serials:
    prefix, first, last = match.group("prefix", "first", "last")
    if len(first) != len(last):
        raise NotGs1(
            _(
                "both ends of a range need the same number of digits, such as SN001-SN250; "
                "if “%(text)s” is one serial, write it twice, with a hyphen between"
            )
            % {"text": shown(match.string)}
        )
    if int(last) < int(first):
        raise NotGs1(
            _(
                "the range ends before it begins; "
                "if “%(text)s” is one serial, write it twice, with a hyphen between"
            )
            % {"text": shown(match.string)}
        )
    serials = Serials(read_serial(prefix + first), read_serial(prefix + last))
    if int(last) - int(first) >= MOST_SERIALS:
        raise NotGs1(
            _("a range may hold %(most)d serials at most, not %(count)d")
            % {"most": MOST_SERIALS, "count": int(last) - int(first) + 1}
        )
    return serials


def _refuse_two_prefixes(text: str) -> None:
    """`SN001-SM250` is a slip of the pen rather than a serial."""
    half = len(text) // 2
    first, hyphen, last = text[:half], text[half : half + 1], text[half + 1 :]
    if hyphen == "-" and len(first) == len(last) and _number(first) and _number(last):
        raise NotGs1(
            _(
                "both ends of a range need the same beginning; "
                "if “%(text)s” is one serial, write it twice, with a hyphen between"
            )
            % {"text": shown(text)}
        )
