"""`/fhir/AuditEvent`: for the person whose record it is about, and for auditors."""

import base64
import binascii
import struct
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from accounts.models import Role
from accounts.viewer import Viewer
from core import audit
from core.errors import Forbidden, Invalid, NotFound, Problem
from core.models import AuditEvent
from core.selectors import audit_events as trail
from exchange.audit import audit_events
from exchange.auth import fhir, fhir_view
from oversight.presenters.trail import event_rows
from records.models import Patient
from records.selectors import own_patient, subjects_of

USUAL, MOST = 50, 200  # rows that a page is made from
KNOWN = {"patient", "date", "_count", "_cursor", "_format"}
CURSOR = struct.Struct(">q")
PREFIXES = {"eq": ("gte", "lt"), "ge": ("gte",), "le": ("lt",), "gt": ("gte",), "lt": ("lt",)}


@fhir_view("GET", "HEAD", area="audit")
def search(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Requests about a patient, or for auditors all of them, newest first, a page at a time."""
    if unknown := set(request.GET) - KNOWN:
        raise Invalid(problems=[Problem(name, "this can't be searched for") for name in unknown])
    patient, rows = _rows(viewer, request.GET.get("patient", ""))
    rows = _dated(rows, request.GET.getlist("date"))
    found, cursor = _page(rows, request.GET)
    if patient is None:
        audit.record(
            audit.Name.AUDIT_READ, by=viewer.actor, count=len(found),
            parameters={k: str(v) for k, v in request.GET.items() if not k.startswith("_")},
        )  # fmt: skip
    resources = audit_events(event_rows(found, patient=patient), whose=_whose(patient))
    return fhir(_bundle(resources, request.GET, cursor))


@fhir_view("GET", "HEAD", area="audit")
def read(request: HttpRequest, viewer: Viewer, id: UUID) -> HttpResponse:
    """One request, as far as the caller may see it."""
    try:
        patient, rows = _rows(viewer, "")
    except Forbidden:
        raise NotFound from None
    found = list(rows.filter(request=id).order_by("-pk"))
    if not found:
        raise NotFound
    if patient is None:
        audit.record(audit.Name.AUDIT_READ, by=viewer.actor, count=1)
    shown = event_rows(found, patient=patient)
    [resource] = audit_events(shown, whose=_whose(patient))
    return fhir(resource)


def _rows(viewer: Viewer, wanted: str) -> tuple[Patient | None, QuerySet[AuditEvent]]:
    """Whose rows: the caller's own, by their id or none; an auditor's of a pseudonym, or all."""
    own, asked = own_patient(viewer), _id(wanted)
    if own is not None and (asked == own.pk or not (asked or viewer.has(Role.AUDITOR))):
        return own, trail().filter(subject__in=list(subjects_of(own)))
    if viewer.has(Role.AUDITOR):
        return None, trail().filter(subject=asked) if asked else trail()
    if own is not None:
        raise NotFound
    raise Forbidden("The audit trail is for the person whose record it is about, and auditors.")


def _whose(patient: Patient | None) -> dict[UUID, UUID]:
    return subjects_of(patient) if patient else {}


def _id(text: str) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text.removeprefix("Patient/"))
    except ValueError:
        raise Invalid(problems=[Problem("patient", "this must be a patient's id")]) from None


def _dated(rows: QuerySet[AuditEvent], wanted: list[str]) -> QuerySet[AuditEvent]:
    for text in wanted:
        prefix, day = (text[:2], text[2:]) if text[:2] in PREFIXES else ("eq", text)
        try:
            begin = datetime.combine(date.fromisoformat(day), time.min, tzinfo=UTC)
        except ValueError:
            raise Invalid(
                problems=[Problem("date", "this must be a day, as ge2026-01-31")]
            ) from None
        # The day as a whole: "le" goes to its end, "gt" begins behind it.
        end = begin + timedelta(days=1)
        bounds = {"gte": end if prefix == "gt" else begin, "lt": begin if prefix == "lt" else end}
        rows = rows.filter(**{f"at__{bound}": bounds[bound] for bound in PREFIXES[prefix]})
    return rows


# -- pages -----------------------------------------------------------------------------------------


def _page(rows: QuerySet[AuditEvent], asked: QueryDict) -> tuple[list[AuditEvent], int | None]:
    """All rows of the requests whose newest row is on this page; and where the next one begins."""
    count, begin = _count(asked.get("_count", "")), _cursor(asked.get("_cursor", ""))
    ordered = rows.order_by("-pk")
    here = list((ordered.filter(pk__lt=begin) if begin else ordered)[: count + 1])
    more, here = len(here) > count, here[:count]
    requests = {row.request for row in here}
    whole = rows.filter(request__in=requests)
    newest = dict(whole.order_by().values_list("request").annotate(Max("pk")))
    begins_here = [r for r in requests if not begin or newest[r] < begin]
    found = list(whole.filter(request__in=begins_here).order_by("-pk"))
    # The rows of a request stand together, where its newest one would.
    found.sort(key=lambda row: (newest[row.request], row.pk), reverse=True)
    return found, here[-1].pk if more else None


def _count(text: str) -> int:
    if not text:
        return USUAL
    if not (text.isascii() and text.isdigit()) or int(text[:9]) < 1:
        raise Invalid(problems=[Problem("_count", "this must be a whole number")])
    return min(int(text[:9]), MOST)


def _cursor(text: str) -> int | None:
    if not text:
        return None
    try:
        place = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
        return int(CURSOR.unpack(place)[0])
    except (binascii.Error, struct.error, ValueError):
        raise Invalid(problems=[Problem("_cursor", "this is no cursor of ours")]) from None


def _bundle(resources: list[dict[str, Any]], asked: QueryDict, cursor: int | None) -> Any:
    base = settings.BASE_URL + reverse("fhir-audit-search")
    kept = [(k, v) for k in asked for v in asked.getlist(k) if k != "_cursor"]
    links = [{"relation": "self", "url": _url(base, kept)}]
    if cursor is not None:
        opaque = base64.urlsafe_b64encode(CURSOR.pack(cursor)).decode()
        links.append({"relation": "next", "url": _url(base, [*kept, ("_cursor", opaque)])})
    entries = [
        {"fullUrl": f"{base}/{r['id']}", "resource": r, "search": {"mode": "match"}}
        for r in resources
    ]
    bundle = {"resourceType": "Bundle", "type": "searchset", "link": links}
    return bundle | {"entry": entries} if entries else bundle


def _url(base: str, parameters: list[tuple[str, str]]) -> str:
    return f"{base}?{urlencode(parameters)}" if parameters else base
