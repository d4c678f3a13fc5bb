"""Who sees the record."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.viewer import Viewer
from chain.models import AnchorState
from records.delegates import carers_of
from records.emergencies import emergencies_of
from records.models import Patient
from records.presenters.sharing import Grant
from records.presenters.whose import Whose
from records.selectors import consents_of
from records.views.chart import of_person


@of_person
def sharing(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """Who may see the record now, and who could before."""
    grants = [Grant(consent) for consent in consents_of(patient)]
    context = {
        "standing": [g for g in grants if g.active],
        "ended": [g for g in grants if not g.active],
        "waiting": any(g.state != AnchorState.FINAL for g in grants),
        "carers": carers_of(patient),
        "emergencies": emergencies_of(patient),
        "whose": Whose.of(viewer, patient),
    }
    return render(request, "records/sharing.html", context)
