"""How complete a person's sealed record is, and the file with which they can hold Salus to it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.viewer import Viewer, viewer_of
from chain.heads import newest_final_head
from chain.presenters import file_response
from chain.proofs import kept_head
from core import audit
from core.errors import NotFound
from records.models import Patient
from records.presenters.seals import seals
from records.selectors import own_patient
from records.views.chart import of_patient


@of_patient
def seals_page(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """How much is sealed, and what that is good for."""
    return render(request, "records/seals.html", {"seals": seals(patient.pk)})


def newest_head(request: HttpRequest) -> HttpResponse:
    """The person's newest head, signed by the portal, to be kept."""
    viewer = viewer_of(request)
    patient = own_patient(viewer)
    head = newest_final_head(patient.pk) if patient else None
    if patient is None or head is None:
        raise NotFound
    audit.record(audit.Name.PROOF_READ, by=viewer.actor, subject=patient.pk, target="head")
    return file_response(kept_head(head), f"salus-head-{head.number}.json")
