"""What every endpoint of /api/v1/ shares: problem+json errors (RFC 9457) and cursor paging."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import Forbidden, NotFound, SalusError

PROBLEM = "application/problem+json"


class CursorPages(CursorPagination):
    """Opaque cursors over the newest first; stable while rows are added."""

    page_size = 50
    ordering = "-created_at"


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every error as a problem document."""
    if isinstance(error, Http404):
        error = NotFound()
    elif isinstance(error, PermissionDenied):
        error = Forbidden()
    if isinstance(error, SalusError):
        set_rollback()
        headers = {"Retry-After": str(error.retry_after)} if hasattr(error, "retry_after") else None
        return Response(problem_body(error), error.status, headers=headers, content_type=PROBLEM)
    if isinstance(error, exceptions.APIException):
        set_rollback()
        return Response(
            _of_drf(error), error.status_code, headers=_headers(error), content_type=PROBLEM
        )
    return None


def problem_body(error: SalusError) -> dict[str, Any]:
    """An error of ours as a problem document's members."""
    body: dict[str, Any] = {"title": str(error.title), "status": error.status, "code": error.code}
    body["detail"] = error.detail
    if error.problems:
        body["errors"] = [{"place": p.place, "text": p.text} for p in error.problems]
    return body


def _of_drf(error: exceptions.APIException) -> dict[str, Any]:
    body: dict[str, Any] = {
        "title": str(error.default_detail),
        "status": error.status_code,
        "code": error.default_code,
    }
    if isinstance(error, exceptions.ValidationError):
        body["title"] = "Something in what was sent is not right"
        body["errors"] = list(_flatten(error.detail))
    else:
        body["detail"] = str(error.detail)
    return body


def _flatten(detail: Any, place: str = "") -> Any:
    if isinstance(detail, dict):
        for key, value in detail.items():
            yield from _flatten(value, f"{place}.{key}" if place else str(key))
    elif isinstance(detail, list):
        for value in detail:
            yield from _flatten(value, place)
    else:
        yield {"place": place, "text": str(detail)}


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(challenge)
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers
