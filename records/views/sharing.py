"""The person's own decisions: who sees the record, and who has."""

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.viewer import Viewer, viewer_of
from chain.models import AnchorState
from core.errors import Conflict, Invalid
from records.forms import ShareForm
from records.gates import access_consent
from records.models import Patient, Scope
from records.presenters.sharing import Grant, days
from records.selectors import consents_of, reads_of
from records.services.consents import consent_grant, consent_revoke
from records.views.chart import of_patient

PAGE = 100  # audit events of a page


@of_patient
def sharing(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """Who may see the record now, and who could before."""
    grants = [Grant(consent) for consent in consents_of(patient)]
    context = {
        "standing": [g for g in grants if g.active],
        "ended": [g for g in grants if not g.active],
        "waiting": any(g.state != AnchorState.FINAL for g in grants),
    }
    return render(request, "records/sharing.html", context)


@of_patient
def share(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """Share the record: whom with, what, until when."""
    form = ShareForm(request.POST or None, user=viewer.user)
    if request.method == "POST" and form.is_valid():
        try:
            consent = consent_grant(
                patient=patient,
                grantee=form.chosen,
                scope=Scope(form.cleaned_data["scope"]),
                last_day=form.cleaned_data["last_day"],
                by=viewer,
            )
        except Invalid as error:
            for problem in error.problems:
                form.add_error(problem.place, problem.text)
        except Conflict as error:
            form.add_error(None, error.detail)
        else:
            messages.success(request, _("Shared with %(who)s.") % {"who": Grant(consent).grantee})
            return HttpResponseRedirect(reverse("sharing"))
    status = 422 if form.errors else 200
    return render(request, "records/share.html", {"form": form}, status=status)


def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a grant: asked once more, then at once."""
    consent = access_consent(viewer_of(request), pk)
    grant = Grant(consent)
    if request.method == "POST":
        consent_revoke(consent=consent, by=viewer_of(request))
        words = _("%(who)s can no longer see your record.") % {"who": grant.grantee}
        messages.success(request, words)
        return HttpResponseRedirect(reverse("sharing"))
    return render(request, "records/end.html", {"grant": grant})


@of_patient
def readers(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """Who read the record, by day and person."""
    own = request.GET.get("own") == "1"
    page = Paginator(reads_of(patient, own=own), PAGE).get_page(request.GET.get("page"))
    return render(
        request, "records/readers.html", {"days": days(page.object_list), "page": page, "own": own}
    )
