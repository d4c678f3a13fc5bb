"""Who calls a machine interface: a bearer token, or the browser's session for reading."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.tokens import token_user
from accounts.viewer import Viewer, viewer_acting, viewer_of
from core.errors import SalusError
from exchange.outcome import FHIR_JSON, outcome, outcome_of

P = ParamSpec("P")
FhirView = Callable[Concatenate[HttpRequest, Viewer, P], HttpResponse]


def fhir_view(*methods: str) -> Callable[[FhirView[P]], Callable[..., HttpResponse]]:
    """Authenticate, refuse other methods, and turn every error into an OperationOutcome."""

    def decorate(view: FhirView[P]) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @login_not_required
        @wraps(view)
        def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method not in methods:
                answer = fhir(outcome("not-supported", "This method is not offered here."), 405)
                answer.headers["Allow"] = ", ".join(methods)
                return answer
            viewer = _viewer(request)
            if viewer is None:
                answer = fhir(outcome("login", "A valid bearer token is needed."), 401)
                answer.headers["WWW-Authenticate"] = 'Bearer realm="salus"'
                return answer
            request.user = viewer.user  # also for who notes what was refused
            try:
                return view(request, viewer, *args, **kwargs)
            except SalusError as error:
                transaction.set_rollback(True)
                answer = fhir(outcome_of(error), error.status)
                if retry := getattr(error, "retry_after", None):
                    answer.headers["Retry-After"] = str(retry)
                return answer

        return wrapped

    return decorate


def fhir(body: object, status: int = 200) -> HttpResponse:
    """A FHIR JSON response."""
    return JsonResponse(body, status=status, content_type=FHIR_JSON, safe=False)


def _viewer(request: HttpRequest) -> Viewer | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme:
        user = token_user(token.strip()) if scheme.lower() == "bearer" else None
        return viewer_acting(user, "fhir") if user else None
    # A session counts for reading alone: other methods are exempt from CSRF checks here.
    if request.method in ("GET", "HEAD") and request.user.is_authenticated:
        return viewer_of(request, "fhir")
    return None
