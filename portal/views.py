"""The first page and the dashboard."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

from accounts.viewer import viewer_of
from core.api import fault
from core.registry import registry


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """What Salus is, and a card per demo role."""
    return render(request, "portal/home.html")


def dashboard(request: HttpRequest) -> HttpResponse:
    """The signed-in person's own start page, made of the panels of their roles."""
    panels = [
        {"template": panel.template, "context": panel.context(request)}
        for panel in registry.panels_for(viewer_of(request).roles)
    ]
    return render(request, "portal/dashboard.html", {"panels": panels})


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What can't be read, in the form of who asked."""
    if request.path.startswith("/api/"):
        return fault(400, _("This can't be read"))
    return defaults.bad_request(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """A fault of ours, in the form of who asked; what went wrong stays in the log."""
    if request.path.startswith("/api/"):
        return fault(500, _("Something went wrong here"))
    return defaults.server_error(request)
