"""Two at once, and a process that is killed in the middle: with real transactions."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from chain.models import Commitment
from core.models import AuditEvent
from supply import recording, services
from supply.models import EpcisEvent, Item, Shipment, ShipmentState
from supply.recording import shipment_record
from supply.services import (
    MOST_RESTARTS,
    shipment_check,
    shipment_confirm,
    shipment_discard,
    shipments_restart,
)
from tests.factories.supply import csv_of, row

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def asked(monkeypatch) -> list[str]:
    """Which recordings a worker was asked for; nothing reaches the broker."""
    ids: list[str] = []

    def send_task(name, args, **options):
        assert name == services.RECORD_TASK
        assert options["queue"] == "work"
        ids.extend(args)

    monkeypatch.setattr(services.current_app, "send_task", send_task, raising=False)
    return ids


def at_once(*calls: Callable[[], object]) -> list[object]:
    """Run all calls in threads that start together; gives results and exceptions."""
    barrier = Barrier(len(calls))

    def run(call):
        barrier.wait()
        try:
            return call()
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def state_of(shipment) -> str:
    return Shipment.objects.values_list("state", flat=True).get(pk=shipment.pk)


def left(shipment, seconds: int = 60) -> None:
    """As if it had been confirmed a while ago."""
    at = timezone.now() - timedelta(seconds=seconds)
    Shipment.objects.filter(pk=shipment.pk).update(confirmed_at=at)


def test_two_confirmations_at_once_record_once(draft, viewer, asked):
    results = at_once(*[lambda: shipment_confirm(shipment=draft, by=viewer)] * 4)
    assert {result.state for result in results} == {ShipmentState.RECORDING}
    assert asked == [str(draft.id)]
    shipment_record(shipment_id=draft.id)
    assert Item.objects.count() == 11


def test_confirming_and_discarding_at_once_does_one_of_them(draft, viewer, asked):
    at_once(
        lambda: shipment_confirm(shipment=draft, by=viewer),
        lambda: shipment_discard(shipment=draft, by=viewer),
    )
    left_over = Shipment.objects.filter(pk=draft.pk)
    assert [found.state for found in left_over] == (["recording"] if asked else [])


def test_four_workers_at_once_record_once(draft, viewer):
    shipment_confirm(shipment=draft, by=viewer)
    assert at_once(*[lambda: shipment_record(shipment_id=draft.id)] * 4) == [None] * 4
    assert state_of(draft) == ShipmentState.RECORDED
    assert Item.objects.count() == 11
    assert EpcisEvent.objects.count() == Commitment.objects.count() == 3
    assert AuditEvent.objects.filter(name=AuditEvent.Name.SHIPMENT_UPLOADED).count() == 1


def test_two_shipments_with_the_same_packs_at_once(good_file, viewer, monkeypatch):
    monkeypatch.setattr(recording, "AT_ONCE", 3)
    drafts = [shipment_check(data=good_file, by=viewer) for _ in range(2)]
    for draft in drafts:
        shipment_confirm(shipment=draft, by=viewer)
    first, second = (lambda d=d: shipment_record(shipment_id=d.id) for d in drafts)
    assert at_once(first, second) == [None, None]
    assert sorted(state_of(draft) for draft in drafts) == ["failed", "recorded"]
    failed = Shipment.objects.get(state="failed")
    assert [problem["place"] for problem in failed.problems] == ["Row 2, Serial", "Row 3, Serial"]
    assert Item.objects.count() == 11


def test_overlapping_shipments_in_opposite_order_never_wait_in_a_circle(
    product, pharmacy, viewer, monkeypatch
):
    monkeypatch.setattr(recording, "AT_ONCE", 1)
    rows = [row(product, pharmacy.gln, serial) for serial in ("A", "B", "C", "D", "E", "F")]
    drafts = [
        shipment_check(data=csv_of(*order), by=viewer) for order in (rows, list(reversed(rows)))
    ]
    for draft in drafts:
        shipment_confirm(shipment=draft, by=viewer)
    calls = [lambda d=d: shipment_record(shipment_id=d.id) for d in drafts]
    assert at_once(*calls) == [None, None]
    assert sorted(state_of(draft) for draft in drafts) == ["failed", "recorded"]


# -- a worker that died ------------------------------------------------------------------------------


def test_a_killed_process_leaves_nothing_and_the_sweep_has_it_done_again(draft, viewer, asked):
    shipment_confirm(shipment=draft, by=viewer)
    code = (
        "import django; django.setup(); from uuid import UUID;"
        "from supply.recording import shipment_record;"
        f"shipment_record(shipment_id=UUID('{draft.id}'))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={
            **os.environ,
            "DATABASE_URL": _test_database(),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "SALUS_FAILPOINT": "commit.stored",  # in the middle of the transaction
        },
        cwd=settings.BASE_DIR,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
    assert not Item.objects.exists()
    assert not Commitment.objects.exists()
    assert state_of(draft) == ShipmentState.RECORDING
    left(draft)
    shipments_restart()
    assert asked == [str(draft.id)] * 2
    shipment_record(shipment_id=draft.id)
    assert state_of(draft) == ShipmentState.RECORDED
    assert Item.objects.count() == 11


def _test_database() -> str:
    values = settings.DATABASES["default"] | {"NAME": connection.settings_dict["NAME"]}
    quoted = {name: quote(str(values[name]), safe="") for name in ("USER", "PASSWORD", "HOST")}
    place = f"{quoted['HOST']}:{values['PORT']}" if values["PORT"] else quoted["HOST"]
    return f"postgresql://{quoted['USER']}:{quoted['PASSWORD']}@{place}/{values['NAME']}"


def test_the_sweep_leaves_alone_what_somebody_works_on(draft, viewer, asked):
    shipment_confirm(shipment=draft, by=viewer)
    left(draft)
    with transaction.atomic():
        Shipment.objects.select_for_update().get(pk=draft.pk)
        assert at_once(shipments_restart) == [None]
        # A second worker does not wait, either.
        assert at_once(lambda: shipment_record(shipment_id=draft.id)) == [None]
    assert asked == [str(draft.id)]
    assert state_of(draft) == ShipmentState.RECORDING


def test_the_sweep_waits_a_while_and_never_touches_what_is_decided(good_file, draft, viewer, asked):
    shipment_confirm(shipment=draft, by=viewer)
    shipments_restart()
    assert asked == [str(draft.id)]  # just confirmed: its worker is on the way
    shipment_record(shipment_id=draft.id)
    left(draft)
    shipments_restart()
    assert asked == [str(draft.id)]


def test_what_never_gets_to_its_end_is_given_up(draft, viewer, asked):
    shipment_confirm(shipment=draft, by=viewer)
    left(draft)
    for _ in range(MOST_RESTARTS + 1):
        shipments_restart()
    assert asked == [str(draft.id)] * (1 + MOST_RESTARTS)
    assert state_of(draft) == ShipmentState.FAILED
    shipment_record(shipment_id=draft.id)
    assert not Item.objects.exists()


def test_a_broker_that_is_away_does_not_undo_the_decision(draft, viewer, monkeypatch, caplog):
    def away(*_args, **_options):
        raise ConnectionError("no broker")

    monkeypatch.setattr(services.current_app, "send_task", away, raising=False)
    assert shipment_confirm(shipment=draft, by=viewer).state == ShipmentState.RECORDING
    assert state_of(draft) == ShipmentState.RECORDING
    assert "no broker" in caplog.text


def test_the_tasks_that_workers_know_by_name(draft, viewer, asked):
    from supply import tasks

    assert tasks.record_shipment_task.name == services.RECORD_TASK
    assert settings.CELERY_BEAT_SCHEDULE["supply-sweep"]["task"] == tasks.sweep_uploads.name
    shipment_confirm(shipment=draft, by=viewer)
    left(draft)
    tasks.sweep_uploads()
    assert asked == [str(draft.id)] * 2
    tasks.record_shipment_task(asked[0])
    tasks.record_shipment_task(asked[1])
    assert state_of(draft) == ShipmentState.RECORDED
    assert Item.objects.count() == 11
