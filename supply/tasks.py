"""Background work on shipments; a lost run is found by the sweep, so nothing is retried here.

The queue is `work`, named by whoever asks (services, beat): as a task's attribute Celery 5.7
deprecates it.
"""

from uuid import UUID

from celery import shared_task

from supply.recording import shipment_record
from supply.services import shipments_restart


@shared_task
def record_shipment_task(shipment_id: str) -> None:
    """Record a confirmed shipment as a whole; a second run finds nothing to do."""
    shipment_record(shipment_id=UUID(shipment_id))


@shared_task
def sweep_uploads() -> None:
    """Start again what a dead worker left in the middle."""
    shipments_restart()
