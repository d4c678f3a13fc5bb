"""What every test may use."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache

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
