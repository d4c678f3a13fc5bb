"""What workers do for records; the sweep finds what a dead one left."""

from uuid import UUID

from celery import shared_task

from records.services.erasure import erasure_carry_out, erasures_sweep


@shared_task
def erasure_carry_out_task(request_id: str) -> None:
    """Erase what was decided; a second run finds nothing to do."""
    erasure_carry_out(request_id=UUID(request_id))


@shared_task
def sweep_erasures() -> None:
    """Go on with erasures that were interrupted."""
    erasures_sweep()
