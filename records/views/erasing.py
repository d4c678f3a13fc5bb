"""Asking to be erased, and deciding about it."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.decorators import confirmed_again
from accounts.viewer import viewer_of
from accounts.views.requests import sent, with_errors
from core.errors import Conflict, Forbidden
from records.erasures import access_erasure, erasures_for, newest_erasure
from records.models import Ground
from records.people_forms import EraseForm, ErasureDecisionForm
from records.selectors import own_patient
from records.services.erasure import erasure_ask, erasure_decide, erasure_withdraw


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_again
def erasure(request: HttpRequest) -> HttpResponse:
    """What goes and what stays; asked once the person has typed that they mean it."""
    viewer = viewer_of(request)
    form = EraseForm(sent(request))
    if form.is_valid():
        try:
            erasure_ask(by=viewer)
        except (Conflict, Forbidden) as error:
            messages.error(request, error.detail)
        else:
            messages.success(request, _("You have asked for it. You are told what is decided."))
        return HttpResponseRedirect(reverse("erasure"))
    context = {
        "form": form, "row": newest_erasure(viewer), "days": settings.BACKUP_WINDOW_DAYS,
        "patient": own_patient(viewer),
    }  # fmt: skip
    status = 422 if form.errors else 200
    return render(request, "records/erasure/ask.html", context, status=status)


@require_POST
@login_required
def withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take one's request back."""
    try:
        erasure_withdraw(request_id=pk, by=viewer_of(request))
    except Conflict as error:
        messages.error(request, error.detail)
    else:
        messages.success(request, _("You took your request back."))
    return HttpResponseRedirect(reverse("erasure"))


def erasures(request: HttpRequest) -> HttpResponse:
    """What was asked, for those who decide."""
    rows = erasures_for(viewer_of(request))
    return render(request, "records/erasure/list.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_again
def decide(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Grant or refuse a request, and say why."""
    viewer = viewer_of(request)
    row = access_erasure(viewer, pk)
    form = ErasureDecisionForm(sent(request))
    if form.is_valid():
        try:
            ground = Ground(form.cleaned_data["ground"])
            erasure_decide(request_id=row.pk, ground=ground, by=viewer)
        except Conflict as error:
            with_errors(form, error)
        else:
            messages.success(request, _("This is decided. The person is told."))
            return HttpResponseRedirect(reverse("erasures"))
    context = {"row": row, "form": form, "days": settings.BACKUP_WINDOW_DAYS}
    status = 422 if form.errors else 200
    return render(request, "records/erasure/decide.html", context, status=status)
