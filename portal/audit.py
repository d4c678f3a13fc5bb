"""The auditor's page: who did what, patients by pseudonym."""

import hmac
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.selectors import organisation_names, people_names
from accounts.viewer import viewer_of
from core.audit import Name
from core.errors import Forbidden
from core.keys import derived_secret
from core.selectors import audit_events
from records.selectors import accounts_of_patients

PAGE = 50
NOBODY = UUID(int=0)


def pseudonym(patient: UUID) -> str:
    """A patient's name in the trail: always the same, and not the beginning of their id."""
    return hmac.digest(derived_secret("audit pseudonym"), patient.bytes, "sha256").hex()[:8]


def audit_log(request: HttpRequest) -> HttpResponse:
    """The trail, newest first, by kind of event if wished."""
    if not viewer_of(request).has(Role.AUDITOR):
        raise Forbidden
    chosen = request.GET.get("what", "")
    page = Paginator(audit_events(chosen), PAGE).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    patients = accounts_of_patients(r.actor_id for r in rows if r.actor_id)
    people = people_names(r.actor_id for r in rows if r.actor_id)
    places = organisation_names(r.organisation_id for r in rows if r.organisation_id)
    shown = [
        {
            "event": row,
            # A patient's own name beside their pseudonym would unmask all their rows.
            "who": _("The patient")
            if row.actor_id in patients
            else people.get(row.actor_id or NOBODY, ""),
            "place": places.get(row.organisation_id, "") if row.organisation_id else "",
            "patient": pseudonym(row.subject_id) if row.subject_id else "",
        }
        for row in rows
    ]
    context = {"rows": shown, "page": page, "names": Name.choices, "chosen": chosen}
    return render(request, "portal/audit.html", context)
