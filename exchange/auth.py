"""Who calls a machine interface: a bearer token, or the browser's session for reading."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt

from accounts.api.authentication import CHALLENGE, INVALID, BadToken, bearer_of
from accounts.viewer import Viewer, viewer_acting, viewer_of
from core.errors import SalusError
from exchange.outcome import FHIR_JSON, outcome, outcome_of

P = ParamSpec("P")
FhirView = Callable[Concatenate[HttpRequest, Viewer, P], HttpResponseBase]


Area = str | Callable[..., str]  # of a token; or what tells it from the address


def fhir_view(
    *methods: str, area: Area, reads: bool = False
) -> Callable[[FhirView[P]], Callable[..., HttpResponseBase]]:
    """Authenticate, refuse other methods, and turn every error into an OperationOutcome.

    `reads`: it changes nothing, though it is posted.
    """

    def decorate(view: FhirView[P]) -> Callable[..., HttpResponseBase]:
        @csrf_exempt
        @login_not_required
        @wraps(view)
        def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if request.method not in methods:
                answer = fhir(outcome("not-supported", "This method is not offered here."), 405)
                answer.headers["Allow"] = ", ".join(methods)
                return answer
            try:
                named = area if isinstance(area, str) else area(**kwargs)
                viewer = _viewer(request, named, reads=reads)
                if viewer is None:
                    return _unknown_caller(request)
                return view(request, viewer, *args, **kwargs)
            except SalusError as error:
                transaction.set_rollback(True)
                answer = fhir(outcome_of(error), error.status)
                for name, value in error.headers.items():
                    answer.headers[name] = value
                return answer

        wrapped.area = area  # type: ignore[attr-defined]  # for the test that walks the addresses
        return wrapped

    return decorate


def fhir(body: object, status: int = 200) -> HttpResponse:
    """A FHIR JSON response."""
    return JsonResponse(body, status=status, content_type=FHIR_JSON, safe=False)


def _unknown_caller(request: HttpRequest) -> HttpResponse:
    answer = fhir(outcome("login", "A valid bearer token is needed."), 401)
    answer.headers["WWW-Authenticate"] = (
        INVALID if "Authorization" in request.headers else CHALLENGE
    )
    return answer


def _viewer(request: HttpRequest, area: str, *, reads: bool) -> Viewer | None:
    try:
        token = bearer_of(request, area, "GET" if reads else str(request.method))
    except BadToken:
        return None
    if token is not None:
        return viewer_acting(token.user, "fhir")
    # A session counts for reading alone: other methods are exempt from CSRF checks here.
    if request.method in ("GET", "HEAD") and request.user.is_authenticated:
        return viewer_of(request, "fhir")
    return None
