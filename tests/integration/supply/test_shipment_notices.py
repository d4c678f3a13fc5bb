"""Who handed a shipment in learns how it ended."""

import pytest

from accounts.models import Notice
from accounts.notices.presenters import shown
from core.errors import Problem
from supply.recording import shipment_fail, shipment_record
from supply.services import shipment_check, shipment_confirm
from tests.factories.supply import csv_of, row

pytestmark = pytest.mark.django_db


@pytest.fixture
def confirmed(viewer, product, pharmacy):
    data = csv_of(row(product, pharmacy.gln, "SN1"))
    return shipment_confirm(shipment=shipment_check(data=data, by=viewer), by=viewer)


def test_a_recorded_shipment_is_told_of_once(viewer, confirmed):
    for _ in range(2):
        shipment_record(shipment_id=confirmed.id)
    [said] = shown(Notice.objects.filter(user=viewer.user))
    assert said.text == "A shipment that you handed in was recorded."
    assert said.url == f"/shipments/{confirmed.id}/"
    assert said.row.count == 1


def test_a_shipment_that_failed_is_told_of_by_mail_too(viewer, confirmed):
    shipment_fail(shipment_id=confirmed.id, problems=[Problem("2", "taken")])
    row = Notice.objects.get(user=viewer.user)
    assert (row.type, row.mail_state) == ("shipment-failed", "queued")
