"""Letters: mails that hold a link of their own, which a notice's mail never does.

Plain text, a short subject, nothing clinical. Everything else that people are told goes out with
their notices (accounts/notices/sending.py).
"""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.models import User


def security_letter(user: User, name: str, context: Mapping[str, Any] | None = None) -> None:
    """Tell a person at all of their verified addresses, after the commit."""
    addresses = list(
        EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    )
    if addresses:
        values = {"at": timezone.now(), **(context or {})}
        transaction.on_commit(partial(letter_send, addresses, name, values))


def letter_send(addresses: Iterable[str], name: str, context: Mapping[str, Any]) -> None:
    """Send it now; `name` is a pair of files in accounts/letters/."""
    values = {"site": settings.BASE_URL, **context}
    subject = " ".join(render_to_string(f"accounts/letters/{name}_subject.txt", values).split())
    body = render_to_string(f"accounts/letters/{name}.txt", values).strip() + "\n"
    for address in addresses:  # one mail each: nobody learns of the other addresses
        EmailMessage(settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + subject, body, to=[address]).send()
