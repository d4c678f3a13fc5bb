"""What the worker does for people; the queue is named by whoever asks (services, beat).

All of it may run twice, or be cut anywhere: the sweeps find what is left.
"""

from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.urls import reverse

from accounts.closing import accounts_empty
from accounts.devices import devices_forget
from accounts.exports.asking import exports_sweep
from accounts.exports.building import export_build
from accounts.letters import letter_send
from accounts.models import Invitation
from accounts.notices.sending import notice_mail_send, notice_mail_sweep
from accounts.notices.telling import notices_forget
from accounts.recovery import recovery_round


@shared_task(autoretry_for=(OSError,), retry_backoff=True, max_retries=8)
def send_invitation(pk: str) -> None:
    """Send the link; one that was taken back meanwhile is not sent."""
    from accounts.services.members import invitation_token

    row = Invitation.objects.select_related("organisation").filter(pk=UUID(pk)).first()
    if row is None or row.state != Invitation.State.OPEN:
        return
    path = reverse("invitation", args=[row.pk, invitation_token(row.pk)])
    context = {
        "organisation": row.organisation, "role": row.get_role_display(),
        "url": settings.BASE_URL + path, "expires_at": row.expires_at,
    }  # fmt: skip
    letter_send([row.email], "invitation", context)


@shared_task
def recovery_round_task() -> None:
    """Look after the recoveries that wait; safe to run twice."""
    recovery_round()


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
