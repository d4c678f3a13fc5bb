"""Opening a record for an emergency, and closing it again."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.viewer import viewer_of
from accounts.views.requests import sent, with_errors
from core.errors import Invalid, TooMany
from records.emergencies import access_emergency, emergencies_by, require_care
from records.people_forms import EmergencyForm
from records.services.emergencies import LASTS, emergency_end, emergency_open


def emergency(request: HttpRequest) -> HttpResponse:
    """Ask whom and why, and show what is open."""
    viewer = viewer_of(request)
    require_care(viewer)
    form = EmergencyForm(sent(request))
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            row = emergency_open(identifier=data["identifier"], reason=data["reason"], by=viewer)
        except (Invalid, TooMany) as error:
            with_errors(form, error)
            status = error.status
        else:
            messages.success(request, _("The record is open. The patient has been told."))
            return HttpResponseRedirect(reverse("chart", args=[row.patient_id]))
    hours = int(LASTS.total_seconds() // 3600)
    context = {"form": form, "open": emergencies_by(viewer), "hours": hours}
    return render(request, "records/emergency.html", context, status=status)


@require_POST
def emergency_close(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End it before its time."""
    viewer = viewer_of(request)
    emergency_end(emergency=access_emergency(viewer, pk), by=viewer)
    messages.success(request, _("The record is closed again."))
    return HttpResponseRedirect(reverse("emergency"))
