"""Searches as prepared statements: written and planned once for each shape (core/prepared.py)."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from accounts.viewer import Viewer
from core.prepared import Prepared
from core.row_security import Who
from records.models import Version
from records.search.terms import RangeEnd, Term, current

MOST_PREPARED = 500
_PREPARED: dict[Hashable, Prepared[Version]] = {}


@dataclass(frozen=True)
class SortKey:
    """A column, or the end of the ranges under a key."""

    column: str
    descending: bool
    range_key: int = 0

    @property
    def value(self) -> Any:
        """What is sorted by."""
        if self.column == "range":
            return RangeEnd(self.range_key, highest=self.descending)
        return F(self.column)

    def read(self, value: Any) -> Any:
        """From what a cursor has."""
        if self.column == "created_at":
            return datetime.fromisoformat(value)
        return float(value) if self.column == "range" else value


@dataclass(frozen=True)
class Statement:
    """A search's question to the database; two of one shape are prepared once."""

    where: Term
    keys: tuple[SortKey, ...] = ()
    limit: int = 0  # none where it only counts
    goes_on: bool = False  # after the last one of a page

    def rows(self, viewer: Viewer, type: str, after: list[Any]) -> list[Version]:
        """The rows, each with its sort keys as `key_0`, …"""
        last = [key.read(value) for key, value in zip(self.keys, after, strict=False)]
        return self._prepared(**self._values(viewer, type, [*last, *after[len(self.keys) :]]))

    def count(self, viewer: Viewer, type: str) -> int:
        """How many rows."""
        return self._prepared.count(**self._values(viewer, type, []))

    def _values(self, viewer: Viewer, type: str, after: list[Any]) -> dict[str, Any]:
        acting = viewer.acting
        whose: dict[str, Any] = {"reach": list(acting.reach), "keeping": list(acting.keeping)}
        asked = [*self.where.values, *after]
        return whose | {"type": type} | {f"value_{n}": value for n, value in enumerate(asked)}

    @property
    def _prepared(self) -> Prepared[Version]:
        shape = (self.where.shape, self.keys, self.limit, self.goes_on)
        if (found := _PREPARED.get(shape)) is None:
            while len(_PREPARED) >= MOST_PREPARED:
                _PREPARED.pop(next(iter(_PREPARED)), None)
            found = _PREPARED[shape] = Prepared(self._built, **self._samples())
        return found

    def _built(
        self, reach: list[UUID], keeping: list[UUID], type: str, **values: Any
    ) -> QuerySet[Version]:
        who, take = Who.given(reach, keeping), iter(values.values())
        rows = current(who).filter(self.where.q(who, take), type=type)
        if not self.limit:
            return rows.order_by().only("pk")
        rows = rows.annotate(**{f"key_{n}": key.value for n, key in enumerate(self.keys)})
        if self.goes_on:
            rows = rows.filter(_beyond(self.keys, list(take)))
        return rows.order_by(*_ordering(self.keys))[: self.limit]

    def _samples(self) -> dict[str, Any]:
        """Something of its type for each value, by which it is found again in the SQL."""
        asked = list(self.where.values)
        if self.goes_on:
            kinds = {"created_at": datetime(2000, 1, 1, tzinfo=UTC), "range": 0.5, "fhir_id": ""}
            asked += [*(kinds[key.column] for key in self.keys), 1]
        samples = {f"value_{n}": _sample(value, n) for n, value in enumerate(asked)}
        return {"reach": [UUID(int=1)], "keeping": [UUID(int=2)], "type": "a type", **samples}


def _sample(value: Any, number: int) -> Any:
    if isinstance(value, list):
        return [_sample(value[0] if value else 0, number)]
    if isinstance(value, datetime):
        return datetime(1900, 1, 1, tzinfo=UTC) + timedelta(days=number, microseconds=1)
    if isinstance(value, str):
        return f"sample {number}"
    return (0.123456789 if isinstance(value, float) else 7_777_777_777_000) + number


def _beyond(keys: Sequence[SortKey], last: Sequence[Any]) -> Q:
    """What comes after the last one of a page, which has these keys and this row's number."""
    found, same = Q(), Q()
    for n, (key, value) in enumerate(zip(keys, last, strict=False)):
        found |= same & Q(**{f"key_{n}__{'lt' if key.descending else 'gt'}": value})
        same &= Q(**{f"key_{n}": value})
    return found | same & Q(pk__lt=last[-1])


def _ordering(keys: Sequence[SortKey]) -> list[str]:
    """By the keys, and among equals the newest first."""
    return [*(f"{'-' * key.descending}key_{n}" for n, key in enumerate(keys)), "-pk"]
