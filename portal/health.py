"""/healthz: this process lives. /readyz: every part that Salus needs answers."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from chain.status import status
from core.errors import SalusError


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive, without asking anybody else."""
    return HttpResponse("ok", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready, with each component's state; 503 while one is missing.

    The chain is reported but not required: whatever needs no chain goes on without it.
    """
    components = component_states()
    ready = all(c["ok"] for name, c in components.items() if name != "chain")
    if settings.DEMO:
        components["chain"]["rpc_url"] = settings.CHAIN_PUBLIC_RPC_URL
    body = {"ready": ready, **components}
    return JsonResponse(body, status=200 if ready else 503)


def component_states() -> dict[str, dict[str, Any]]:
    """Each part: `ok`, and words where it is not."""
    return {
        "database": _state(_database),
        "broker": _state(_broker),
        "workers": _state(_workers),
        "chain": _state(_chain),
    }


def _state(check: Callable[[], None]) -> dict[str, Any]:
    try:
        check()
    except SalusError as error:
        return {"ok": False, "state": error.detail}
    except Exception as error:  # whatever a driver raises: its name is told, its text is not
        return {"ok": False, "state": type(error).__name__}
    return {"ok": True, "state": "ok"}


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    cache.set("readyz", 1, 5)


def _workers() -> None:
    ledger = status()
    if not ledger.worker:
        raise SalusError(ledger.detail)


def _chain() -> None:
    """As the worker last saw it: a page must not wait for a node that does not answer."""
    ledger = status()
    if not (ledger.node and ledger.ours):
        raise SalusError(ledger.detail)
