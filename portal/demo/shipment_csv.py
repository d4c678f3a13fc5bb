"""Files to try the upload with: a good one, and one with a fault of each common kind.

The same arguments always give the same text; another `run` gives packs that do not exist yet.
"""

from collections.abc import Sequence
from typing import Final

HEADER: Final = "gtin,lot,expiry,serial,from,to"
# Far enough ahead that the demo does not expire.
EXPIRY: Final = "2039-05-31"
PACKS: Final = 120  # in each range


def good_csv(from_gln: str, to_gln: str, gtins: Sequence[str], *, run: int = 1) -> str:
    """Two rows for each product: a range of packs, and one pack that was counted by itself."""
    rows = [HEADER]
    for number, gtin in enumerate(gtins, start=1):
        lot = f"L{run:03d}{chr(ord('A') + number % 26)}"
        first, last = (f"{lot}{serial:06d}" for serial in (1, PACKS))
        rows.append(f"{gtin},{lot},{EXPIRY},{first}-{last},{from_gln},{to_gln}")
        rows.append(f"{gtin},{lot},{EXPIRY},{lot}S00001,{from_gln},{to_gln}")
    return _text(rows)


def bad_csv(from_gln: str, to_gln: str, gtins: Sequence[str], *, run: int = 1) -> str:
    """One fault a row, after a row without any; needs one GTIN at least."""
    gtin, lot = gtins[0], f"F{run:03d}"
    faults = [
        (gtin, lot, EXPIRY, f"{lot}000001-{lot}000010", from_gln, to_gln),
        (_wrong_check_digit(gtin), lot, EXPIRY, f"{lot}000011", from_gln, to_gln),
        (gtin, lot, "390500", f"{lot}000012", from_gln, to_gln),  # day 00
        (gtin, lot, "2020-01-31", f"{lot}000013", from_gln, to_gln),  # expired
        (gtin, "LOT NUMBER", EXPIRY, f"{lot}000014", from_gln, to_gln),  # a blank within
        (gtin, lot, EXPIRY, f"{lot}000005", from_gln, to_gln),  # stands in row 2
        (gtin, lot, EXPIRY, f"{lot}000030-{lot}000020", from_gln, to_gln),  # backwards
        (gtin, lot, EXPIRY, f"{lot}000031", to_gln, to_gln),  # somebody else's place
        (gtin, lot, EXPIRY, f"{lot}000032", from_gln, from_gln),  # to itself
        ("9.52E+12", lot, EXPIRY, f"{lot}000033", from_gln, to_gln),  # a spreadsheet's doing
        (gtin, lot, EXPIRY, "", from_gln, to_gln),  # nothing there
    ]
    return _text([HEADER, *(",".join(cells) for cells in faults)])


def _wrong_check_digit(key: str) -> str:
    return f"{key[:-1]}{(int(key[-1]) + 1) % 10}"


def _text(rows: Sequence[str]) -> str:
    return "".join(f"{row}\r\n" for row in rows)
