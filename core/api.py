"""What every endpoint of /api/v1/ shares: errors (RFC 9457), keys and tags."""

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions, generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, set_rollback

from core.errors import Forbidden, Malformed, NotFound, SalusError
from core.idempotency import answer_once, key_of

PROBLEM = "application/problem+json"
Row = TypeVar("Row", bound=Model)


# -- views -----------------------------------------------------------------------------------------


class ApiView(APIView):
    """An endpoint: names the area that a token must be made for, and answers a key once."""

    area: ClassVar[str]  # of registry.api_areas; without one no token opens the view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """As DRF does it, except that a write with an Idempotency-Key takes effect once."""
        self.args, self.kwargs = args, kwargs
        self.request = asked = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            self.initial(asked, *args, **kwargs)
            answer = self._answer(asked, partial(self._handler(asked), asked, *args, **kwargs))
        except Exception as error:
            answer = self.handle_exception(error)
        self.response = self.finalize_response(asked, answer, *args, **kwargs)  # type: ignore[arg-type]
        return self.response

    def _handler(self, request: Request) -> Callable[..., HttpResponseBase]:
        method = str(request.method).lower()
        known = method in self.http_method_names
        found: Callable[..., HttpResponseBase] = self.http_method_not_allowed
        return getattr(self, method, found) if known else found

    def _answer(self, request: Request, run: Callable[[], HttpResponseBase]) -> HttpResponseBase:
        key = key_of(request)
        if not key or request.user.pk is None:
            return run()
        return answer_once(
            request=request,
            person=request.user.pk,
            key=key,
            run=run,
            on_error=self.handle_exception,
        )

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """What is read gets an ETag of its bytes, and 304 for who has them already."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if request.method in ("GET", "HEAD") and isinstance(final, Response):
            final.add_post_render_callback(partial(_tagged, request._request))
        return final


def _tagged(request: HttpRequest, response: HttpResponse) -> HttpResponseBase | None:
    if response.status_code != 200:
        return None
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:32]}"'
    response.headers["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response)


class ApiList(ApiView, generics.ListAPIView[Row]):
    """A list, a page at a time."""


# -- errors ----------------------------------------------------------------------------------------


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every error as a problem document."""
    error = _ours(error)
    if isinstance(error, SalusError):
        set_rollback()
        headers = error.headers
        return Response(problem_of(error), error.status, headers=headers, content_type=PROBLEM)
    if isinstance(error, exceptions.APIException):
        set_rollback()
        return Response(
            _of_drf(error), error.status_code, headers=_headers(error), content_type=PROBLEM
        )
    return None


def problem_of(error: SalusError) -> dict[str, Any]:
    """An error of ours as a problem document."""
    body = {"title": str(error.title), "status": error.status, "code": error.code}
    body |= {"detail": error.detail}
    if error.problems:
        body["errors"] = [{"place": p.place, "text": p.text} for p in error.problems]
    if scope := getattr(error, "scope", ""):
        body["scope"] = scope
    return body


class TooLarge(Malformed):
    """More was sent than is taken."""

    status = 413
    code = "too-large"


def _ours(error: Exception) -> Exception:
    """Django's own errors, as ours."""
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied):
        return Forbidden()
    if isinstance(error, RequestDataTooBig):
        return TooLarge()
    if isinstance(error, SuspiciousOperation):
        return Malformed()
    return error


@csrf_exempt
@login_not_required
def unknown(request: HttpRequest, rest: str = "") -> JsonResponse:
    """Whatever else is asked for below /api/."""
    hint = f"Did you mean {request.path}/ ?" if _known(f"{request.path}/") else ""
    return refused(NotFound(hint))


def _known(path: str) -> bool:
    try:
        return resolve(path).func is not unknown
    except Resolver404:
        return False


def refused(error: SalusError) -> JsonResponse:
    """An error of ours outside of any view of the API, for a program."""
    return JsonResponse(
        problem_of(error), status=error.status, headers=error.headers, content_type=PROBLEM
    )


def fault(status: int, title: str) -> JsonResponse:
    """A failure outside of any view, for a program."""
    body = {"title": title, "status": status, "code": "fault"}
    return JsonResponse(body, status=status, content_type=PROBLEM)


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
        headers["Retry-After"] = str(int(wait) + 1)
    return headers
