"""GS1 keys and their one form: pure functions over text (GS1 General Specifications).

GTINs become 14 digits, dates become dates, and names become GS1 Digital Link URIs, whichever of
the allowed spellings came in. Nothing but `NotGs1` is ever raised.
"""

import re
from datetime import date
from typing import Final, NewType
from urllib.parse import quote

from django.utils.translation import gettext as _

from core.check_digits import GLN_LENGTH, gs1_check_digit

Gtin = NewType("Gtin", str)
Gln = NewType("Gln", str)
Lot = NewType("Lot", str)
Serial = NewType("Serial", str)

GTIN_LENGTHS: Final = (8, 12, 13, 14)
LONGEST: Final = 20  # of a lot (AI 10) and of a serial (AI 21)
DIGITAL_LINK: Final = "https://id.gs1.org"

_DIGITS = re.compile(r"[0-9]+")
# What a spreadsheet makes of a long number: 9.52E+12.
_SHORTENED = re.compile(r"[0-9]([.,][0-9]+)?[eE][+]?[0-9]+")
_CHARACTER_SET_82 = re.compile(r"""[!"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+""")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_SHORT_DATE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{2})")


class NotGs1(ValueError):
    """The text is not what GS1 allows in that place; the message says why, in plain words."""


# -- keys with a check digit -----------------------------------------------------------------------


def read_gtin(text: str) -> Gtin:
    """A GTIN of 8, 12, 13 or 14 digits, as 14 digits."""
    digits = _digits(text)
    if len(digits) not in GTIN_LENGTHS:
        raise NotGs1(_("a GTIN has 8, 12, 13 or 14 digits, not %(count)d") % {"count": len(digits)})
    return Gtin(_checked(digits).zfill(14))


def read_gln(text: str) -> Gln:
    """A GLN of 13 digits."""
    digits = _digits(text)
    if len(digits) != GLN_LENGTH:
        raise NotGs1(_("a GLN has 13 digits, not %(count)d") % {"count": len(digits)})
    return Gln(_checked(digits))


def _digits(text: str) -> str:
    text = text.strip()
    if not text:
        raise NotGs1(_("this is missing"))
    if _SHORTENED.fullmatch(text):
        raise NotGs1(
            _("“%(text)s” is a number that the spreadsheet shortened: format the column as text")
            % {"text": shown(text)}
        )
    if not _DIGITS.fullmatch(text):
        raise NotGs1(_("“%(text)s” is not made of digits alone") % {"text": shown(text)})
    return text


def _checked(digits: str) -> str:
    right = gs1_check_digit(digits[:-1])
    if int(digits[-1]) != right:
        raise NotGs1(
            _("the check digit should be %(right)d, not %(given)s")
            % {"right": right, "given": digits[-1]}
        )
    return digits


# -- lots, serials, expiry dates -------------------------------------------------------------------


def read_lot(text: str) -> Lot:
    """A batch or lot number (AI 10)."""
    return Lot(_name(text.strip()))


def read_serial(text: str) -> Serial:
    """A serial number (AI 21)."""
    return Serial(_name(text.strip()))


def _name(text: str) -> str:
    if not text:
        raise NotGs1(_("this is missing"))
    if len(text) > LONGEST:
        raise NotGs1(
            _("“%(text)s” has %(count)d characters; at most %(most)d are allowed")
            % {"text": shown(text), "count": len(text), "most": LONGEST}
        )
    if not _CHARACTER_SET_82.fullmatch(text):
        wrong = next(c for c in text if not _CHARACTER_SET_82.fullmatch(c))
        if wrong.isspace():
            raise NotGs1(_("a blank is not allowed here by GS1"))
        raise NotGs1(
            _("the character “%(character)s” is not allowed here by GS1")
            % {"character": shown(wrong)}
        )
    return text


def read_expiry(text: str, *, today: date) -> date:
    """A day as `YYYY-MM-DD`, or as GS1's `YYMMDD` in the century that lies nearest to today."""
    text = text.strip()
    if not text:
        raise NotGs1(_("this is missing"))
    if match := _ISO_DATE.fullmatch(text):
        year, month, day = (int(part) for part in match.groups())
    elif match := _SHORT_DATE.fullmatch(text):
        short, month, day = (int(part) for part in match.groups())
        year = _full_year(short, today.year)
    else:
        raise NotGs1(
            _("“%(text)s” is not a date that can be read: write 2027-05-31 or 270531")
            % {"text": shown(text)}
        )
    if day == 0:
        # Allowed by GS1 for "the month's last day", but not for medicines since 2025.
        raise NotGs1(_("the day is 00: write the day itself, such as 2027-05-31"))
    try:
        return date(year, month, day)
    except ValueError:
        raise NotGs1(_("there is no such day as “%(text)s”") % {"text": shown(text)}) from None


def _full_year(short: int, now: int) -> int:
    """GS1 General Specifications 7.12: at most 49 years back and 50 years ahead."""
    difference = short - now % 100
    century = now - now % 100
    if difference >= 51:
        century -= 100
    elif difference <= -50:
        century += 100
    return century + short


# -- GS1 Digital Link, as EPCIS 2.0 names things ---------------------------------------------------


def instance_uri(gtin: str, serial: str) -> str:
    """One package (CBV 2.0, 8.2): `/01/<gtin>/21/<serial>`."""
    return f"{DIGITAL_LINK}/01/{gtin}/21/{_quoted(serial)}"


def class_uri(gtin: str, lot: str) -> str:
    """All packages of a lot: `/01/<gtin>/10/<lot>`."""
    return f"{DIGITAL_LINK}/01/{gtin}/10/{_quoted(lot)}"


def digital_link(gtin: str, lot: str, serial: str) -> str:
    """The canonical link on a package: `/01/<gtin>/10/<lot>/21/<serial>`."""
    return f"{class_uri(gtin, lot)}/21/{_quoted(serial)}"


def location_uri(gln: str) -> str:
    """A place (SGLN, AI 414)."""
    return f"{DIGITAL_LINK}/414/{gln}"


def party_uri(gln: str) -> str:
    """An organisation (PGLN, AI 417)."""
    return f"{DIGITAL_LINK}/417/{gln}"


def _quoted(text: str) -> str:
    return quote(text, safe="")


def shown(text: str) -> str:
    """What somebody wrote, short enough to be repeated to them."""
    clean = "".join(c if c.isprintable() else "�" for c in text)
    return clean if len(clean) <= 40 else f"{clean[:39]}…"
