"""An uploaded shipment file, checked against everything that can be known without the database.

Pure: bytes in, lines and problems out; whatever the bytes are, only FileRefused is raised.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from supply.gs1 import Gln, Gtin, Lot, NotGs1, read_expiry, read_gln, read_gtin, read_lot
from supply.problems import RowProblem
from supply.serials import Serials, read_serials
from supply.tables import Row, read_table

MOST_PACKAGES: Final = 50_000


class Packages(Protocol):
    """A row's packages: those of a file, or those of a stored line."""

    @property
    def row(self) -> int:
        """The row's number in the spreadsheet."""

    @property
    def gtin(self) -> str:
        """What they are."""

    @property
    def serials(self) -> Serials:
        """Which they are."""


@dataclass(frozen=True)
class Named:
    """A row of which at least GTIN and serials could be read."""

    row: int
    gtin: Gtin
    serials: Serials


@dataclass(frozen=True)
class Line(Named):
    """A row without a fault: packages of one lot that go from one place to another."""

    lot: Lot
    expiry: date
    from_gln: Gln
    to_gln: Gln


@dataclass(frozen=True)
class Sender:
    """What the file may say: where the sender is, and what it makes."""

    gln: str
    gtins: Collection[str]


@dataclass(frozen=True)
class Reading:
    """The rows with readable packages (without problems: all are lines), and what is wrong."""

    rows: Sequence[Named]
    problems: Sequence[RowProblem]

    @property
    def lines(self) -> list[Line]:
        """The rows without a fault."""
        return [row for row in self.rows if isinstance(row, Line)]


def read_upload(data: bytes, *, sender: Sender, today: date) -> Reading:
    """Read a file; raises FileRefused where it is no table of ours at all."""
    table = read_table(data)
    rows: list[Named] = []
    problems = list(table.problems)
    for row in table.rows:
        named, wrong = _read_row(row, sender, today)
        problems += wrong
        rows += [named] if named else []
    count = sum(len(row.serials) for row in rows)
    if count > MOST_PACKAGES:
        # None of the serials is looked up, so that a small file can't ask for endless work.
        return Reading([], [*problems, RowProblem(0, "", _too_many(count))])
    return Reading(rows, [*problems, *_repeated(rows)])


def _too_many(packages: int) -> str:
    return _("the file names %(count)d packs, and %(most)d are allowed: split it") % {
        "count": packages,
        "most": MOST_PACKAGES,
    }


# -- a row -----------------------------------------------------------------------------------------


def _read_row(row: Row, sender: Sender, today: date) -> tuple[Named | None, list[RowProblem]]:
    readers: dict[str, Callable[[str], Any]] = {
        "gtin": lambda text: _own_gtin(text, sender),
        "serial": read_serials,
        "lot": read_lot,
        "expiry": lambda text: _future(text, today),
        "from": lambda text: _own_gln(text, sender),
        "to": read_gln,
    }
    values: dict[str, Any] = {}
    problems = []
    for column, read in readers.items():
        try:
            values[column] = read(row.cells[column])
        except NotGs1 as error:
            problems.append(RowProblem(row.number, column, str(error)))
    if "to" in values and values["to"] == values.get("from"):
        problems.append(RowProblem(row.number, "to", _("a shipment can't go where it comes from")))
    return _of_values(row.number, values, faultless=not problems), problems


def _of_values(number: int, values: Mapping[str, Any], *, faultless: bool) -> Named | None:
    if faultless:
        return Line(number, *values.values())
    if "gtin" in values and "serial" in values:
        return Named(number, values["gtin"], values["serial"])
    return None


def _own_gtin(text: str, sender: Sender) -> Gtin:
    gtin = read_gtin(text)
    if gtin not in sender.gtins:
        raise NotGs1(_("%(gtin)s is not among your products") % {"gtin": gtin})
    return gtin


def _own_gln(text: str, sender: Sender) -> Gln:
    gln = read_gln(text)
    if gln != sender.gln:
        raise NotGs1(
            _("%(gln)s is not your organisation, which is %(own)s")
            % {"gln": gln, "own": sender.gln}
        )
    return gln


def _future(text: str, today: date) -> date:
    day = read_expiry(text, today=today)
    if day < today:
        raise NotGs1(_("%(day)s has passed: this lot has expired") % {"day": day.isoformat()})
    return day


# -- across rows -----------------------------------------------------------------------------------


def _repeated(rows: Sequence[Named]) -> Iterator[RowProblem]:
    """Serials that an earlier row has already, one problem for each pair of rows."""
    first: dict[tuple[str, str], int] = {}
    again: dict[tuple[int, int], list[str]] = {}
    for row in rows:
        for serial in row.serials:
            earlier = first.setdefault((row.gtin, serial), row.row)
            if earlier != row.row:
                again.setdefault((row.row, earlier), []).append(serial)
    for (number, earlier), serials in again.items():
        text = ngettext(
            "%(first)s stands in row %(row)d already",
            "%(count)d serials, from %(first)s to %(last)s, stand in row %(row)d already",
            len(serials),
        )
        named = {"first": serials[0], "last": serials[-1], "count": len(serials), "row": earlier}
        yield RowProblem(number, "serial", text % named)


def taken(rows: Iterable[Packages], recorded: Collection[tuple[str, str]]) -> Iterator[RowProblem]:
    """Packages that a shipment recorded before: `recorded` are pairs of GTIN and serial."""
    for row in rows:
        serials = [serial for serial in row.serials if (row.gtin, serial) in recorded]
        if serials:
            text = ngettext(
                "%(first)s was recorded before",
                "%(count)d serials were recorded before, from %(first)s to %(last)s",
                len(serials),
            )
            named = {"first": serials[0], "last": serials[-1], "count": len(serials)}
            yield RowProblem(row.row, "serial", text % named)
