"""Row-level security: the second lock on tables that hold patients' data (ADR 8).

Each rule is written once, in the app that owns the table, as a Django condition. Querysets use it
with the viewer's own values; from the same condition the policy is made here, with what
`salus_acting()` says instead. After each migration the database is brought in line with the code.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connections, transaction
from django.db.models import (
    BooleanField,
    Expression,
    F,
    Func,
    Model,
    Q,
    UUIDField,
    Value,
)
from django.db.models.expressions import RawSQL
from psycopg import sql

from core.acting import Acting, acting_key

OWNER = "owner"  # the database alias that migrations use
_UUIDS = ArrayField(UUIDField())


@dataclass(frozen=True)
class Who:
    """For whom a rule decides: two lists of UUIDs, as SQL expressions."""

    reach: Expression
    keeping: Expression

    @classmethod
    def of(cls, acting: Acting) -> "Who":
        """Somebody known: for querysets."""
        return cls(*(Value(list(ids), _UUIDS) for ids in (acting.reach, acting.keeping)))


# Asked once per statement, not once per row; with the cast it is a value, else ANY takes it for rows.
CURRENT = Who(
    RawSQL("(SELECT salus_reach())::uuid[]", []), RawSQL("(SELECT salus_keeping())::uuid[]", [])
)


@dataclass(frozen=True)
class RowRule:
    """Which rows of a table may be seen; the condition joins no other table (it may ask one)."""

    model: type[Model]
    visible: Callable[[Who], Q]


def one_of(field: str, ids: Expression) -> Q:
    """Whether a column's UUID is one of a list's."""
    return Q(
        Func(
            F(field), ids,
            template="(%(expressions)s))", arg_joiner=" = ANY(", output_field=BooleanField(),
        )
    )  # fmt: skip


def policy_of(rule: RowRule) -> str:
    """The rule as a policy's condition."""
    query = rule.model._default_manager.using(OWNER).filter(rule.visible(CURRENT)).query
    compiler = query.get_compiler(OWNER)
    condition, params = query.where.as_sql(compiler, compiler.connection)
    joined = [name for name in query.alias_map if query.alias_refcount[name]]
    assert joined == [rule.model._meta.db_table], f"a rule must not join: {joined}"
    with connections[OWNER].cursor() as cursor:
        literal: str = psycopg.ClientCursor(cursor.connection).mogrify(condition, params)
    return f"(SELECT salus_is_portal()) OR {literal}"


# -- what stands in the database -------------------------------------------------------------------

FUNCTIONS = """
CREATE OR REPLACE FUNCTION salus_acting() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  parts text[] := string_to_array(current_setting('salus.acting', true), '|');
  pads record;
BEGIN
  IF coalesce(array_length(parts, 1), 0) <> 5 THEN RETURN NULL; END IF;
  SELECT inner_pad, outer_pad INTO STRICT pads FROM public.salus_acting_key;
  -- HMAC (RFC 2104), since PostgreSQL itself has none.
  IF encode(sha256(pads.outer_pad || sha256(pads.inner_pad ||
       convert_to(array_to_string(parts[1:4], '|'), 'UTF8'))), 'hex') <> parts[5]
  THEN RETURN NULL; END IF;
  IF parts[4]::bigint < extract(epoch FROM now()) THEN RETURN NULL; END IF;
  RETURN parts;
END $$;

CREATE OR REPLACE FUNCTION salus_reach() RETURNS uuid[] LANGUAGE sql STABLE AS
$$ SELECT string_to_array((salus_acting())[1], ',')::uuid[] $$;
CREATE OR REPLACE FUNCTION salus_keeping() RETURNS uuid[] LANGUAGE sql STABLE AS
$$ SELECT string_to_array((salus_acting())[2], ',')::uuid[] $$;
CREATE OR REPLACE FUNCTION salus_is_portal() RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT (salus_acting())[3] = '1' $$;
"""


def secure(sender: Any = None, *, using: str = OWNER, **_: Any) -> None:
    """Bring rights, functions and policies in line with the code; after each migration."""
    if using != OWNER:
        return
    with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
        _keep_key(cursor)
        cursor.execute(FUNCTIONS)
        _grant(cursor)
        _make_policies(cursor)


def loosen(
    sender: Any = None, *, using: str = OWNER, plan: Sequence[object] = (), **_: Any
) -> None:
    """Before tables change: policies go, since they hold on to columns; until they are back the
    owner sees all rows, for data migrations, and the application none.
    """
    if using != OWNER or not plan:
        return
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT polrelid::regclass::text FROM pg_policy WHERE polname = 'salus'")
        for [table] in cursor.fetchall():
            for statement in (
                "DROP POLICY salus ON {}",
                "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY",
            ):
                cursor.execute(sql.SQL(statement).format(sql.Identifier(table)))


def _keep_key(cursor: Any) -> None:
    key = acting_key().ljust(64, b"\0")
    inner, outer = (bytes(byte ^ pad for byte in key) for pad in (0x36, 0x5C))
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS salus_acting_key "
        "(id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1), inner_pad bytea, outer_pad bytea)"
    )
    cursor.execute(
        "INSERT INTO salus_acting_key (inner_pad, outer_pad) VALUES (%s, %s) "
        "ON CONFLICT (id) DO UPDATE SET inner_pad = excluded.inner_pad, "
        "outer_pad = excluded.outer_pad",
        [inner, outer],
    )


def _grant(cursor: Any) -> None:
    """The application's role reads and writes rows; it changes no table, and never learns the key."""
    role = sql.Identifier(settings.DATABASES["default"]["USER"])
    if settings.DATABASES["default"]["USER"] == settings.DATABASES[OWNER]["USER"]:
        return
    for statement in (
        "GRANT USAGE ON SCHEMA public TO {}",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}",
        "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}",
        "REVOKE ALL ON salus_acting_key FROM {}",
    ):
        cursor.execute(sql.SQL(statement).format(role))


def _make_policies(cursor: Any) -> None:
    from core.registry import registry

    for rule in registry.row_rules:
        table = sql.Identifier(rule.model._meta.db_table)
        condition = policy_of(rule)
        digest = hashlib.sha256(condition.encode()).hexdigest()
        if digest == _policy_digest(cursor, rule.model._meta.db_table):
            continue  # each of these statements would lock the table
        for statement in (
            "ALTER TABLE {} ENABLE ROW LEVEL SECURITY",
            # Else whoever owns the table would pass by.
            "ALTER TABLE {} FORCE ROW LEVEL SECURITY",
            "DROP POLICY IF EXISTS salus ON {}",
            # Reading, changing and removing need a visible row; adding is what services decide.
            f"CREATE POLICY salus ON {{}} USING ({condition}) WITH CHECK (true)",
            f"COMMENT ON POLICY salus ON {{}} IS '{digest}'",
        ):
            cursor.execute(sql.SQL(statement).format(table))


def _policy_digest(cursor: Any, table: str) -> str:
    cursor.execute(
        "SELECT obj_description(oid, 'pg_policy') FROM pg_policy "
        "WHERE polname = 'salus' AND polrelid = to_regclass(%s)",
        [table],
    )
    found = cursor.fetchone()
    return str(found[0]) if found else ""
