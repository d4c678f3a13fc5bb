"""What the worker does for people; the queue is named by whoever asks (services, beat).

All of it may run twice, or be cut anywhere: the sweeps find what is left.
"""

from uuid import UUID

from celery import shared_task

from accounts.closing import accounts_empty
from accounts.devices import devices_forget
from accounts.exports.asking import exports_sweep
from accounts.exports.building import export_build
from accounts.notices.sending import notice_mail_send, notice_mail_sweep
from accounts.notices.telling import notices_forget


@shared_task
def send_notice_mail_task(notice_id: str) -> None:
    """Send a notice's mail; a second run finds nothing to do."""
    notice_mail_send(notice_id=UUID(notice_id))


@shared_task
def sweep_notice_mail() -> None:
    """Ask again for the mails that are due."""
    notice_mail_sweep()


@shared_task
def build_export_task(export_id: str) -> None:
    """Make a copy of everything about a person; a second run finds nothing to do."""
    export_build(export_id=UUID(export_id))


@shared_task
def sweep_exports() -> None:
    """Begin again what a dead worker left; delete what is a week old."""
    exports_sweep()


@shared_task
def sweep_closures() -> None:
    """Empty the accounts that were closed a month ago; forget old browsers and notices."""
    accounts_empty()
    devices_forget()
    notices_forget()
