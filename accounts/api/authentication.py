"""Bearer tokens for /api/v1/, /fhir/ and /epcis/: the one place that lets a token in."""

from django.http import HttpRequest
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed
from rest_framework.request import Request

from accounts.models import ApiToken, User
from accounts.scopes import require_scope
from accounts.tokens import token_find
from core.errors import InsufficientScope

CHALLENGE = 'Bearer realm="salus"'
INVALID = f'{CHALLENGE}, error="invalid_token"'


class BadToken(Exception):
    """What was brought opens nothing: unknown, expired, ended, or no bearer token."""


def bearer_of(request: HttpRequest, area: str, method: str) -> ApiToken | None:
    """The token that a request brings for a view of this area; None where it brings none.

    `method` tells whether it reads or writes.

    Raises BadToken, and InsufficientScope where it was made for other areas.
    """
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if not scheme:
        return None
    token = token_find(given.strip(), request) if scheme.lower() == "bearer" else None
    if token is None:
        raise BadToken
    request.user = token.user  # also for who notes what was refused
    require_scope(token.scopes, area, method)
    return token


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer salus_...`; without one the session counts, with a CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's person; None where the request brings no bearer token."""
        view = request.parser_context["view"] if request.parser_context else None
        try:
            area = getattr(view, "area", "")
            token = bearer_of(request._request, area, str(request.method))
        except BadToken:
            raise AuthenticationFailed("This token is unknown, has expired or was ended.") from None
        except InsufficientScope:
            # No scope would help with what can't be done here at all.
            if hasattr(view, str(request.method).lower()):
                raise
            raise MethodNotAllowed(str(request.method)) from None
        return (token.user, token) if token else None

    def authenticate_header(self, request: Request) -> str:
        """What a caller without a token, or with a wrong one, is told (RFC 6750, 3)."""
        return INVALID if "Authorization" in request.headers else CHALLENGE
