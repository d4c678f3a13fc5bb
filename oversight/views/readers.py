"""Who read my record, and “this looks wrong”."""

from contextlib import suppress
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.viewer import Viewer, viewer_of
from core.cursors import before, cursor_of
from core.errors import Conflict, NotFound
from oversight.forms import WordsForm
from oversight.gates import access_case
from oversight.presenters.cases import CaseRow
from oversight.presenters.readers import days, whole_days
from oversight.selectors import (
    cases_of,
    months_of,
    read_for,
    reader_names,
    readers_of,
    reads_between,
    reads_like,
)
from oversight.services.cases import case_open
from records.models import Patient
from records.presenters.whose import Whose
from records.selectors import own_patient
from records.views.chart import of_person

PAGE = 200  # rows of the trail; a page ends where a day does


@of_person
def readers(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """Who read the record, by day and person; of one person or month if wished."""
    own = request.GET.get("own") == "1"
    person, month = _uuid(request.GET.get("person", "")), _month(request.GET.get("month", ""))
    rows = reads_between(patient, own=own, person=person, month=month)
    found, more = whole_days(
        list(rows.filter(before(request.GET.get("before", "")))[: PAGE + 1]), PAGE
    )
    names = reader_names(patient, readers_of(patient))
    whose = Whose.of(viewer, patient)
    context = {
        "days": days(found, patient, viewer),
        "whose": whose,
        "older": cursor_of(found[-1].at, found[-1].pk) if more else "",
        "own": own,
        "people": sorted(names.items(), key=lambda item: item[1]),
        "person": person,
        "months": months_of(patient),
        "month": month,
        "questions": [CaseRow(case) for case in cases_of(viewer)[:20]] if whose.own else [],
    }
    return render(request, "oversight/readers.html", context)


def _uuid(text: str) -> UUID | None:
    with suppress(ValueError):
        return UUID(text)
    return None


def _month(text: str) -> date | None:
    """Out of an address, `2026-11`; what is no month counts as none."""
    with suppress(ValueError):
        return date.fromisoformat(f"{text}-01")
    return None


def wrong(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask an auditor about what somebody did on a day."""
    viewer = viewer_of(request)
    patient = own_patient(viewer)
    event = read_for(patient, pk) if patient else None
    if patient is None or event is None:
        raise NotFound
    events = reads_like(event)
    form = WordsForm(
        request.POST if request.method == "POST" else None,
        label=_("What looks wrong to you?"),
        hint=_("An auditor reads this. They see when and how somebody looked, not your record."),
    )
    if request.method == "POST" and form.is_valid():
        try:
            case = case_open(events=events, text=form.cleaned_data["text"], by=viewer)
        except Conflict as error:
            messages.info(request, error.detail)
            return HttpResponseRedirect(reverse("my-readers"))
        messages.success(request, _("An auditor will look into it. The answer comes here."))
        return HttpResponseRedirect(reverse("my-question", args=[case.pk]))
    [day] = days(events, patient, viewer)
    context = {"form": form, "day": day, "read": day.reads[0]}
    return render(request, "oversight/wrong.html", context, status=422 if form.errors else 200)


def question(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A question of one's own, and what became of it."""
    viewer = viewer_of(request)
    case = access_case(viewer, pk)
    own = own_patient(viewer)
    if own is None or case.patient_id != own.pk:
        raise NotFound
    return render(request, "oversight/question.html", {"row": CaseRow(case)})
