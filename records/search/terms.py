"""Conditions on the index as small trees: what they ask, apart from the values that they ask with.

Two searches of one shape are one statement to the database, which is written and planned once
(core/prepared.py); so a term knows its shape, its values, and how to become a condition of Django's.
"""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    Exists,
    F,
    FloatField,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
)

from core.row_security import Who
from records.access import versions_visible_to
from records.models import Version

_NUMBERS = ArrayField(BigIntegerField())
_TEXTS = ArrayField(CharField())


def current(who: Who) -> QuerySet[Version]:
    """What there is to be found by somebody."""
    return versions_visible_to(who).filter(current=True)


class Term(Protocol):
    """A part of a condition."""

    @property
    def shape(self) -> Hashable:
        """What it asks."""

    @property
    def values(self) -> list[Any]:
        """With what it asks, in the order in which `q` takes them."""

    def q(self, who: Who, take: Iterator[Any]) -> Q:
        """As a condition, with values that are taken from elsewhere."""


@dataclass(frozen=True)
class HasToken:
    """One of some tokens is there."""

    tokens: tuple[int, ...]
    shape: Hashable = "token"

    @property
    def values(self) -> list[Any]:
        """The tokens."""
        return [list(self.tokens)]

    def q(self, who: Who, take: Iterator[Any]) -> Q:
        """By the index."""
        return Q(tokens__overlap=Value(next(take), _NUMBERS))


@dataclass(frozen=True)
class InRanges:
    """A range under one of some keys fulfils a test of `r.l` and `r.h`."""

    keys: tuple[int, ...]
    test: str
    bounds: tuple[float, ...]

    @property
    def shape(self) -> Hashable:
        """The test."""
        return ("ranges", self.test)

    @property
    def values(self) -> list[Any]:
        """The keys, and the bounds in the order of the test."""
        return [list(self.keys), *map(float, self.bounds)]

    def q(self, who: Who, take: Iterator[Any]) -> Q:
        """On the row itself."""
        return Q(_InRanges(next(take), self.test, [next(take) for _bound in self.bounds]))


@dataclass(frozen=True)
class HasId:
    """It has one of some ids."""

    ids: tuple[str, ...]
    shape: Hashable = "id"

    @property
    def values(self) -> list[Any]:
        """The ids."""
        return [list(self.ids)]

    def q(self, who: Who, take: Iterator[Any]) -> Q:
        """By the unique index."""
        return Q(_AnyOf(F("fhir_id"), Value(next(take), _TEXTS)))


@dataclass(frozen=True)
class IsOne:
    """It is one of some rows, which were found out before."""

    rows: tuple[int, ...]
    shape: Hashable = "row"

    @property
    def values(self) -> list[Any]:
        """The rows."""
        return [list(self.rows)]

    def q(self, who: Who, take: Iterator[Any]) -> Q:
        """By the primary key."""
        return Q(_AnyOf(F("pk"), Value(next(take), _NUMBERS)))


@dataclass(frozen=True)
class WrittenAt:
    """It was written before, after or between moments: `gte` and `lt` of `created_at`."""

    since: datetime | None = None
    before: datetime | None = None

    @property
    def shape(self) -> Hashable:
        """Which ends there are."""
        return ("written", self.since is None, self.before is None)

    @property
    def values(self) -> list[Any]:
        """The ends that there are."""
        return [end for end in (self.since, self.before) if end is not None]

    def q(self, who: Who, take: Iterator[Any]) -> Q:
        """On the row itself."""
        found = Q()
        if self.since is not None:
            found &= Q(created_at__gte=next(take))
        if self.before is not None:
            found &= Q(created_at__lt=next(take))
        return found


@dataclass(frozen=True)
class Not:
    """The opposite."""

    inner: Term

    @property
    def shape(self) -> Hashable:
        """Of the inner one."""
        return ("not", self.inner.shape)

    @property
    def values(self) -> list[Any]:
        """Of the inner one."""
        return self.inner.values

    def q(self, who: Who, take: Iterator[Any]) -> Q:
        """The opposite."""
        return ~self.inner.q(who, take)


@dataclass(frozen=True)
class AnyOf:
    """One of several; of none, nothing."""

    inner: tuple[Term, ...]

    @property
    def shape(self) -> Hashable:
        """Of all."""
        return ("any", *(one.shape for one in self.inner))

    @property
    def values(self) -> list[Any]:
        """Of all."""
        return [value for one in self.inner for value in one.values]

    def q(self, who: Who, take: Iterator[Any]) -> Q:
        """Joined by OR."""
        found = Q(pk=None) if not self.inner else Q()
        for one in self.inner:
            found |= one.q(who, take)
        return found


@dataclass(frozen=True)
class AllOf:
    """Several together."""

    inner: tuple[Term, ...]

    @property
    def shape(self) -> Hashable:
        """Of all."""
        return ("all", *(one.shape for one in self.inner))

    @property
    def values(self) -> list[Any]:
        """Of all."""
        return [value for one in self.inner for value in one.values]

    def q(self, who: Who, take: Iterator[Any]) -> Q:
        """Joined by AND."""
        found = Q()
        for one in self.inner:
            found &= one.q(who, take)
        return found


@dataclass(frozen=True)
class LeadsTo:
    """A reference leads to something of a type that fulfils a term and that the viewer sees."""

    mask: int  # of the reference's parameter
    type: str
    inner: Term

    @property
    def shape(self) -> Hashable:
        """By which parameter to what."""
        return ("leads", self.mask, self.type, self.inner.shape)

    @property
    def values(self) -> list[Any]:
        """Of the inner term."""
        return self.inner.values

    def q(self, who: Who, take: Iterator[Any]) -> Q:
        """All that fulfil it are found first, and become tokens."""
        rows = current(who).filter(self.inner.q(who, take), type=self.type)
        tokens = rows.values_list(_Xor(F("handle"), Value(self.mask, BigIntegerField())))
        return Q(tokens__overlap=ArraySubquery(tokens))


@dataclass(frozen=True)
class LedToBy:
    """Something of a type refers to it, fulfils a term, and is seen by the viewer."""

    mask: int  # of the parameter by which it refers
    type: str
    inner: Term

    @property
    def shape(self) -> Hashable:
        """By which parameter from what."""
        return ("led", self.mask, self.type, self.inner.shape)

    @property
    def values(self) -> list[Any]:
        """Of the inner term."""
        return self.inner.values

    def q(self, who: Who, take: Iterator[Any]) -> Q:
        """For each row it is looked for what refers to it."""
        own = _Xor(OuterRef("handle"), Value(self.mask, BigIntegerField()))
        rows = current(who).filter(self.inner.q(who, take), type=self.type)
        return Q(Exists(rows.filter(_HasToken(F("tokens"), own))))


# -- expressions -----------------------------------------------------------------------------------


class _Xor(Func):
    """Two numbers, bit by bit."""

    template = "(%(expressions)s)"
    arg_joiner = " # "
    output_field = BigIntegerField()


class _AnyOf(Func):
    """Whether it is one of a list's."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


class _HasToken(Func):
    """Whether a token is there; it may come from another row."""

    template = "(%(expressions)s])"
    arg_joiner = " @> ARRAY["
    output_field = BooleanField()


class _InRanges(Func):
    """Whether a range under one of the keys fulfils a test of `r.l` and `r.h`."""

    output_field = BooleanField()

    def __init__(self, keys: list[int], test: str, bounds: Sequence[float]) -> None:
        super().__init__(
            F("range_keys"), F("range_lows"), F("range_highs"), Value(keys, _NUMBERS),
            *[Value(bound, FloatField()) for bound in bounds],
        )  # fmt: skip
        self.test = test

    def as_sql(self, compiler: Any, connection: Any, *_args: Any, **_more: Any) -> Any:
        """The condition, with the bounds in the order of the test."""
        parts = [compiler.compile(part) for part in self.get_source_expressions()]
        (keys, _1), (lows, _2), (highs, _3), (wanted, params), *bounds = parts
        test = self.test.format(*[sql for sql, _params in bounds])
        # Columns and tests of this module alone; what was asked for are parameters.
        said = f"SELECT 1 FROM unnest({keys}, {lows}, {highs}) AS r(k, l, h)"  # noqa: S608  # nosec B608
        return (
            f"EXISTS ({said} WHERE r.k = ANY({wanted}) AND {test})",
            (*params, *(p for _sql, own in bounds for p in own)),
        )


class RangeEnd(Func):
    """The lowest beginning of the ranges under a key, or the highest end; for sorting."""

    output_field = FloatField()

    def __init__(self, key: int, *, highest: bool) -> None:
        column = "range_highs" if highest else "range_lows"
        super().__init__(F("range_keys"), F(column), Value(key, BigIntegerField()))
        self.highest = highest

    def as_sql(self, compiler: Any, connection: Any, *_args: Any, **_more: Any) -> Any:
        """Where there is none: before all others when descending, and after them when not."""
        parts = [compiler.compile(part) for part in self.get_source_expressions()]
        (keys, _1), (ends, _2), (wanted, params) = parts
        pick, nothing = ("max", "-infinity") if self.highest else ("min", "infinity")
        rows = f"unnest({keys}, {ends}) AS r(k, e) WHERE r.k = {wanted}"
        found = f"(SELECT {pick}(r.e) FROM {rows})"  # noqa: S608 - our columns  # nosec B608
        return f"COALESCE({found}, '{nothing}'::float8)", tuple(params)
