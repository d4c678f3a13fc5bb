"""The first page and the dashboard."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.viewer import viewer_of
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
