"""A record as pages: the person's own, and as somebody sees it with whom it was shared."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from accounts.viewer import Viewer, viewer_of
from core import audit
from core.errors import NotFound
from records.fhir.schema import resource_types
from records.models import Patient
from records.presenters.chart import FILTERS, Person, by_year, entries, summary, trends
from records.presenters.clinical import Entry
from records.selectors import (
    chart_of,
    directory_names,
    own_patient,
    patient_for,
    patients_listed,
    version_for,
)

P = ParamSpec("P")
PAGE = 60  # entries of a timeline page
ChartView = Callable[Concatenate[HttpRequest, Viewer, Patient, P], HttpResponse]


def of_patient(view: ChartView[P]) -> Callable[..., HttpResponse]:
    """Find the patient: by the address, else the person's own; without one an empty page."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        viewer = viewer_of(request)
        wanted = kwargs.pop("patient_id", None)
        patient = patient_for(viewer, wanted) if isinstance(wanted, UUID) else own_patient(viewer)
        if patient is None:
            return render(request, "records/no_record.html")
        return view(request, viewer, patient, *args, **kwargs)

    return wrapped


def _page(
    viewer: Viewer, patient: Patient, rows: list[Entry], target: str, **more: Any
) -> dict[str, Any]:
    """What every page of a chart shows; one audit row per request."""
    audit.record(
        audit.Name.RECORD_LISTED,
        by=viewer.actor,
        subject=patient.pk,
        target=target,
        count=len(rows),
        sealer=rows[0].opened.sealer if rows else None,
    )
    about = next((e.resource for e in rows if e.type == "Patient"), None)
    own = patient.account_id == viewer.user.pk
    return {
        "patient": patient,
        "own": own,
        "person": Person.of(about, timezone.now().date()),
        "allergies": [e for e in rows if e.type == "AllergyIntolerance"],
        **more,
    }


@of_patient
def summary_page(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """What counts now: conditions, medicines, allergies, newest values, one trend."""
    rows = entries(chart_of(viewer, patient.pk))
    drawn = trends(rows)
    context = _page(
        viewer, patient, rows, "summary", summary=summary(rows), trend=drawn[0] if drawn else None
    )
    return render(request, "records/summary.html", context | {"count": len(rows)})


@of_patient
def trends_page(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """Every measurement over time."""
    rows = entries(chart_of(viewer, patient.pk, "Patient", "Observation", "AllergyIntolerance"))
    context = _page(viewer, patient, rows, "trends", trends=trends(rows))
    return render(request, "records/trends.html", context)


@of_patient
def timeline_page(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """Everything that happened, newest first, by kind if wished."""
    rows = entries(chart_of(viewer, patient.pk))
    chosen = next((f for f in FILTERS if f[0] == request.GET.get("show")), FILTERS[0])
    fitting = [e for e in rows if not chosen[2] or e.type in chosen[2]]
    page = Paginator(fitting, PAGE).get_page(request.GET.get("page"))
    names = directory_names(
        {f"Organization/{e.organisation_id}" for e in page if e.organisation_id}
    )
    context = _page(
        viewer, patient, rows, "timeline",
        filters=FILTERS, chosen=chosen[0], page=page, years=by_year(page.object_list, names),
    )  # fmt: skip
    return render(request, "records/timeline.html", context)


def record_page(request: HttpRequest, patient_id: UUID, type: str, fhir_id: str) -> HttpResponse:
    """One entry, what it says and how to check it."""
    viewer = viewer_of(request)
    if type not in resource_types():
        raise NotFound
    found = version_for(viewer, type, fhir_id)
    if found.version.record.patient_id != patient_id:
        raise NotFound
    audit.record(
        audit.Name.RECORD_READ, by=viewer.actor, subject=patient_id,
        target=str(found.version.record), count=1, sealer=found.sealer,
    )  # fmt: skip
    entry = Entry(found)
    names = directory_names({f"Organization/{entry.organisation_id}"})
    own = (patient := own_patient(viewer)) is not None and patient.pk == patient_id
    context = {
        "entry": entry,
        "patient_id": patient_id,
        "own": own,
        "written_by": next(iter(names.values()), ""),
    }
    return render(request, "records/record.html", context)


def patients_page(request: HttpRequest) -> HttpResponse:
    """The patients of whom this person may see anything."""
    viewer = viewer_of(request)
    today = timezone.now().date()
    listed = patients_listed(viewer)
    people = [(Person.of(o.resource if o else None, today), patient) for patient, o in listed]
    people.sort(key=lambda row: row[0].name)
    rows = [{"person": person, "patient": patient} for person, patient in people]
    named = [about.sealer for _patient, about in listed if about]
    audit.record_each(audit.Name.PATIENT_LISTED, by=viewer.actor, sealers=named)
    return render(request, "records/patients.html", {"rows": rows})
