"""The trail for auditors, and for the person whose record was read."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.viewer import api_viewer
from core import audit
from core.api import ApiList
from core.errors import Invalid, Problem
from core.models import AuditEvent
from core.paging import CursorPages
from core.selectors import audit_events
from oversight.api.serializers import AuditEventSerializer, ReadSerializer, SearchParameters
from oversight.forms import SearchForm
from oversight.gates import require_auditor, require_patient
from oversight.presenters.readers import single_reads
from oversight.presenters.trail import event_rows
from oversight.selectors import Search, events_found, reads_between


class EventPages(CursorPages):
    """By time, then by id: many rows share a moment."""

    ordering = ("-at", "-id")  # type: ignore[assignment]


class AuditView(ApiList[AuditEvent]):
    """The audit trail."""

    area = "audit"
    serializer_class = AuditEventSerializer
    pagination_class = EventPages
    queryset = audit_events().none()  # for the schema alone: what is found depends on who asks

    @extend_schema(operation_id="audit_list", parameters=[SearchParameters])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who did what, newest first; for auditors. That you looked is noted, too."""
        viewer = require_auditor(api_viewer(request))
        wanted = _search(request)
        page = self.paginate_queryset(events_found(wanted)) or []
        audit.record(
            audit.Name.AUDIT_READ, by=viewer.actor, count=len(page), parameters=wanted.parameters
        )
        rows = [row.columns for row in event_rows(page)]
        return self.get_paginated_response(AuditEventSerializer(rows, many=True).data)


def _search(request: Request) -> Search:
    names = SearchForm.base_fields
    form = SearchForm({name: request.query_params.get(name, "") for name in names})
    if not form.is_valid():
        raise Invalid(
            problems=[Problem(name, str(found[0])) for name, found in form.errors.items()]
        )
    return form.search


class ReadersView(ApiList[AuditEvent]):
    """Who read your record."""

    area = "audit"
    serializer_class = ReadSerializer
    pagination_class = EventPages
    queryset = audit_events().none()  # for the schema alone: what is found depends on who asks

    @extend_schema(operation_id="me_readers_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Who did what with your record, you included, newest first."""
        viewer = api_viewer(request)
        patient = require_patient(viewer)
        rows: QuerySet[AuditEvent] = reads_between(patient, own=True)
        page = self.paginate_queryset(rows) or []
        reads = single_reads(page, patient, viewer)
        return self.get_paginated_response(ReadSerializer(reads, many=True).data)
