"""Cases: what people asked, and what came out of findings; for auditors."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.viewer import viewer_of
from core.cursors import page_of
from core.errors import Conflict
from oversight.forms import WordsForm
from oversight.gates import access_case, require_auditor
from oversight.models import CaseState
from oversight.presenters.cases import CaseRow, names_of
from oversight.presenters.trail import event_rows
from oversight.selectors import cases_answered, cases_waiting, events_of
from oversight.services.cases import case_answer, case_take


def case_list(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, the oldest first; and what was answered."""
    require_auditor(viewer_of(request))
    answered = page_of(
        cases_answered(), request.GET.get("before", ""),
        at=lambda row: row.answered_at or row.opened_at, field="answered_at",
    )  # fmt: skip
    context = {
        "waiting": [CaseRow(case) for case in cases_waiting()[:200]],
        "answered": [CaseRow(case) for case in answered.rows],
        "older": answered.older,
    }
    return render(request, "oversight/cases.html", context)


def case(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One case with the events that it is about: taken up, then answered in words."""
    viewer = require_auditor(viewer_of(request))
    found = access_case(viewer, pk)
    form = WordsForm(
        request.POST if request.method == "POST" and "text" in request.POST else None,
        label=_("Your answer"), hint=_("Whoever asked reads it. Use plain words."),
    )  # fmt: skip
    if request.method == "POST":
        try:
            if not form.is_bound:
                case_take(case=found, by=viewer)
                return HttpResponseRedirect(reverse("case", args=[pk]))
            if form.is_valid():
                case_answer(case=found, text=form.cleaned_data["text"], by=viewer)
                messages.success(request, _("The case was answered."))
                return HttpResponseRedirect(reverse("cases"))
        except Conflict as error:
            messages.info(request, error.detail)
            return HttpResponseRedirect(reverse("case", args=[pk]))
    names = names_of([found.taken_by_id, found.answered_by_id])
    context = {
        "row": CaseRow(found), "form": form, "events": event_rows(events_of(found)),
        "open": found.state == CaseState.OPEN, "in_review": found.state == CaseState.IN_REVIEW,
        "taken_by": names.get(found.taken_by_id) if found.taken_by_id else "",
    }  # fmt: skip
    return render(request, "oversight/case.html", context, status=422 if form.errors else 200)
