"""Pages of long lists: the newest rows, or those before a cursor that stands in the address.

Addresses come from anybody: what is no cursor counts as none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet

PAGE = 20
NEWEST = 5  # rows of each list on the overview
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and the cursor before which there are older ones; empty where there are none."""

    rows: list[Row]
    older: str


def page_of(rows: QuerySet[Row], cursor: Callable[[Row], object]) -> Page[Row]:
    """The first page of ordered rows; `cursor` names a row's place among them."""
    found = list(rows[: PAGE + 1])
    return Page(found[:PAGE], str(cursor(found[PAGE - 1])) if len(found) > PAGE else "")


def number(text: str) -> int | None:
    """A sequence or an id out of an address."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def place(text: str) -> tuple[int, int] | None:
    """A block's number and a place in the block: `120-3`."""
    block, _, index = text.partition("-")
    first, second = number(block), number(index)
    return None if first is None or second is None else (first, second)


def uuid(text: str) -> UUID | None:
    """A job's id out of an address."""
    try:
        return UUID(text)
    except ValueError:
        return None
