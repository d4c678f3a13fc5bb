"""Claiming one's record, caring for others, and naming those who care for oneself."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import Role
from accounts.viewer import Viewer, viewer_of
from accounts.views.requests import sent, with_errors
from core import audit
from core.errors import Conflict, Forbidden, Invalid, TooMany
from records.delegates import access_delegation, access_offer, cared_for, offers_to
from records.models import Patient
from records.people_forms import ActivateForm, CarerForm
from records.presenters.registry import PatientLine
from records.selectors import own_patient
from records.services.delegations import carer_offer, delegation_accept, delegation_end
from records.services.registration import code_redeem
from records.views.chart import of_patient


def activate(request: HttpRequest) -> HttpResponse:
    """Make the record of a printed code one's own."""
    viewer = viewer_of(request)
    if not viewer.has(Role.PATIENT):
        raise Forbidden(_("Sign in with your own account as a patient to use a code."))
    if own_patient(viewer) is not None:
        messages.info(request, _("Your account has its record already."))
        return HttpResponseRedirect(reverse("my-health"))
    form = ActivateForm(sent(request))
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            code_redeem(by=viewer, **form.cleaned_data)
        except (Invalid, Conflict, TooMany) as error:
            with_errors(form, error)
            status = error.status
        else:
            messages.success(request, _("This is your record from now on. Welcome."))
            return HttpResponseRedirect(reverse("my-health"))
    elif form.is_bound:
        status = 422
    return render(request, "records/activate.html", {"form": form}, status=status)


def caring(request: HttpRequest) -> HttpResponse:
    """The people for whom this person cares, and who asks them to."""
    viewer = viewer_of(request)
    rows, offers = cared_for(viewer), offers_to(viewer)
    audit.record_each(
        audit.Name.PATIENT_LISTED, by=viewer.actor.as_carer, target="caring",
        sealers=[row.about.sealer for row in rows],
    )  # fmt: skip
    lines = [(row, PatientLine(row.about.patient, row.about.resource)) for row in rows]
    asked = [(row, PatientLine(row.about.patient, row.about.resource)) for row in offers]
    context = {"lines": lines, "asked": asked, "own": own_patient(viewer)}
    return render(request, "records/caring.html", context)


@require_POST
def answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take it on, or decline."""
    viewer = viewer_of(request)
    offer = access_offer(viewer, pk)
    if "accept" not in request.POST:
        delegation_end(delegation=offer, by=viewer)
        messages.success(request, _("You have declined."))
        return HttpResponseRedirect(reverse("caring"))
    try:
        delegation_accept(delegation=offer, by=viewer)
    except Conflict as error:
        messages.error(request, error.detail)
    else:
        messages.success(
            request, _("You can see their record from now on. They see that you look.")
        )
    return HttpResponseRedirect(reverse("caring"))


@of_patient
def carer_new(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """Name somebody who cares for oneself."""
    form = CarerForm(sent(request))
    if request.method == "POST" and form.is_valid():
        try:
            carer_offer(patient=patient, by=viewer, **form.cleaned_data)
        except (Invalid, Conflict) as error:
            with_errors(form, error)
        else:
            words = _("It counts as soon as they accept it. Tell them to look in their account.")
            messages.success(request, words)
            return HttpResponseRedirect(reverse("sharing"))
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "records/carer.html", {"form": form}, status=status)


def carer_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End somebody's care for oneself, or one's own for somebody: asked once more."""
    viewer = viewer_of(request)
    row = access_delegation(viewer, pk)
    theirs = row.delegate_id == viewer.user.pk
    back = reverse("caring" if theirs else "sharing")
    if request.method == "POST":
        delegation_end(delegation=row, by=viewer)
        messages.success(request, _("This has ended. Nothing can be seen that way any more."))
        return HttpResponseRedirect(back)
    context = {"row": row, "theirs": theirs, "back": back}
    return render(request, "records/carer_end.html", context)
