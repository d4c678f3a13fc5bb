"""The trail for auditors: looked through, and copied."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.viewer import Viewer, viewer_of
from core import audit
from core.cursors import page_of
from core.errors import Invalid, NotFound, Problem
from oversight.forms import SearchForm
from oversight.gates import require_auditor
from oversight.presenters.trail import EventRow, event_rows, in_rows
from oversight.selectors import Search, events_found, in_chunks

FORMULAS = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def search(request: HttpRequest) -> HttpResponse:
    """The trail, newest first; whoever goes through it stands in it, too."""
    viewer = require_auditor(viewer_of(request))
    form = SearchForm(_asked(request))
    wanted = form.search if form.is_valid() else None
    context: dict[str, Any] = {"form": form, "narrowed": bool(wanted and wanted.parameters)}
    if wanted is not None:
        page = page_of(events_found(wanted), request.GET.get("before", ""), at=lambda row: row.at)
        _note(audit.Name.AUDIT_READ, viewer, wanted, count=len(page.rows))
        query = urlencode({k: v for k, v in form.data.items() if v and k != "before"})
        context |= {"rows": event_rows(page.rows), "older": page.older, "query": query}
    return render(request, "oversight/trail.html", context, status=422 if form.errors else 200)


def _asked(request: HttpRequest) -> dict[str, str]:
    return {name: request.GET.get(name, "") for name in SearchForm.base_fields}


def _note(name: audit.Name, viewer: Viewer, wanted: Search, count: int | None = None) -> None:
    audit.record(name, by=viewer.actor, count=count, parameters=wanted.parameters)


# -- copies ----------------------------------------------------------------------------------------


def copy(request: HttpRequest, form: str) -> HttpResponseBase:
    """What was found, as CSV or as lines of JSON; of any length, in little memory."""
    viewer = require_auditor(viewer_of(request))
    if form not in COPIES:
        raise NotFound
    asked = SearchForm(_asked(request))
    if not asked.is_valid():
        raise Invalid(problems=[Problem(name, str(e[0])) for name, e in asked.errors.items()])
    wanted = asked.search
    _note(audit.Name.AUDIT_EXPORTED, viewer, wanted)
    media, write = COPIES[form]
    rows = in_rows(in_chunks(events_found(wanted)))
    answer = StreamingHttpResponse(write(rows), content_type=media)
    answer.headers["Content-Disposition"] = f'attachment; filename="salus-audit.{form}"'
    return answer


class _Line:
    """What csv writes to: gives the line back."""

    def write(self, line: str) -> str:
        return line


def _csv(rows: Iterable[EventRow]) -> Iterator[str]:
    writer = csv.writer(_Line())
    header = False
    for row in rows:
        if not header:
            header = True
            yield writer.writerow(row.columns)
        yield writer.writerow(harmless(value) for value in row.columns.values())


def harmless(value: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULAS) else value


def _ndjson(rows: Iterable[EventRow]) -> Iterator[str]:
    return (json.dumps(row.columns) + "\n" for row in rows)


COPIES: dict[str, tuple[str, Callable[[Iterable[EventRow]], Iterator[str]]]] = {
    "csv": ("text/csv; charset=utf-8", _csv),
    "ndjson": ("application/x-ndjson", _ndjson),
}
