"""Browsers with which a person has signed in before, by a cookie of their own."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.models import KnownDevice, User
from accounts.notices import notify
from core.audit import Actor

COOKIE = "salus_device"
LIFETIME = timedelta(days=400)  # the most that browsers keep


def device_seen(request: HttpRequest, answer: HttpResponse, user: User) -> None:
    """Note the browser of a sign-in, and tell the person of one that is new.

    Their first one is no news. The cookie names nobody: several people may use one browser.
    """
    mark = request.COOKIES.get(COOKIE) or secrets.token_urlsafe(24)
    _note(user, hashlib.sha256(mark.encode()).digest())
    answer.set_cookie(
        COOKIE, mark, max_age=LIFETIME, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


@transaction.atomic
def _note(user: User, digest: bytes) -> None:
    now = timezone.now()
    first = not KnownDevice.objects.filter(user=user).exists()
    device, new = KnownDevice.objects.update_or_create(
        user=user, digest=digest, defaults={"seen_at": now}
    )
    if new and not first:
        notify(user, "new-device", about=str(device.pk), by=Actor(user.pk))


def devices_forget() -> int:
    """Forget the browsers whose cookie has run out; gives how many."""
    return KnownDevice.objects.filter(seen_at__lt=timezone.now() - LIFETIME).delete()[0]
