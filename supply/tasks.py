"""Background work on shipments; a lost run is found by the sweep, so nothing is retried here."""

from uuid import UUID

from celery import shared_task

from supply.recording import shipment_record
from supply.services import shipments_restart


@shared_task(queue="work")
def record_shipment_task(shipment_id: str) -> None:
    """Record a confirmed shipment as a whole; a second run finds nothing to do."""
    shipment_record(shipment_id=UUID(shipment_id))


@shared_task(queue="work")
def sweep_uploads() -> None:
    """Start again what a dead worker left in the middle."""
    shipments_restart()
