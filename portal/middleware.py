"""What every response carries and every request passes."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from accounts.presenters.second_factor import second_factor_needed
from accounts.refusals import refusal_record
from accounts.viewer import viewer_of
from core import audit
from core.errors import SalusError
from core.network import network_of

# Interfaces for programs: they answer 401 in their own form instead of showing a sign-in page.
OPEN_PREFIXES = ("/static/", "/fhir/", "/epcis/", "/api/", "/account/")


class AuditMiddleware:
    """A request is one event of the audit trail, also where it was refused.

    Stands outside of whatever rolls back, so that a refusal is noted all the same.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and note it where the answer is no."""
        with audit.origin(network_of(request)):
            response = self.get_response(request)
            refusal_record(request, response.status_code)
            return response


class LoginRequiredMiddleware(DjangoLoginRequired):
    """Sign-in is required unless a view says `login_not_required` or guards itself."""

    def process_view(self, request, view_func, args, kwargs):  # type: ignore[no-untyped-def]
        """Let the interfaces that authenticate by themselves through."""
        if request.path.startswith(OPEN_PREFIXES):
            return None
        return super().process_view(request, view_func, args, kwargs)


class ErrorPagesMiddleware(MiddlewareMixin):
    """Our errors as pages: the same words as the interfaces say, in the page's frame."""

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Only what people may see; anything else is a fault, and Django's to report."""
        if not isinstance(error, SalusError):
            return None
        template, context = _page_for(request, error)
        response = render(request, template, {"error": error, **context}, status=error.status)
        for name, value in error.headers.items():
            response.headers[name] = value
        return response


def _page_for(request: HttpRequest, error: SalusError) -> tuple[str, dict[str, Any]]:
    """Whom a role is withheld from for want of a second factor is told that, not “not allowed”."""
    if error.status == 403 and request.user.is_authenticated:
        viewer = viewer_of(request)
        if viewer.withheld:
            return "accounts/second_factor_needed.html", second_factor_needed(viewer)
    known = {403: "403.html", 404: "404.html", 429: "429.html"}
    return known.get(error.status, "error.html"), {}


class PermissionsPolicyMiddleware(MiddlewareMixin):
    """No page of ours needs a sensor; pages with a person's data are not cached by others."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Add the headers that Django has no setting for."""
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
        )
        if not request.path.startswith("/static/"):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
