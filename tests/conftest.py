"""What every test may use."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from django.test.utils import CaptureQueriesContext, setup_databases, teardown_databases
from pytest_django.plugin import DjangoDbBlocker

from core.acting import NOBODY, PORTAL, SETTING, Acting, token

OUR_OWN = "/* tests */"  # how the tests' own statements begin

if TYPE_CHECKING:
    from tests.factories.people import SalusClient


@pytest.fixture(scope="session", autouse=True)
def static_files() -> None:
    """The collected files that every page links to; on a fresh clone nothing has made them yet."""
    from portal.static import collect_if_changed

    collect_if_changed()


@pytest.fixture(autouse=True)
def no_shared_memory() -> Iterator[None]:
    """Caches of one test never reach the next."""
    from core.deployment import portal_id

    portal_id.cache_clear()
    yield
    portal_id.cache_clear()


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The tables are made by their owner; the tests use them as the portal's role does."""
    portal = connections["default"]
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases=["owner"])  # type: ignore[arg-type]
        # Its pool was made for the database that the tests do not use.
        portal.close()
        portal.close_pool()
        # Known as a mirror, it would not be emptied after tests that commit.
        portal.settings_dict["TEST"]["MIRROR"] = None
        # Between tests tables are emptied, which the portal's role may not do.
        portal.ops.execute_sql_flush = as_owner  # type: ignore[assignment, method-assign]
    yield
    with django_db_blocker.unblock():
        portal.close()
        portal.close_pool()
        teardown_databases(made, verbosity=0)


def as_owner(statements: Iterable[str]) -> None:
    """Run statements as the owner of the tests' tables, on a connection of their own."""
    owner = connections["owner"].settings_dict
    place = {"host": owner["HOST"], "port": owner["PORT"] or None, "dbname": owner["NAME"]}
    with psycopg.connect(**place, user=owner["USER"], password=owner["PASSWORD"]) as other:
        for statement in statements:
            other.execute(statement)


@pytest.fixture(scope="session", autouse=True)
def all_rows_are_seen() -> Iterator[None]:
    """What a test itself looks at or makes is the portal's work; a request begins as nobody's."""

    def begin(connection: BaseDatabaseWrapper, **_: object) -> None:
        if connection.alias == "default":
            become(PORTAL, local=False)

    def nobody(**_: object) -> None:
        become(NOBODY)

    def portal(**_: object) -> None:
        become(PORTAL)

    def become(acting: Acting, *, local: bool = True) -> None:
        if local and not connection.in_atomic_block:
            return  # the setting went with the transaction
        with connection.cursor() as cursor:
            cursor.execute(
                f"{OUR_OWN} SELECT set_config(%s, %s, %s)", [SETTING, token(acting), local]
            )

    connection_created.connect(begin)
    request_started.connect(nobody)
    request_finished.connect(portal)
    yield
    request_finished.disconnect(portal)
    request_started.disconnect(nobody)
    connection_created.disconnect(begin)


@pytest.fixture
def makes_queries() -> Callable[[int], AbstractContextManager[None]]:
    """Asserts how many queries the portal makes; not those that a test's own transaction adds."""

    @contextmanager
    def asserted(count: int) -> Iterator[None]:
        with CaptureQueriesContext(connection) as captured:
            yield
        beside = ("SAVEPOINT", "RELEASE SAVEPOINT", OUR_OWN)
        made = [q["sql"] for q in captured if not q["sql"].startswith(beside)]
        assert len(made) == count, "\n".join([f"{len(made)} queries, not {count}:", *made])

    return asserted


@pytest.fixture
def clean_cache() -> Iterator[None]:
    """An empty cache in Valkey."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def client() -> "SalusClient":
    """A browser; whoever signs in has done every step that their role asks for."""
    from tests.factories.people import SalusClient

    return SalusClient()
