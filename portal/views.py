"""The first page and the dashboard."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """What Salus is, and a card per demo role."""
    return render(request, "portal/home.html")


def dashboard(request: HttpRequest) -> HttpResponse:
    """The signed-in person's own start page, made of the panels of their roles."""
    return render(request, "portal/dashboard.html")
