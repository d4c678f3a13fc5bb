"""How complete a person's sealed record is, and the file with which they can hold Salus to it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.viewer import Viewer
from chain.heads import newest_final_head
from chain.presenters import file_response
from chain.proofs import kept_head
from core import audit
from core.errors import NotFound
from records.models import Patient
from records.presenters.seals import seals
from records.views.chart import of_patient


@of_patient
def seals_page(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """How much is sealed, and what that is good for."""
    return render(request, "records/seals.html", {"seals": seals(patient.pk)})


@of_patient
def newest_head(request: HttpRequest, viewer: Viewer, patient: Patient) -> HttpResponse:
    """The person's newest head, signed by the portal, to be kept."""
    head = newest_final_head(patient.pk)
    if head is None:
        raise NotFound
    audit.record(audit.Name.PROOF_READ, by=viewer.actor, subject=patient.pk, target="head")
    return file_response(kept_head(head), f"salus-head-{head.number}.json")
