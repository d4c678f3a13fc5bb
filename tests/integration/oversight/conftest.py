"""A trail with some rows in it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection

from core import audit
from core.models import AuditEvent
from oversight.models import AuditSeal, AuditSealed
from oversight.services.sealing import seal_all

Fill = Callable[[int], None]
TABLES = [AuditEvent._meta.db_table, AuditSeal._meta.db_table, AuditSealed._meta.db_table]


@pytest.fixture
def fill(transactional_db: None) -> Fill:
    """Add rows, each in a transaction of its own, and seal them."""

    def run(count: int) -> None:
        for number in range(count):
            audit.record(audit.Name.TOKEN_ISSUED, by=audit.Actor.system("test"), count=number)
        assert seal_all() == count

    return run


@contextmanager
def superuser() -> Iterator[psycopg.Cursor[tuple[object, ...]]]:
    """The database's superuser, past every trigger; of a server that is not ours, its owner."""
    secret = settings.STATE_DIR / "secrets" / "postgres-superuser"
    if not secret.exists():
        with connection.cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield cursor.cursor
            for table in TABLES:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
        return
    database = connection.settings_dict
    with psycopg.connect(
        host=database["HOST"], port=database["PORT"] or None, dbname=database["NAME"],
        user="postgres", password=secret.read_text().strip(), autocommit=True,
    ) as made, made.cursor() as cursor:  # fmt: skip
        cursor.execute("SET session_replication_role = replica")
        yield cursor


def as_superuser(sql: str, *parameters: object) -> None:
    """One statement with all rights over the database."""
    with superuser() as cursor:
        cursor.execute(sql, parameters)


def verified(*options: str) -> tuple[int, str]:
    """The command's exit code and what it said."""
    out = StringIO()
    try:
        call_command("verify_audit", *options, verbosity=0, stdout=out)
    except CommandError as error:
        return 1, out.getvalue() + str(error)
    return 0, out.getvalue()
