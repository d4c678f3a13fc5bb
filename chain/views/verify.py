"""Checking proofs: the verify page, the verifier, a sample, and what a verifier pins."""

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from chain.contracts import LOG, REGISTRY, current_contracts
from chain.presenters import proof_response, verify_words
from chain.proofs import trust_file
from chain.selectors.batches import sample_commitment
from chain.services import document_for
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
    contracts = {contract.name: contract for contract in current_contracts()}
    log = contracts.get(LOG)
    if log is None:
        body = {"title": "There is no log yet", "status": 503, "code": "transient"}
        return JsonResponse(body, status=503, content_type=PROBLEM, headers={"Retry-After": "5"})
    headers = {"Access-Control-Allow-Origin": "*"}
    body = trust_file(log, contracts.get(REGISTRY))
    return JsonResponse(body, headers=headers, json_dumps_params={"indent": 1})
