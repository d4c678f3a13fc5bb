"""What the clock looks after for all apps; the queue is named by whoever asks (beat)."""

from celery import shared_task

from core.idempotency import keys_forget


@shared_task
def sweep_answers() -> None:
    """Forget the answers that nobody may ask for again; safe to run twice."""
    keys_forget()
