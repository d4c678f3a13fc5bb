"""Bearer tokens: shown once, kept as a hash, expiring."""

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import ApiToken, User
from core import audit

PREFIX = "salus_"
LIFETIME = timedelta(days=90)
USED_EVERY = timedelta(minutes=1)  # how exact "last used" is, to spare a write per request


def token_digest(token: str) -> bytes:
    """What is stored; a token has 256 random bits, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def token_issue(*, user: User, by: audit.Actor, lifetime: timedelta = LIFETIME) -> str:
    """Make a token for a person; gives the only copy of it."""
    token = PREFIX + secrets.token_urlsafe(32)
    ApiToken.objects.create(
        user=user, digest=token_digest(token), expires_at=timezone.now() + lifetime
    )
    audit.record(audit.Name.TOKEN_ISSUED, by=by, target=str(user.id))
    return token


def token_user(token: str) -> User | None:
    """The active person whose live token this is, or None."""
    now = timezone.now()
    row = (
        ApiToken.objects.select_related("user")
        .filter(digest=token_digest(token), expires_at__gt=now, user__is_active=True)
        .first()
    )
    if row is None:
        return None
    if row.last_used_at is None or now - row.last_used_at > USED_EVERY:
        ApiToken.objects.filter(pk=row.pk).update(last_used_at=now)
    return row.user
