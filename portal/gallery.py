"""Every component on one page, for those who build pages; itself tested by axe."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    """Show each component with sample content."""
    return render(request, "portal/gallery.html")
