"""Bearer tokens for /api/v1/, /fhir/ and /epcis/."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import User
from accounts.tokens import token_user


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer salus_...`"""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        """The token's person; None where the request brings no bearer token."""
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        user = token_user(token.strip())
        if user is None:
            raise AuthenticationFailed("This token is unknown or has expired.")
        return user, token

    def authenticate_header(self, request: Request) -> str:
        """What a caller without a token is asked for."""
        return 'Bearer realm="salus"'
