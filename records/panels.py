"""What the dashboards show of records."""

from typing import Any

from django.http import HttpRequest

from accounts.viewer import viewer_of
from records.access import patients_visible_to
from records.delegates import caring_counts
from records.models import PatientMerge
from records.presenters.sharing import Grant
from records.registry import merges_listed
from records.selectors import consents_of, own_patient, reads_of


def of_patient(request: HttpRequest) -> dict[str, Any]:
    """Who sees the record now, and how often it was read."""
    patient = own_patient(viewer_of(request))
    if patient is None:
        return {"patient": None}
    grants = [Grant(consent) for consent in consents_of(patient)]
    return {
        "patient": patient,
        "standing": [g for g in grants if g.active],
        "reads": reads_of(patient, own=False).exclude(actor_id=None).count(),
    }


def of_carer(request: HttpRequest) -> dict[str, Any]:
    """For how many people they care, and how many ask them to."""
    cared_for, asked = caring_counts(viewer_of(request))
    return {"cared_for": cared_for, "asked": asked}


def of_office(request: HttpRequest) -> dict[str, Any]:
    """How many merges wait for a second person."""
    viewer = viewer_of(request)
    rows, _people = merges_listed(viewer)
    waiting = [row for row in rows if row.state == PatientMerge.State.PROPOSED]
    return {"organisation": viewer.organisation, "waiting": len(waiting)}


def of_reader(request: HttpRequest) -> dict[str, Any]:
    """How many patients share with this person or organisation."""
    viewer = viewer_of(request)
    return {"patients": patients_visible_to(viewer).count(), "organisation": viewer.organisation}
