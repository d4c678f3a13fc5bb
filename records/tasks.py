"""What workers and the clock do for records; sweeps find what a dead worker left."""

from uuid import UUID

from celery import shared_task

from records.services.erasure import erasure_carry_out, erasures_sweep
from records.services.reminding import sharing_remind


@shared_task
def erasure_carry_out_task(request_id: str) -> None:
    """Erase what was decided; a second run finds nothing to do."""
    erasure_carry_out(request_id=UUID(request_id))


@shared_task
def sweep_erasures() -> None:
    """Go on with erasures that were interrupted."""
    erasures_sweep()


@shared_task
def remind_of_ends() -> None:
    """Tell people of what they share that it ends soon, once for each; safe to run twice."""
    sharing_remind()
