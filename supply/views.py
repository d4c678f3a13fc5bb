"""The pages of shipments: list, upload, and one page that follows a shipment through its states."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.viewer import Viewer, viewer_of
from core.errors import NotFound
from supply import epcis
from supply.forms import UploadForm
from supply.models import Shipment, ShipmentState
from supply.permissions import access_shipment, require_sender
from supply.presenters import COLUMN_HELP, STEPS, Departure, Shown, grouped, shown_lines
from supply.problems import COLUMNS, FileRefused
from supply.progress import progress_of
from supply.selectors import documents_of, lines_of, products_of, shipments_of, shipping_events
from supply.services import shipment_check, shipment_confirm, shipment_discard

SHIPMENTS_PER_PAGE = 25
LINES_PER_PAGE = 100
PRODUCTS_SHOWN = 20

P = ParamSpec("P")
PharmaView = Callable[Concatenate[HttpRequest, Viewer, P], HttpResponseBase]


def pharma_page(view: PharmaView[P]) -> Callable[..., HttpResponseBase]:
    """A page for people who act for a pharma organisation; raises Forbidden for others."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        viewer = viewer_of(request)
        require_sender(viewer)
        return view(request, viewer, *args, **kwargs)

    return wrapped


@require_safe
@pharma_page
def shipments(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The organisation's shipments, the newest first."""
    rows = shipments_of(require_sender(viewer))
    page = Paginator(rows, SHIPMENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "shipments": [Shown(row) for row in page]}
    return render(request, "supply/shipments.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@pharma_page
def upload(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Hand in a file: a faultless one becomes a draft, any other is sent back with its faults."""
    sent = request.method == "POST"
    form = UploadForm(request.POST, request.FILES) if sent else UploadForm()
    refused: FileRefused | None = None
    if form.is_valid():
        try:
            shipment = shipment_check(data=form.content(), by=viewer)
        except FileRefused as error:
            refused = error
            form.add_error("file", _("Correct the file, then choose it again."))
        else:
            return HttpResponseRedirect(reverse("shipment", args=[shipment.id]))
    organisation = require_sender(viewer)
    products = list(products_of(organisation)[: PRODUCTS_SHOWN + 1])
    context = {
        "form": form,
        "refused": refused,
        "steps": STEPS,
        "columns": COLUMN_HELP,
        "products": products[:PRODUCTS_SHOWN],
        "more_products": len(products) > PRODUCTS_SHOWN,
    }
    status = 422 if form.errors else 200
    return render(request, "supply/upload.html", context, status=status)


@require_safe
@pharma_page
def template(_request: HttpRequest, _viewer: Viewer) -> HttpResponse:
    """An empty file with the right header; the mark at its start makes spreadsheets keep UTF-8."""
    header = ",".join(COLUMNS) + "\r\n"
    response = HttpResponse(header.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="shipment-template.csv"'
    return response


@require_safe
@pharma_page
def shipment(request: HttpRequest, viewer: Viewer, pk: UUID) -> HttpResponse:
    """A shipment: a draft to decide about, a recording under way, or what came of it."""
    found = access_shipment(viewer, pk)
    page = Paginator(lines_of(found), LINES_PER_PAGE).get_page(request.GET.get("page"))
    departures = shipping_events(found) if found.state == ShipmentState.RECORDED else []
    context = {
        "steps": STEPS,
        "page": page,
        "lines": shown_lines(page),
        "departures": [Departure(event) for event in departures],
        **_progress(found),
    }
    return render(request, f"supply/shipment_{found.state}.html", context)


def _progress(found: Shipment) -> dict[str, object]:
    done = progress_of(found.id) if found.state == ShipmentState.RECORDING else 0
    return {"shipment": Shown(found), "done": done, "done_words": grouped(done)}


@require_safe
@pharma_page
def progress(request: HttpRequest, viewer: Viewer, pk: UUID) -> HttpResponse:
    """How far a recording is; once it has ended, the whole page is asked for again."""
    found = access_shipment(viewer, pk)
    response = render(request, "supply/_progress.html", _progress(found))
    if found.state != ShipmentState.RECORDING:
        response.headers["HX-Refresh"] = "true"
    return response


@require_POST
@pharma_page
def record(_request: HttpRequest, viewer: Viewer, pk: UUID) -> HttpResponse:
    """Have a draft recorded."""
    shipment_confirm(shipment=access_shipment(viewer, pk), by=viewer)
    return HttpResponseRedirect(reverse("shipment", args=[pk]))


@require_POST
@pharma_page
def discard(request: HttpRequest, viewer: Viewer, pk: UUID) -> HttpResponse:
    """Forget a draft."""
    shipment_discard(shipment=access_shipment(viewer, pk), by=viewer)
    messages.success(request, _("The draft was discarded."))
    return HttpResponseRedirect(reverse("shipments"))


@require_safe
@pharma_page
def events(_request: HttpRequest, viewer: Viewer, pk: UUID) -> StreamingHttpResponse:
    """The shipment's EPCIS document: the sealed events, byte for byte."""
    found = access_shipment(viewer, pk)
    if found.recorded_at is None:
        raise NotFound
    parts = epcis.document(id=found.id, created=found.recorded_at, events=documents_of(found))
    response = StreamingHttpResponse(parts, content_type="application/ld+json")
    name = f"shipment-{found.id}.epcis.json"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
