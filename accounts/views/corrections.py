"""Asking for a correction, and answering for the organisation that keeps the record."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.corrections import (
    Correction,
    access_correction,
    correction_answer,
    correction_ask,
    correction_withdraw,
    corrections_for,
    corrections_of,
    keepers_of,
)
from accounts.privacy_forms import AnswerForm, CorrectionForm
from accounts.viewer import viewer_of
from accounts.views.requests import sent, with_errors
from core.errors import Conflict, Invalid

PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def own(request: HttpRequest) -> HttpResponse:
    """What the person asked for, with the answers; ask for more."""
    viewer = viewer_of(request)
    form = CorrectionForm(sent(request), keepers=keepers_of(viewer.user))
    if form.is_valid():
        try:
            correction_ask(by=viewer, **form.cleaned_data)
        except (Conflict, Invalid) as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Sent. You get a notice when it is answered."))
            return HttpResponseRedirect(reverse("own-corrections"))
    context = {"form": form, "corrections": corrections_of(viewer.user)}
    return render(request, "accounts/corrections.html", context, status=_status(form))


@require_POST
@login_required
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a request back."""
    correction_withdraw(request_id=pk, by=viewer_of(request))
    return HttpResponseRedirect(reverse("own-corrections"))


@require_safe
@login_required
def asked(request: HttpRequest) -> HttpResponse:
    """What was asked of the organisation: open ones first, then the newest."""
    rows = corrections_for(viewer_of(request)).order_by("-state", "-created_at")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/corrections_asked.html", {"page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One request, and the answer to it."""
    viewer = viewer_of(request)
    found = access_correction(viewer, pk)
    form = AnswerForm(sent(request))
    if form.is_valid():
        correction_answer(
            request_id=pk, answer=form.cleaned_data["answer"],
            corrected=form.cleaned_data["corrected"] == "yes", by=viewer,
        )  # fmt: skip
        messages.success(request, _("Sent."))
        return HttpResponseRedirect(reverse("corrections"))
    return _answer_page(request, found, form)


def _answer_page(request: HttpRequest, found: Correction, form: Form) -> HttpResponse:
    context = {"correction": found, "form": form}
    return render(request, "accounts/correction_answer.html", context, status=_status(form))


def _status(form: Form) -> int:
    return 422 if form.errors else 200
