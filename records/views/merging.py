"""Two records of one person: proposed on the patient's page, confirmed by a second person."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.viewer import Viewer, viewer_of
from accounts.views.requests import sent, with_errors
from core import audit
from core.errors import Conflict, Invalid
from records.models import PatientMerge
from records.people_forms import MergeForm, ReasonForm
from records.presenters.registry import PatientLine, merge_lines
from records.registry import access_administered, access_merge, merges_listed, require_registrar
from records.services.matching import patient_match
from records.services.merging import merge_confirm, merge_propose, merge_refuse, merge_undo
from records.views.alike import alike_rows

SAID = {
    "confirm": gettext_lazy("The two records are merged."),
    "refuse": gettext_lazy("The two records stay apart."),
    "undo": gettext_lazy("The two records are apart again."),
}


def propose(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Say that another record is of the same person."""
    viewer = viewer_of(request)
    require_registrar(viewer)
    found = access_administered(viewer, pk)
    candidates = patient_match(resource=found.resource, by=viewer)
    rows = alike_rows([c for c in candidates if c.patient.pk != pk], viewer)
    offered = [(str(a.line.patient.pk), f"{a.line.words} – {a.words}") for a in rows if a.ours]
    form = MergeForm(sent(request), others=offered)
    if request.method == "POST" and form.is_valid():
        try:
            _proposed(form, pk, viewer)
        except (Invalid, Conflict) as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Now a second person of your organisation confirms it."))
            return HttpResponseRedirect(reverse("merges"))
    context = {
        "form": form, "line": PatientLine(found.patient, found.resource), "offered": offered,
        "elsewhere": [a for a in rows if not a.ours],
    }  # fmt: skip
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "records/registry/propose.html", context, status=status)


def _proposed(form: MergeForm, pk: UUID, viewer: Viewer) -> PatientMerge:
    this, other = pk, UUID(form.cleaned_data["other"])
    survivor, retired = (this, other) if form.cleaned_data["stays"] == "this" else (other, this)
    reason = form.cleaned_data["reason"]
    return merge_propose(retired=retired, survivor=survivor, reason=reason, by=viewer)


def merges(request: HttpRequest) -> HttpResponse:
    """What waits for a second person, and what was merged."""
    viewer = viewer_of(request)
    lines = merge_lines(*merges_listed(viewer))
    waiting = [line for line in lines if line.row.state == PatientMerge.State.PROPOSED]
    decided = [line for line in lines if line not in waiting]
    context = {
        "groups": [
            (_("Waiting for a second person"), waiting, _("Nothing waits")),
            (_("Decided"), decided, _("Nothing was decided yet")),
        ]
    }
    return render(request, "records/registry/merges.html", context)


def merge(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Both patients side by side: confirm, refuse, or undo it."""
    viewer = viewer_of(request)
    row = access_merge(viewer, pk)
    undoing = request.method == "POST" and request.POST.get("do") == "undo"
    form = ReasonForm(request.POST if undoing else None)
    if request.method == "POST" and (not undoing or form.is_valid()):
        try:
            _decided(request.POST.get("do", ""), row, form, viewer)
        except (Invalid, Conflict) as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, SAID[request.POST["do"]])
        return HttpResponseRedirect(reverse("merge", args=[pk]))
    rows, people = merges_listed(viewer, row)
    [line] = merge_lines(rows, people)
    audit.record_each(
        audit.Name.PATIENT_ADMINISTERED, by=viewer.actor, target="merge",
        sealers=[person.sealer for person in people],
    )  # fmt: skip
    context = {
        "line": line, "form": form, "mine": row.proposed_by_id == viewer.user.pk,
        "both": [(_("Stays in use"), line.survivor), (_("Is shown in its chart"), line.retired)],
    }  # fmt: skip
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "records/registry/merge.html", context, status=status)


def _decided(do: str, row: PatientMerge, form: ReasonForm, viewer: Viewer) -> None:
    if do == "confirm":
        merge_confirm(merge=row, by=viewer)
    elif do == "refuse":
        merge_refuse(merge=row, by=viewer)
    elif do == "undo":
        merge_undo(merge=row, reason=form.cleaned_data["reason"], by=viewer)
    else:
        raise Invalid
