"""How often somebody may try: allauth's counters, with our words for too often."""

from allauth.core import ratelimit
from django.http import HttpRequest

from core.errors import TooMany


def limit(request: HttpRequest, action: str) -> None:
    """Count an attempt (ACCOUNT_RATE_LIMITS); raises TooMany. Looking at a page counts nothing."""
    if not ratelimit.consume(request, action=action):
        raise TooMany
