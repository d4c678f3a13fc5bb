"""What is wrong with an uploaded file, row by row, in the words that its author sees."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.errors import Invalid, Problem

MOST_PROBLEMS: Final = 200
COLUMNS: Final[Mapping[str, str | Promise]] = {
    "gtin": gettext_lazy("GTIN"),
    "lot": gettext_lazy("Lot"),
    "expiry": gettext_lazy("Expiry"),
    "serial": gettext_lazy("Serial"),
    "from": gettext_lazy("From"),
    "to": gettext_lazy("To"),
}


@dataclass(frozen=True)
class RowProblem:
    """Something wrong in a row, counted as a spreadsheet does: the header is row 1.

    Row 0 is the file as a whole; without a column the row as a whole is meant.
    """

    row: int
    column: str
    text: str

    def named(self) -> Problem:
        """With the place as a person reads it: "Row 4, GTIN"."""
        if not self.row:
            return Problem("", self.text)
        if not self.column:
            return Problem(_("Row %(row)d") % {"row": self.row}, self.text)
        place = _("Row %(row)d, %(column)s") % {"row": self.row, "column": COLUMNS[self.column]}
        return Problem(place, self.text)


class FileRefused(Invalid):
    """The file breaks rules, so nothing of it is stored; the first 200 problems are listed."""

    title = gettext_lazy("Nothing was stored, because something in the file is not right")

    def __init__(self, problems: Iterable[RowProblem]) -> None:
        found = in_order(problems)
        detail = ngettext("%(count)d problem", "%(count)d problems", len(found))
        detail %= {"count": len(found)}
        if len(found) > MOST_PROBLEMS:
            detail = _("%(problems)s, of which these are the first %(most)d") % {
                "problems": detail,
                "most": MOST_PROBLEMS,
            }
        super().__init__(detail, [problem.named() for problem in found[:MOST_PROBLEMS]])


def in_order(problems: Iterable[RowProblem]) -> list[RowProblem]:
    """By row, and within a row in the order of the columns."""
    order = {column: place for place, column in enumerate(("", *COLUMNS))}
    return sorted(problems, key=lambda p: (p.row, order[p.column]))


def whole_file(text: str) -> FileRefused:
    """The file can't be read at all, for one reason."""
    return FileRefused([RowProblem(0, "", text)])
