"""FHIR R4 over HTTP: read and proof; and the proof of anything committed."""

from datetime import UTC
from email.utils import format_datetime
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.viewer import Viewer, viewer_of
from chain.models import Commitment, Kind
from chain.presenters import proof_response
from chain.services import Disclosed, commitment_for, document_for
from core import audit
from core.errors import NotFound
from exchange.auth import fhir, fhir_view
from exchange.capability import capability_statement
from exchange.outcome import FHIR_JSON, outcome
from records.delegates import actor_at
from records.fhir.schema import resource_types
from records.presenters.signing import signed_statements
from records.selectors import Opened, version_for


@login_not_required
@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """The CapabilityStatement: what this server does, no more."""
    return fhir(capability_statement(settings.BASE_URL + reverse("fhir-base")))


@login_not_required
def base(request: HttpRequest) -> HttpResponse:
    """The base address alone is no resource."""
    return fhir(outcome("not-found", "See /fhir/metadata for what is here."), 404)


@fhir_view("GET", "HEAD", area="records")
def read(
    request: HttpRequest, viewer: Viewer, type: str, id: str, version: int | None = None
) -> HttpResponse:
    """The newest version, or a numbered one: byte for byte what was committed."""
    found = _version(viewer, type, id, version)
    row = found.version
    audit.record(
        audit.Name.RECORD_READ, by=actor_at(viewer, row.patient_id), subject=row.patient_id,
        target=row.reference, count=1, sealer=found.sealer,
    )  # fmt: skip
    etag = f'W/"{row.number}"'
    if request.headers.get("If-None-Match") == etag:
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(found.document, content_type=FHIR_JSON)
    answer.headers["ETag"] = etag
    answer.headers["Last-Modified"] = format_datetime(row.created_at.astimezone(UTC), usegmt=True)
    return answer


@fhir_view("GET", "HEAD", area="records")
def proof_of_version(
    request: HttpRequest, viewer: Viewer, type: str, id: str, version: int | None = None
) -> HttpResponse:
    """`$proof`: the proof file of a version."""
    found = _version(viewer, type, id, version)
    row = found.version
    audit.record(
        audit.Name.PROOF_READ, by=actor_at(viewer, row.patient_id), subject=row.patient_id,
        target=row.reference, sealer=found.sealer,
    )  # fmt: skip
    return proof_response(row.commitment, Disclosed(found.document))


def _version(viewer: Viewer, type: str, id: str, version: int | None) -> Opened:
    if type not in resource_types():
        raise NotFound(f"“{type}” is no resource type of FHIR R4.")
    return version_for(viewer, type, id, version)


@fhir_view("GET", "HEAD", area="records")
def unknown(request: HttpRequest, viewer: Viewer, rest: str) -> HttpResponse:
    """Whatever else is asked for under /fhir/."""
    raise NotFound("There is nothing at this address; see /fhir/metadata.")


def proof_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What a seal means, in words, for whoever may see what it is about."""
    row, disclosed = _guarded(viewer_of(request), pk)
    anchor = disclosed.ending.entry if disclosed.ending else row.anchor
    context = {
        "title": row.get_kind_display(),
        "state": anchor.state if anchor else row.state.value,
        "sealed_at": anchor.final_at if anchor else None,
        "proof_url": reverse("proof", args=[row.pk]),
        "statements": signed_statements(disclosed) if row.kind == Kind.CONSENT else None,
    }
    return render(request, "exchange/proof.html", context)


# A proof file holds the document: whoever may not read that, may not fetch its proof.
_AREAS = {
    Kind.AUDIT.value: "audit", Kind.CONSENT.value: "consents", Kind.EPCIS.value: "supply",
}  # fmt: skip


def _area_of_proof(pk: UUID) -> str:
    row = commitment_for(pk)
    return _AREAS.get(row.kind, "records") if row else "records"


@fhir_view("GET", "HEAD", area=_area_of_proof)
def proof_file(request: HttpRequest, viewer: Viewer, pk: UUID) -> HttpResponse:
    """`/proofs/<commitment id>.json`, behind the gate of what it is about."""
    return proof_response(*_guarded(viewer, pk))


def _guarded(viewer: Viewer, pk: UUID) -> tuple[Commitment, Disclosed]:
    """A commitment and its document, for whoever its owner's gate lets through."""
    row = commitment_for(pk)
    if row is None:
        raise NotFound
    return row, document_for(viewer, row)
