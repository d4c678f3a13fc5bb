"""The page of the copy of everything about a person."""

from contextlib import suppress

from django.contrib.auth.decorators import login_required
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import confirmed_again
from accounts.exports.asking import export_discard, export_of, export_start
from accounts.exports.files import export_read
from accounts.viewer import viewer_of
from core.errors import Conflict, NotFound
from core.registry import registry


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def export(request: HttpRequest) -> HttpResponseBase:
    """Ask for a copy, see how far it is, fetch it, delete it."""
    if request.method == "POST":
        if "delete" in request.POST:
            export_discard(user=viewer_of(request).user)
            return HttpResponseRedirect(reverse("data-export"))
        return _start(request)
    found = export_of(viewer_of(request).user)
    context = {"export": found, "parts": registry.personal_data_in_order()}
    return render(request, "accounts/export.html", context)


@confirmed_again
def _start(request: HttpRequest) -> HttpResponse:
    with suppress(Conflict):  # two clicks: the page shows the first one's progress
        export_start(by=viewer_of(request))
    return HttpResponseRedirect(reverse("data-export"))


@require_safe
@login_required
def progress(request: HttpRequest) -> HttpResponse:
    """How far it is; the whole page comes in its place once there is more to see."""
    found = export_of(viewer_of(request).user)
    if found is None or not found.under_way:
        answer = HttpResponse()
        answer.headers["HX-Redirect"] = reverse("data-export")
        return answer
    return render(request, "accounts/_export_progress.html", {"export": found})


@require_safe
@confirmed_again
def download(request: HttpRequest) -> HttpResponseBase:
    """The file, decrypted on its way."""
    viewer = viewer_of(request)
    found = export_of(viewer.user)
    if found is None or found.ready_at is None:
        raise NotFound
    pieces = export_read(export=found, by=viewer)
    answer = StreamingHttpResponse(pieces, content_type="application/zip")
    name = f"salus-{localtime(found.ready_at):%Y-%m-%d}.zip"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Content-Length"] = str(found.size)
    return answer
