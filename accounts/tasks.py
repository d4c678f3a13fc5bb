"""What the worker does for people's accounts; the queue is `work`, named by the clock's schedule."""

from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Invitation
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
    subject = _("Invitation to act for %(name)s") % {"name": row.organisation.name}
    text = render_to_string("accounts/mail/invitation.txt", context)
    send_mail(settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + subject, text, None, [row.email])


@shared_task
def recovery_round_task() -> None:
    """Look after the recoveries that wait; safe to run twice."""
    recovery_round()
