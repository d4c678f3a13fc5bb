"""Pages of long lists, by cursors in their addresses: the place of the last row that was shown."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
PAGE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursor before which there are older ones; empty where there are none."""

    rows: list[Row]
    older: str


def cursor_of(at: datetime, pk: object) -> str:
    """A row's place in a list that is ordered by time and id: microseconds, a dash, the id."""
    micros = int(at.timestamp()) * 1_000_000 + at.microsecond
    return f"{micros}-{pk}"


def before(text: str, at: str = "at") -> Q:
    """What stands before a cursor out of an address; what is no cursor counts as none."""
    micros, _, pk = text.partition("-")
    known = int(pk) if _short(pk) else _uuid(pk)
    if known is None or not _short(micros):
        return Q()
    when = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(micros))
    return Q(**{f"{at}__lt": when}) | Q(**{at: when, "pk__lt": known})


def _short(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 18


def _uuid(text: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(text)
    return None


def page_of(
    rows: QuerySet[Row], cursor: str, *, at: Callable[[Row], datetime], field: str = "at"
) -> Page[Row]:
    """The rows before a cursor, newest first."""
    found = list(rows.filter(before(cursor, field))[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return Page(found[:PAGE], cursor_of(at(last), last.pk) if last else "")
