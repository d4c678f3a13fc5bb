"""From the bytes of an uploaded file to its rows: encoding, separator, header."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from supply.gs1 import shown
from supply.problems import COLUMNS, FileRefused, RowProblem, whole_file

MOST_BYTES: Final = 2 * 1024 * 1024
MOST_ROWS: Final = 5_000
SEPARATORS: Final = (",", ";", "\t")

_SPREADSHEET = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods; .xls
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_NOT_TEXT = (b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf")


@dataclass(frozen=True)
class Row:
    """A row's number in the spreadsheet, and its cells by column."""

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """The rows under the header, blank ones left out, and what is wrong with their shape."""

    rows: Sequence[Row]
    problems: Sequence[RowProblem]


def read_table(data: bytes) -> Table:
    """Read a file; raises FileRefused where it is no table, or not one with our columns."""
    text = _text(data)
    separator = _separator(text)
    records = _records(text, separator)
    header = _header(next(records, []))
    rows: list[Row] = []
    problems: list[RowProblem] = []
    for number, cells in enumerate(records, start=2):
        if not any(cell.strip() for cell in cells):
            continue  # a spreadsheet counts blank rows too, so the number goes on
        if len(rows) == MOST_ROWS:
            raise whole_file(
                _("the file has more than %(most)d rows: split it") % {"most": MOST_ROWS}
            )
        problems += _beside_the_header(number, header, cells)
        rows.append(Row(number, _named(header, cells)))
    if not rows:
        raise whole_file(_("there are no rows under the header"))
    return Table(rows, problems)


# -- bytes to text ---------------------------------------------------------------------------------


def _text(data: bytes) -> str:
    if not data.strip():
        raise whole_file(_("the file is empty"))
    if len(data) > MOST_BYTES:
        raise whole_file(_("the file is larger than 2 MB: split it"))
    if data.startswith(_SPREADSHEET):
        raise whole_file(_("this is a spreadsheet, not a CSV file: save it as “CSV UTF-8”"))
    if data.startswith(_UTF_16):
        raise whole_file(_("this is UTF-16 text: save it as “CSV UTF-8”"))
    if data.startswith(_NOT_TEXT) or b"\x00" in data:
        raise whole_file(_("this is not a text file: save the table as “CSV UTF-8”"))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = len(re.findall(rb"\r\n|\r|\n", data[: error.start])) + 1
        raise whole_file(
            _("a character in line %(line)d is not UTF-8: save the table as “CSV UTF-8”")
            % {"line": line}
        ) from None


# -- text to records -------------------------------------------------------------------------------


def _records(text: str, separator: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader, None)
        except csv.Error:
            # Too long a field, or quotation marks that do not pair up.
            text = _("a quotation mark in this row is not closed, or is followed by more text")
            raise FileRefused([RowProblem(number, "", text)]) from None
        if cells is None:
            return
        yield cells


def _separator(text: str) -> str:
    """The separator under which the first row names the most of our columns."""

    def known(separator: str) -> int:
        return len({_column(cell) for cell in next(_records(text, separator), [])} & set(COLUMNS))

    return max(SEPARATORS, key=known)


def _column(cell: str) -> str:
    return cell.strip().lower()


# -- the header ------------------------------------------------------------------------------------


def _header(cells: Sequence[str]) -> list[str]:
    """The columns by their place; a nameless one, as spreadsheets append, is ""."""
    header = [_column(cell) for cell in cells]
    problems = [
        _("there is no column “%(name)s” in this kind of file: remove it") % {"name": shown(name)}
        for name in dict.fromkeys(header)
        if name and name not in COLUMNS
    ]
    problems += [
        _("the column “%(name)s” stands there twice") % {"name": name}
        for name in COLUMNS
        if header.count(name) > 1
    ]
    problems += [
        _("the column “%(name)s” is missing") % {"name": name}
        for name in COLUMNS
        if name not in header
    ]
    if problems:
        raise FileRefused([RowProblem(1, "", text) for text in problems])
    return header


def _named(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    padded = [*cells, *[""] * (len(header) - len(cells))]
    return {name: cell for name, cell in zip(header, padded, strict=False) if name}


def _beside_the_header(
    number: int, header: Sequence[str], cells: Sequence[str]
) -> list[RowProblem]:
    """Content in a cell above which the header is blank, often a stray separator in a value."""
    extra = [c for place, c in enumerate(cells) if place >= len(header) or not header[place]]
    if not any(cell.strip() for cell in extra):
        return []
    return [RowProblem(number, "", _("this row has more cells than the header has columns"))]
