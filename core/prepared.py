"""Queries that everything waits for: compiled once, and planned once per connection.

Django writes the SQL of a queryset anew each time, and PostgreSQL plans it anew. For a condition of
who may see what, either costs more than to run it (`script/bench people`).
"""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.postgresql import base as postgresql
from django.db.models import BooleanField, Expression, F, Func, Model, Q, QuerySet, UUIDField, Value
from django.db.models import query as django_query
from django.db.models.sql.compiler import SQLCompiler

_UUIDS = ArrayField(UUIDField())
M = TypeVar("M", bound=Model)


def uuids(ids: Iterable[UUID]) -> Expression:
    """A list of UUIDs as one value: with any number of them the SQL stays the same."""
    return Value(list(ids), _UUIDS)


def one_of(field: str, ids: Expression) -> Q:
    """Whether a column's UUID is one of a list's."""
    return Q(
        Func(
            F(field), ids,
            template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=BooleanField(),
        )
    )  # fmt: skip


# These are Django's own, and not typed as they are.
_ServerBindingCursor: Any = postgresql.ServerBindingCursor
_related_populators: Any = django_query.get_related_populators


class _PreparedCursor(_ServerBindingCursor):  # type: ignore[misc]
    """Has its statements prepared at the first use, not at the fifth."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        return super().execute(query, params, prepare=True, **options)

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        # For Django's log of queries; psycopg forgets what was prepared before.
        self._query = super()._convert_query(query, params)
        return self._query


class Prepared(Generic[M]):
    """A queryset with holes: `Prepared(build, type="a type")(type="Patient")`.

    `build` is called once, with the samples. A sample stands for its hole in the SQL, so it differs
    from all other samples and from all constants of the query; it has the type of what is filled in.
    """

    def __init__(self, build: Callable[..., QuerySet[M]], **samples: Any) -> None:
        self._build = build
        self._samples = samples

    def __call__(self, **values: Any) -> list[M]:
        """Run it; the rows are models, as the queryset would give them."""
        sql, params, compiler = self._compiled
        with self._cursor() as cursor:
            cursor.execute(sql, [values[p.name] if isinstance(p, _Hole) else p for p in params])
            rows = cursor.fetchall()
        return _models(compiler, rows) if rows else []

    def count(self, **values: Any) -> int:
        """How many rows there are, without reading them."""
        sql, params, _compiler = self._compiled
        filled = [values[p.name] if isinstance(p, _Hole) else p for p in params]
        with self._cursor() as cursor:
            # What stands in between is Django's own SQL; the values are parameters.
            cursor.execute(f"SELECT count(*) FROM ({sql}) AS found", filled)  # noqa: S608  # nosec B608
            return int(cursor.fetchone()[0])

    @staticmethod
    def _cursor() -> Any:
        wrapped: Any = connection
        wrapped.ensure_connection()
        # With Django's errors, and counted where a test counts queries.
        return wrapped._prepare_cursor(_PreparedCursor(wrapped.connection))

    @cached_property
    def _compiled(self) -> tuple[str, list[Any], SQLCompiler]:
        compiler = self._build(**self._samples).query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        holes = [self._hole(param) for param in params]
        unused = self._samples.keys() - {hole.name for hole in holes if isinstance(hole, _Hole)}
        assert not unused, f"not in the query: {unused}"
        return sql, holes, compiler

    def _hole(self, param: Any) -> Any:
        plain = getattr(param, "obj", param)  # bytes come wrapped
        for name, sample in self._samples.items():
            if isinstance(plain, type(sample)) and sample == plain:
                return _Hole(name)
        return param


class _Hole:
    """A place in the SQL that each run fills in."""

    def __init__(self, name: str) -> None:
        self.name = name


def _models(compiler: SQLCompiler, rows: list[Any]) -> list[Any]:
    """As Django's own ModelIterable makes them."""
    shape, select = compiler.klass_info, compiler.select
    assert shape is not None
    assert select is not None
    columns = shape["select_fields"]
    part = slice(columns[0], columns[-1] + 1)
    names = [column[0].target.attname for column in select[part]]
    related = _related_populators(shape, select, DEFAULT_DB_ALIAS)
    annotated = compiler.annotation_col_map or {}
    made = []
    for row in compiler.results_iter([rows]):
        model = shape["model"].from_db(DEFAULT_DB_ALIAS, names, row[part])
        for populator in related:
            populator.populate(row, model)
        for name, place in annotated.items():
            setattr(model, name, row[place])
        made.append(model)
    return made
