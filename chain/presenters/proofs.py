"""Proof and kept-head files, as answers to be kept."""

import json
from typing import Any

from django.http import HttpResponse, JsonResponse

from chain.errors import NotFinal
from chain.models import Commitment
from chain.proofs import proof
from chain.services import Disclosed
from core.errors import NotFound
from core.keys import KeyDestroyed

MEDIA_TYPE = "application/vnd.salus.proof+json"
RETRY_AFTER = 2  # seconds until it is worth asking for a proof again


def proof_response(row: Commitment, disclosed: Disclosed) -> HttpResponse:
    """The proof file to keep; 202 with its state before the seal is final; raises NotFound.

    Select `batch__log` along with the row, and defer `batch__nodes`: a tree has megabytes.
    """
    try:
        body = proof(row, disclosed)
    except NotFinal as error:
        headers = {"Retry-After": str(RETRY_AFTER)}
        return JsonResponse({"state": error.state}, status=202, headers=headers)
    except KeyDestroyed:
        raise NotFound from None  # erased: without the salt there is no proof any more
    name = f"salus-proof-{str(row.pk)[:8]}.json"
    return file_response(body, name)


def file_response(body: dict[str, Any], name: str) -> HttpResponse:
    """A proof or head file, to be kept."""
    return HttpResponse(
        json.dumps(body, indent=1) + "\n",
        content_type=MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
