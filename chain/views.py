"""The public side of the ledger: verify page, trust file, sample proof, explorer."""

from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from chain.deployment import current_log
from chain.models import Contract
from chain.presenters import batch_page, batch_row, proof_response, trust_file, verify_words
from chain.selectors import batch_of, batches_page, sample_commitment, summary_of
from chain.services import document_for, hex_of
from chain.status import status
from core.api import PROBLEM
from core.errors import NotFound

VERIFIER = settings.BASE_DIR / "salus_verify.py"
# The visitor's browser asks the nodes that the visitor names; their own may be on their machine.
NODES = ["https:", "http://127.0.0.1:*", "http://localhost:*"]


@login_not_required
@require_safe
@csp_update({"connect-src": NODES})
def verify(request: HttpRequest) -> HttpResponse:
    """Check a proof in the visitor's own browser; nothing is uploaded."""
    context = {"words": verify_words(), "rpc_url": settings.CHAIN_PUBLIC_RPC_URL}
    return render(request, "chain/verify.html", context)


@login_not_required
@require_safe
def verifier_download(request: HttpRequest) -> FileResponse:
    """The verifier for one's own machine."""
    return FileResponse(
        VERIFIER.open("rb"),
        as_attachment=True,
        filename=VERIFIER.name,
        content_type="text/x-python",
    )


@login_not_required
@require_safe
def sample_proof(request: HttpRequest) -> HttpResponse:
    """In the demo: the proof of a directory entry, for those who have none yet."""
    row = sample_commitment() if settings.DEMO else None
    if row is None:
        raise Http404
    try:
        # No viewer: the gate answers for what is nobody's secret alone.
        return proof_response(row, document_for(None, row))
    except (NotFound, KeyError):
        raise Http404 from None


@login_not_required
@require_safe
@cache_control(public=True, max_age=60)
def trust(request: HttpRequest) -> HttpResponse:
    """What a verifier pins; anybody may fetch it from anywhere."""
    log = current_log()
    if log is None:
        body = {"title": "There is no log yet", "status": 503, "code": "transient"}
        return JsonResponse(body, status=503, content_type=PROBLEM, headers={"Retry-After": "5"})
    headers = {"Access-Control-Allow-Origin": "*"}
    return JsonResponse(trust_file(log), headers=headers, json_dumps_params={"indent": 1})


@login_not_required
@require_safe
@vary_on_headers("HX-Request")
def explorer(request: HttpRequest) -> HttpResponse:
    """All batches, newest first; the part that changes refreshes itself."""
    log = current_log()
    context = _explorer(request, log) if log else {"log": None}
    part = "#live" if log and request.headers.get("HX-Request") else ""
    return render(request, f"chain/explorer.html{part}", context)


def _number(text: str) -> int | None:
    """A sequence out of an address; whatever else stands there means none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _explorer(request: HttpRequest, log: Contract) -> dict[str, Any]:
    page = batches_page(log, _number(request.GET.get("before", "")))
    return {
        "log": log,
        "contract": hex_of(log.address),
        "rows": [batch_row(batch) for batch in page.batches],
        "older": page.older,
        "summary": summary_of(log),
        # How many seals a batch holds is not on the chain (its tree is padded): not for strangers.
        "exact": request.user.is_authenticated,
        "node_answers": status().node,
    }


@login_not_required
@require_safe
def batch(request: HttpRequest, sequence: int) -> HttpResponse:
    """One batch, with its identifiers one click away."""
    log = current_log()
    found = batch_of(log, sequence) if log else None
    if log is None or found is None:
        raise Http404
    context = {"batch": batch_page(found, log), "exact": request.user.is_authenticated}
    return render(request, "chain/batch.html", context)
