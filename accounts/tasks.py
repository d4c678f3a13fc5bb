"""What the worker does for people's accounts; the queue is `work`, named by the clock's schedule."""

from celery import shared_task

from accounts.recovery import recovery_round


@shared_task
def recovery_round_task() -> None:
    """Look after the recoveries that wait; safe to run twice."""
    recovery_round()
