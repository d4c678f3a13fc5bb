"""Rows that were written before the trail had pseudonyms and sealed details."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from core.audit import pseudonym
from core.models import AuditEvent
from core.row_security import loosen, secure
from tests.factories.audit import told

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])
BEFORE: list[tuple[str, Any]] = [("oversight", None), ("core", "0002_passkey_events")]


@pytest.fixture
def old_trail():
    """The database as it was; brought up to date afterwards, whatever happens."""
    loosen(plan=BEFORE)
    executor().migrate(BEFORE)
    yield
    forward()
    secure()


def executor() -> MigrationExecutor:
    """As their owner, who alone may change tables."""
    return MigrationExecutor(connections["owner"])


def forward() -> None:
    found = executor()
    found.migrate(found.loader.graph.leaf_nodes())


def test_old_rows_keep_what_they_say_under_the_right_key(old_trail):
    patient = uuid4()
    apps = executor().loader.project_state([BEFORE[1]]).apps
    old = apps.get_model("core", "AuditEvent").objects.using("owner")
    old.create(name="record.read", subject_id=patient, target="Observation/7", channel="page")
    old.create(name="account.token-issued", target="token", channel="page")
    old.create(name="record.written", subject_id=uuid4(), channel="import")
    forward()
    read, issued, written = AuditEvent.objects.order_by("pk")
    assert read.subject == pseudonym(patient)
    assert told(read, patient).target == "Observation/7"
    assert (issued.subject, told(issued).target) == (None, "token")
    assert written.details is None
    assert len({read.request, issued.request, written.request}) == 3
