"""How often somebody may try: allauth's counters, with our words for too often.

They are kept in Valkey, so that a rollback does not undo what was counted. How much is too much
stands in the settings (ACCOUNT_RATE_LIMITS).
"""

from allauth.core import ratelimit
from django.http import HttpRequest

from accounts.models import User
from core.errors import TooMany

AN_HOUR = 3600


def limit(request: HttpRequest, action: str) -> None:
    """Count an attempt; raises TooMany. Looking at a page counts nothing."""
    if not ratelimit.consume(request, action=action):
        raise TooMany


def limit_person(user: User, action: str) -> None:
    """The same for a service, which knows no request: by the person alone."""
    if not ratelimit.consume(HttpRequest(), action=action, user=user):
        raise TooMany(retry_after=AN_HOUR)
