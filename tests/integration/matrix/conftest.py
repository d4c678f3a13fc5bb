"""The world that all tests of the matrix look at."""

from collections.abc import Iterator
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import transaction
from django.template import Template
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from tests.integration.matrix.world import World

IN_MEMORY = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Built once; each request leaves it as it was.

    For speed the cache lies in memory, and templates are rendered as outside of tests.
    """
    plain = mock.patch.object(
        Template, "_render", lambda self, context: self.nodelist.render(context)
    )
    with plain, override_settings(CACHES=IN_MEMORY), django_db_blocker.unblock():
        with transaction.atomic():
            yield World()
            transaction.set_rollback(True)
        cache.clear()
