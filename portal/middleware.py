"""What every response carries and every request passes."""

from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequired
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from core.errors import SalusError

# Interfaces for programs: they answer 401 in their own form instead of showing a sign-in page.
OPEN_PREFIXES = ("/static/", "/fhir/", "/epcis/", "/api/", "/account/")


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
        known = {403: "403.html", 404: "404.html"}
        template = known.get(error.status, "error.html")
        response = render(request, template, {"error": error}, status=error.status)
        for name, value in error.headers.items():
            response.headers[name] = value
        return response


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
