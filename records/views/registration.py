"""The registrar's pages: whom the organisation registered, and how a record gets its owner."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.decorators import confirmed_again
from accounts.models import Role
from accounts.viewer import Viewer, viewer_of
from accounts.views.requests import sent, with_errors
from core import audit
from core.errors import Conflict, Invalid
from records.delegates import access_delegation, carers_set_up
from records.people_forms import FindForm, GuardianForm, ReasonForm, RegisterForm
from records.presenters.registry import CodeSheet, PatientLine
from records.registry import (
    Registered,
    access_administered,
    code_of,
    page_of_patients,
    patients_found,
    require_office,
    require_registrar,
)
from records.services.delegations import (
    birth_date,
    delegation_end,
    guardian_offer,
    majority,
)
from records.services.people import may_unlink, patient_unlink, require_unlinker
from records.services.registration import LooksKnown, code_issue, patient_register
from records.views.alike import alike_rows

PAGE = 30  # patients of a page


def patients(request: HttpRequest) -> HttpResponse:
    """Whom the organisation registered or brought here; found by name and birth date."""
    viewer = viewer_of(request)
    organisation = require_office(viewer)
    form = FindForm(sent(request))  # posted: names don't belong into addresses
    name, born = "", ""
    if form.is_valid():
        name, day = form.cleaned_data["name"], form.cleaned_data["born"]
        born = day.isoformat() if day else ""
    wanted = patients_found(viewer, name=name, born=born)
    found = page_of_patients(wanted, PAGE, request.GET.get("page", ""))
    lines = [PatientLine(r.patient, r.resource, found.codes.get(r.patient.pk)) for r in found.rows]
    audit.record_each(
        audit.Name.PATIENT_ADMINISTERED, by=viewer.actor, target="registration",
        sealers=[row.sealer for row in found.rows],
    )  # fmt: skip
    context = {
        "form": form, "lines": lines, "page": found.page, "looked": bool(name or born),
        "organisation": organisation, "registrar": viewer.has(Role.REGISTRAR),
    }  # fmt: skip
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "records/registry/patients.html", context, status=status)


def new(request: HttpRequest) -> HttpResponse:
    """Register a patient; first it is looked for who may be the same person."""
    viewer = viewer_of(request)
    require_registrar(viewer)
    form = RegisterForm(sent(request))
    alike: list[Any] = []
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            patient = patient_register(details=form.details(), by=viewer, reason=reason)
        except LooksKnown as error:
            alike = alike_rows(error.candidates, viewer)
        except Invalid as error:
            with_errors(form, error)
        else:
            messages.success(request, _("The patient is registered."))
            return HttpResponseRedirect(reverse("registered", args=[patient.pk]))
    status = 422 if form.is_bound and form.errors else 409 if alike else 200
    context = {"form": form, "alike": alike}
    return render(request, "records/registry/new.html", context, status=status)


def patient(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Who a patient is, whether it is somebody's own record, and who stands in for them."""
    viewer = viewer_of(request)
    found = access_administered(viewer, pk)
    return _patient_page(request, viewer, found, ReasonForm())


def _patient_page(
    request: HttpRequest, viewer: Viewer, found: Registered, unlinking: ReasonForm
) -> HttpResponse:
    pk = found.patient.pk
    audit.record(
        audit.Name.PATIENT_ADMINISTERED,
        by=viewer.actor,
        subject=pk,
        target=f"Patient/{pk}",
        count=1,
        sealer=found.sealer,
    )
    context = {
        "line": PatientLine(found.patient, found.resource, code_of(viewer, found.patient)),
        "carers": carers_set_up(viewer, found.patient),
        "registrar": viewer.has(Role.REGISTRAR),
        "may_unlink": may_unlink(viewer) and found.patient.account_id is not None,
        "form": unlinking,
    }
    status = 422 if unlinking.is_bound and unlinking.errors else 200
    return render(request, "records/registry/patient.html", context, status=status)


@require_POST
def code(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A new activation code, shown once, to be printed."""
    viewer = viewer_of(request)
    require_registrar(viewer)
    found = access_administered(viewer, pk)
    try:
        text, row = code_issue(patient_id=pk, by=viewer)
    except Conflict as error:
        messages.error(request, error.detail)
        return HttpResponseRedirect(reverse("registered", args=[pk]))
    context = {
        "line": PatientLine(found.patient, found.resource),
        "sheet": CodeSheet(text, row.expires_at.date()),
        "organisation": viewer.organisation,
    }
    return render(request, "records/registry/code.html", context)


def guardian(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Set up a parent or a guardian."""
    viewer = viewer_of(request)
    require_registrar(viewer)
    found = access_administered(viewer, pk)
    form = GuardianForm(sent(request), until=_last_day_of_childhood(found))
    if request.method == "POST" and form.is_valid():
        try:
            guardian_offer(patient=found.patient, by=viewer, **form.cleaned_data)
        except (Invalid, Conflict) as error:
            with_errors(form, error)
        else:
            messages.success(request, _("It counts as soon as they accept it in their account."))
            return HttpResponseRedirect(reverse("registered", args=[pk]))
    context = {"form": form, "line": PatientLine(found.patient, found.resource)}
    status = 422 if form.is_bound and form.errors else 200
    return render(request, "records/registry/guardian.html", context, status=status)


def _last_day_of_childhood(found: Registered) -> date | None:
    born = birth_date(found.patient)
    if born is None or majority(born) <= timezone.now().date():
        return None
    return majority(born) - timedelta(days=1)


@require_POST
def guardian_end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """They stand in for the patient no longer."""
    viewer = viewer_of(request)
    require_office(viewer)
    row = access_delegation(viewer, pk)
    delegation_end(delegation=row, by=viewer)
    messages.success(request, _("Their access has ended."))
    return HttpResponseRedirect(reverse("registered", args=[row.patient_id]))


@require_POST
@confirmed_again
def unlink(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The wrong person's account: take the record away from it."""
    viewer = viewer_of(request)
    require_unlinker(viewer)
    found = access_administered(viewer, pk)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            patient_unlink(patient=found.patient, by=viewer, **form.cleaned_data)
        except (Invalid, Conflict) as error:
            with_errors(form, error)
        else:
            messages.success(request, _("The account has lost the record. Print a new code."))
            return HttpResponseRedirect(reverse("registered", args=[pk]))
    return _patient_page(request, viewer, found, form)
