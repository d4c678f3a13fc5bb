"""Before a dangerous act over the API a browser's session confirms who it is, as on the pages."""

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from django.urls import reverse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from core.errors import Forbidden


def require_confirmed(request: Request) -> None:
    """Raises Forbidden for a session that has not; a token was given for what it does."""
    if request.auth is None and is_reauthentication_required(request._request, app="allauth.mfa"):
        words = _("Please confirm that it is you first, at %(address)s.")
        raise Forbidden(words % {"address": reverse("account_reauthenticate")})
