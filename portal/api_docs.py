"""/api/docs/: the API's description, readable in the browser, served by us alone."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@login_not_required
def docs(request: HttpRequest) -> HttpResponse:
    """Swagger UI over /api/schema/."""
    return render(request, "portal/api_docs.html")
