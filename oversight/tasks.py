"""What goes on by itself: sealing, and looking through what was sealed. Safe to run twice."""

from celery import shared_task

from oversight.services.rules import look
from oversight.services.sealing import seal_all


@shared_task
def seal_trail() -> None:
    """Seal what is complete; a run that another worker is ahead of does nothing."""
    seal_all()


@shared_task
def look_through() -> None:
    """Let the rules look at what was sealed since they looked last."""
    look()
