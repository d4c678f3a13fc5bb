"""Mails about the account: plain text, a short subject, nothing clinical; sent after the commit."""

from collections.abc import Mapping
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
    """Tell a person at all of their verified addresses; `name` is a pair of accounts/letters/."""
    addresses = list(
        EmailAddress.objects.filter(user=user, verified=True).values_list("email", flat=True)
    )
    if addresses:
        values = {"at": timezone.now(), "site": settings.BASE_URL, **(context or {})}
        transaction.on_commit(partial(_send, addresses, name, values))


def _send(addresses: list[str], name: str, values: dict[str, Any]) -> None:
    subject = " ".join(render_to_string(f"accounts/letters/{name}_subject.txt", values).split())
    body = render_to_string(f"accounts/letters/{name}.txt", values).strip() + "\n"
    for address in addresses:  # one mail each: nobody learns of the other addresses
        EmailMessage(settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + subject, body, to=[address]).send()
