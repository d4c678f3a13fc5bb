"""The first page and the dashboard."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views import defaults

from accounts.viewer import viewer_of
from core.api import fault, refused
from core.errors import TooMany
from core.registry import registry


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """What Salus is, and a card per demo role."""
    return render(request, "portal/home.html")


def dashboard(request: HttpRequest) -> HttpResponse:
    """The signed-in person's own start page, made of the panels of their roles."""
    viewer = viewer_of(request)
    if viewer.withheld and not viewer.roles:
        return HttpResponseRedirect(reverse("second-factor-needed"))
    panels = [
        {"template": panel.template, "context": panel.context(request)}
        for panel in registry.panels_for(viewer.roles)
    ]
    return render(request, "portal/dashboard.html", {"panels": panels})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What can't be read, in the form of who asked."""
    if _is_program(request):
        return fault(400, _("This can't be read"))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours, in the form of who asked; what went wrong stays in the log."""
    if _is_program(request):
        return fault(500, _("Something went wrong here"))
    return defaults.server_error(request)


@login_not_required
def too_many(request: HttpRequest) -> HttpResponse:
    """A rate limit was reached, in the form of who asked."""
    error = TooMany()
    if _is_program(request):
        return refused(error)
    answer = render(request, "429.html", {"error": error}, status=error.status)
    for name, value in error.headers.items():
        answer.headers[name] = value
    return answer


def _is_program(request: HttpRequest) -> bool:
    """Whether a problem document says more to who asked than a page would."""
    return request.path.startswith("/api/") or "json" in request.headers.get("Accept", "")
