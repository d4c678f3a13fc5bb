"""FHIR R4 over HTTP, and the proof of anything committed."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.viewer import Viewer, viewer_of
from chain.canonical import parse
from chain.models import Commitment, Kind
from chain.presenters import proof_response
from chain.services import Disclosed, commitment_for, document_for
from core import audit
from core.errors import Malformed, NotFound, SalusError
from exchange import interactions
from exchange.asking import Answer, Asked, etag, parameters_of_query
from exchange.auth import fhir, fhir_view
from exchange.bundles import processed
from exchange.capability import capability_statement
from exchange.outcome import FHIR_JSON
from records.delegates import actor_at
from records.presenters.signing import signed_statements
from records.selectors import Opened, version_for


@login_not_required
@require_safe
def metadata(request: HttpRequest) -> HttpResponse:
    """The CapabilityStatement: what this server does, no more."""
    return fhir(capability_statement(settings.BASE_URL + reverse("fhir-base")))


@fhir_view("POST", area="records")
def base(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """A batch or a transaction; the base address alone is no resource."""
    body = _body(request)
    return _answered(processed(viewer, body, request.headers.get("Prefer", "")))


@fhir_view("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", area="records")
def type_level(request: HttpRequest, viewer: Viewer, type: str) -> HttpResponse:
    """Search and create; and update, patch and delete by a condition."""
    interactions.require_type(type)
    if type == "Binary" and request.method == "POST" and request.content_type not in JSON:
        return _answered(_uploaded(request, viewer))
    asked = _asked(request, type)
    if request.method in ("GET", "HEAD"):
        return _answered(interactions.search(viewer, asked))
    if request.method in ("PUT", "PATCH", "DELETE") and not asked.parameters:
        raise Malformed(_("Without an id in the address a condition says what is meant."))
    return _answered(_WRITES[request.method or ""](viewer, asked))


@fhir_view("GET", "HEAD", "POST", area="records", reads=True)
def search(request: HttpRequest, viewer: Viewer, type: str) -> HttpResponse:
    """`_search`: parameters in the body, so that they stand in no log."""
    asked = _asked(request, type, search=True)
    return _answered(interactions.search(viewer, asked))


@fhir_view("GET", "HEAD", "PUT", "PATCH", "DELETE", area="records")
def instance_level(request: HttpRequest, viewer: Viewer, type: str, id: str) -> HttpResponseBase:
    """The newest version: read, followed by a next one, or by its deletion."""
    if type == "Binary" and request.method in ("GET", "HEAD") and not _wants_fhir(request):
        return _downloaded(viewer, id)
    asked = _asked(request, type, id)
    if request.method in ("GET", "HEAD"):
        return _answered(interactions.read(viewer, asked))
    return _answered(_WRITES[request.method or ""](viewer, asked))


@fhir_view("GET", "HEAD", area="records")
def read_version(
    request: HttpRequest, viewer: Viewer, type: str, id: str, version: int
) -> HttpResponse:
    """A numbered version: byte for byte what was committed."""
    return _answered(interactions.read(viewer, _asked(request, type, id), version))


@fhir_view("GET", "HEAD", area="records")
def past(request: HttpRequest, viewer: Viewer, type: str, id: str = "") -> HttpResponse:
    """The history of a resource or of a type."""
    return _answered(interactions.past(viewer, _asked(request, type, id)))


@fhir_view("POST", area="records", reads=True)
def validate(request: HttpRequest, viewer: Viewer, type: str = "", id: str = "") -> HttpResponse:
    """`$validate`."""
    return _answered(interactions.validate(viewer, _asked(request, type, id)))


@fhir_view("GET", "HEAD", area="records")
def everything(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """`Patient/…/$everything`."""
    return _answered(interactions.everything(viewer, _asked(request, "Patient", id)))


@fhir_view("GET", "HEAD", area="records")
def summary(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """`Patient/…/$summary`."""
    return _answered(interactions.summary(viewer, _asked(request, "Patient", id)))


_WRITES: dict[str, Callable[[Viewer, Asked], Answer]] = {
    "POST": interactions.create, "PUT": interactions.update, "PATCH": interactions.patch,
    "DELETE": interactions.delete,
}  # fmt: skip
JSON = frozenset({
    "application/fhir+json", "application/json", "application/json-patch+json", "text/json", "",
})  # fmt: skip
FORM = "application/x-www-form-urlencoded"


class WrongFormat(SalusError):
    """Another format than JSON."""

    status = 415
    code = "not-supported"
    title = _("This server speaks JSON.")


class OtherFormatWanted(WrongFormat):
    """Another format than JSON is wanted back."""

    status = 406


def _asked(request: HttpRequest, type: str, id: str = "", *, search: bool = False) -> Asked:
    """What a request asks for; raises Malformed, WrongFormat."""
    head = request.headers
    parameters = parameters_of_query(request.META.get("QUERY_STRING", ""))
    body = None
    if request.method in ("POST", "PUT", "PATCH"):
        if search:
            if request.content_type not in (FORM, ""):
                raise WrongFormat(_("A search is posted as a form."))
            parameters += parameters_of_query(request.body.decode("utf-8", "strict"))
        else:
            body = _body(request)
    asked = Asked(
        method=request.method or "",
        type=type,
        id=id,
        parameters=parameters,
        body=body,
        if_match=head.get("If-Match", ""),
        if_none_match=head.get("If-None-Match", ""),
        if_none_exist=head.get("If-None-Exist", ""),
        if_modified_since=head.get("If-Modified-Since", ""),
        prefer=head.get("Prefer", ""),
    )
    _require_json_wanted(asked.one("_format") or head.get("Accept", ""))
    return asked


def _uploaded(request: HttpRequest, viewer: Viewer) -> Answer:
    """A file as it is: read as a stream, however large."""
    asked = Asked("POST", "Binary", prefer=request.headers.get("Prefer", ""))
    about = request.headers.get("X-Security-Context", "")
    content_type = request.headers.get("Content-Type", "").partition(";")[0].strip()
    return interactions.binary_create(viewer, asked, about, content_type, request)


def _wants_fhir(request: HttpRequest) -> bool:
    """Whether a Binary is wanted as a resource, and not as the file that it is."""
    accept = request.GET.get("_format") or request.headers.get("Accept", "")
    return any(kind in accept for kind in ("fhir+json", "fhir+xml")) or accept in JSON - {""}


def _downloaded(viewer: Viewer, id: str) -> HttpResponseBase:
    """A file, to be kept and not opened here: nobody knows what a stranger put into it."""
    content_type, pieces, version = interactions.binary_data(viewer, id)
    answer = StreamingHttpResponse(pieces, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{version.fhir_id}"'
    answer.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer.headers["ETag"] = etag(version)
    return answer


def _require_json_wanted(accept: str) -> None:
    wanted = [part.partition(";")[0].strip() for part in accept.split(",")]
    if any(
        kind in JSON or kind in ("json", "*/*", "application/*", "text/html") for kind in wanted
    ):
        return
    raise OtherFormatWanted


def _body(request: HttpRequest) -> Any:
    if request.content_type not in JSON:
        raise WrongFormat
    return parse(request.body)


def _answered(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type=FHIR_JSON)
    for name, value in answer.headers.items():
        response.headers[name] = value
    return response


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
    return version_for(viewer, interactions.require_type(type), id, version)


@fhir_view("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", area="records")
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
