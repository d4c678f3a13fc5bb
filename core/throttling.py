"""The pace of the API; apart from core/api.py, since DRF reads it while it loads its views."""

import logging
from typing import TYPE_CHECKING

from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:  # it is not loaded yet when DRF reads this module
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)


class PerToken(SimpleRateThrottle):
    """So many requests a minute for each token; else for each person, else for each address."""

    scope = "api"

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        """Whose requests are counted together."""
        token = getattr(request.auth, "pk", None)
        who = token or request.user.pk or self.get_ident(request)
        return f"throttle:api:{who}"

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Whether it goes on; where nobody can count, it does."""
        try:
            return super().allow_request(request, view)
        except RedisError:
            logger.warning("the cache does not answer: requests are not counted")
            return True
