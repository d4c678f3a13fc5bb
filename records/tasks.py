"""What the clock looks after for records; the queue is named by whoever asks (beat)."""

from celery import shared_task

from records.services.reminding import sharing_remind


@shared_task
def remind_of_ends() -> None:
    """Tell people of what they share that it ends soon, once for each; safe to run twice."""
    sharing_remind()
