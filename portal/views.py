"""The first page and the dashboard."""

import json

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse

from accounts.viewer import viewer_of
from core.api import PROBLEM, problem_body
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


@login_not_required
def too_many(request: HttpRequest) -> HttpResponse:
    """A rate limit was reached: as a page, or as a problem document for a program."""
    error = TooMany()
    wants_json = "json" in request.headers.get("Accept", "")
    if wants_json:
        answer = HttpResponse(json.dumps(problem_body(error)), content_type=PROBLEM, status=429)
    else:
        answer = render(request, "429.html", {"error": error}, status=429)
    answer.headers["Retry-After"] = str(error.retry_after)
    return answer
