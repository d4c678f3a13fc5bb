"""`Patient/$match`: who may be the person that is described, for registrars and their systems."""

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts.viewer import Viewer
from chain.canonical import parse
from core.errors import Invalid, Malformed, Problem
from exchange.auth import fhir, fhir_view
from records.fhir.schema import problems_of
from records.registry import recognisable, require_registrar
from records.services.matching import MOST, Candidate, patient_match
from records.services.store import instant

GRADE = "http://hl7.org/fhir/StructureDefinition/match-grade"
LARGEST = 256 * 1024  # bytes of a request
PARTS = {"resource": "resource", "onlyCertainMatches": "valueBoolean", "count": "valueInteger"}


@fhir_view("POST", area="patients")
def patient_match_operation(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """A searchset Bundle, the likeliest first, with as much of each as is needed to recognise them."""
    require_registrar(viewer)
    asked = _asked(request.body)
    candidates = patient_match(
        resource=asked["resource"],
        by=viewer,
        only_certain=asked.get("onlyCertainMatches", False),
        count=asked.get("count", MOST),
    )
    return fhir(_bundle(candidates))


def _asked(body: bytes) -> dict[str, Any]:
    """The parameters by name; raises Malformed or Invalid."""
    if len(body) > LARGEST:
        raise Malformed("This is too large for a description of one person.")
    parameters = parse(body)
    if not isinstance(parameters, dict) or parameters.get("resourceType") != "Parameters":
        raise Invalid(problems=[Problem("resourceType", "this must be a Parameters resource")])
    if problems := problems_of(parameters):
        raise Invalid(problems=problems)
    found: dict[str, Any] = {}
    problems = []
    for index, part in enumerate(parameters.get("parameter") or []):
        place, name = f"Parameters.parameter[{index}]", part["name"]
        if name not in PARTS:
            problems.append(Problem(place, f"this operation has no parameter “{name}”"))
        elif name in found:
            problems.append(Problem(place, f"“{name}” stands here twice"))
        elif PARTS[name] not in part:
            problems.append(Problem(place, f"“{PARTS[name]}” is missing"))
        else:
            found[name] = part[PARTS[name]]
    return _checked(found, problems)


def _checked(found: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    if not problems and found.get("resource", {}).get("resourceType") != "Patient":
        problems.append(Problem("Parameters.parameter", "“resource” must be a Patient"))
    if not 1 <= found.get("count", 1) <= MOST:
        problems.append(Problem("Parameters.parameter", f"“count” must be from 1 to {MOST}"))
    if problems:
        raise Invalid(problems=problems)
    return found


def _bundle(candidates: list[Candidate]) -> dict[str, Any]:
    base = settings.BASE_URL + reverse("fhir-base")
    return {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "meta": {"lastUpdated": instant(timezone.now())},
        "type": "searchset",
        "total": len(candidates),
        "entry": [_entry(candidate, base) for candidate in candidates],
    }


def _entry(candidate: Candidate, base: str) -> dict[str, Any]:
    # Of a merged record what it says of the person is shown, under the id of the one that stayed.
    resource = recognisable(candidate.resource) | {"id": str(candidate.patient.pk)}
    return {
        "fullUrl": f"{base}Patient/{candidate.patient.pk}",
        "resource": resource,
        "search": {
            "extension": [{"url": GRADE, "valueCode": candidate.grade.value}],
            "mode": "match",
            "score": round(candidate.likeness.score, 3),
        },
    }
