"""On whose behalf a transaction reads: PostgreSQL's row-level security asks for it (ADR 8).

The context is a text in the setting `salus.acting`, set for one transaction:

    REACH|KEEPING|PORTAL|EXPIRES|MAC

REACH and KEEPING are UUIDs joined by commas, PORTAL is `1` for the portal's own work, EXPIRES a
time in seconds, and MAC the HMAC-SHA-256 in hex of all before it. `salus_acting()` in the database
(core/row_security.py) believes nothing without a right MAC, so whoever can slip in SQL, but does
not have the key, can't become somebody else.
"""

import hmac
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID, uuid5

from django.db import connection, transaction

from core.keys import derived_secret

SETTING = "salus.acting"
HEADER = "Salus-Acting-For"  # of an API request: the id of the organisation that it is made for
LASTS = 3600  # seconds: longer than any transaction
_SET = f"SELECT set_config('{SETTING}', %s, true)"
_GET = f"SELECT coalesce(current_setting('{SETTING}', true), '')"


@dataclass(frozen=True)
class Acting:
    """Whose grants count (`reach`), and whose imported records besides (`keeping`)."""

    reach: tuple[UUID, ...] = ()
    keeping: tuple[UUID, ...] = ()
    portal: bool = False


def capacity(id: UUID, name: str) -> UUID:
    """Somebody in one role, or for one purpose alone: as an id, so that grants to it need no columns.

    Who acts in that role, or for that purpose, has it in their `reach`.
    """
    return uuid5(id, name)


NOBODY = Acting()
PORTAL = Acting(portal=True)


@lru_cache(maxsize=1)
def acting_key() -> bytes:
    """What the application and the database share."""
    return derived_secret("acting")


def token(acting: Acting) -> str:
    """The context as the database believes it."""
    lists = [",".join(map(str, ids)) for ids in (acting.reach, acting.keeping)]
    said = "|".join([*lists, "1" if acting.portal else "", f"{time.time() + LASTS:.0f}"])
    return f"{said}|{hmac.new(acting_key(), said.encode(), 'sha256').hexdigest()}"


def act(acting: Acting) -> None:
    """Until the transaction ends; outside of one it has no effect, and nothing can be read."""
    _set(token(acting))


def _set(text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_SET, [text])


@contextmanager
def acting_as(acting: Acting) -> Iterator[None]:
    """A transaction (or a part of one) on somebody's behalf."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_GET)
            [before] = cursor.fetchone()
        act(acting)
        # Where an exception ends the block, the savepoint brings back what was before.
        yield
        _set(before)


@contextmanager
def portal_acts() -> Iterator[None]:
    """The portal's own work: what a service writes once it has decided, imports, tasks.

    Never in views or API: a test looks for that.
    """
    with acting_as(PORTAL):
        yield
