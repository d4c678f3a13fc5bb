"""Registering, finding and merging patients, through the same services as the pages."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.viewer import Viewer, api_viewer
from core import audit
from core.api import ApiView
from core.errors import NotFound
from records.api.patient_serializers import (
    ActivationCodeSerializer,
    MergeDecisionSerializer,
    MergeSerializer,
    NewMergeSerializer,
    NewPatientSerializer,
    PatientSearchSerializer,
    PatientSerializer,
)
from records.models import ActivationCode, PatientMerge
from records.presenters.registry import PatientLine
from records.registry import (
    Registered,
    access_administered,
    access_merge,
    code_of,
    merges_listed,
    page_of_patients,
    patients_found,
    require_office,
    require_registrar,
)
from records.services.merging import merge_confirm, merge_propose, merge_refuse, merge_undo
from records.services.registration import PatientDetails, code_issue, patient_register

PAGE = 50


def _valid(given: Serializer[object]) -> dict[str, Any]:
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _shown(found: Registered, code: ActivationCode | None = None) -> dict[str, Any]:
    line = PatientLine(found.patient, found.resource, code)
    body = {
        "id": found.patient.pk,
        "name": line.person.name,
        "born": str(found.resource.get("birthDate", "")),
        "gender": str(found.resource.get("gender", "")),
        "place": line.place,
        "has_account": found.patient.account_id is not None,
        "code_until": code.expires_at if code else None,
        "merged_into": found.patient.merged_into_id,
    }
    return dict(PatientSerializer(body).data)


def _noted(viewer: Viewer, found: Iterable[Registered]) -> None:
    audit.record_each(
        audit.Name.PATIENT_ADMINISTERED, by=viewer.actor, target="patients",
        sealers=[row.sealer for row in found],
    )  # fmt: skip


class PatientsView(ApiView):
    """The organisation's patients."""

    area = "patients"

    @extend_schema(responses=PatientSerializer(many=True), operation_id="patients_list")
    def get(self, request: Request) -> Response:
        """Your organisation's newest patients; use the search for others."""
        return _listed(api_viewer(request))

    @extend_schema(
        request=NewPatientSerializer,
        responses={201: PatientSerializer},
        operation_id="patients_register",
    )
    def post(self, request: Request) -> Response:
        """Register a patient; 409 “duplicate” where somebody may be the same (see Patient/$match)."""
        viewer = api_viewer(request)
        require_registrar(viewer)
        data = _valid(NewPatientSerializer(data=request.data))
        reason = data.pop("reason", "")
        patient = patient_register(details=PatientDetails(**data), by=viewer, reason=reason)
        return Response(_shown(access_administered(viewer, patient.pk)), 201)


class PatientSearchView(ApiView):
    """Finding one's own patients."""

    area = "patients"

    @extend_schema(
        request=PatientSearchSerializer,
        responses=PatientSerializer(many=True),
        operation_id="patients_search",
    )
    def post(self, request: Request) -> Response:
        """Your organisation's patients with this family name or birth date."""
        viewer = api_viewer(request)
        require_office(viewer)
        data = _valid(PatientSearchSerializer(data=request.data))
        born = data["born"].isoformat() if "born" in data else ""
        return _listed(viewer, name=data.get("name", ""), born=born)


def _listed(viewer: Viewer, **wanted: str) -> Response:
    found = page_of_patients(patients_found(viewer, **wanted), PAGE, "1")
    _noted(viewer, found.rows)
    return Response([_shown(row, found.codes.get(row.patient.pk)) for row in found.rows])


class PatientView(ApiView):
    """One patient of the organisation."""

    area = "patients"

    @extend_schema(responses=PatientSerializer, operation_id="patients_read")
    def get(self, request: Request, pk: UUID) -> Response:
        """Who a patient of your organisation is."""
        viewer = api_viewer(request)
        found = access_administered(viewer, pk)
        _noted(viewer, [found])
        return Response(_shown(found, code_of(viewer, found.patient)))


class PatientCodeView(ApiView):
    """Activation codes."""

    area = "patients"

    @extend_schema(
        request=None, responses={201: ActivationCodeSerializer}, operation_id="patients_code"
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """A new activation code, to be handed to the patient."""
        code, row = code_issue(patient_id=pk, by=api_viewer(request))
        body = {"code": code, "expires_at": row.expires_at}
        return Response(dict(ActivationCodeSerializer(body).data), 201)


class MergesView(ApiView):
    """The organisation's merges."""

    area = "patients"

    @extend_schema(responses=MergeSerializer(many=True), operation_id="merges_list")
    def get(self, request: Request) -> Response:
        """Your organisation's newest merges."""
        rows, _people = merges_listed(api_viewer(request))
        return Response([dict(MergeSerializer(row).data) for row in rows])

    @extend_schema(
        request=NewMergeSerializer, responses={201: MergeSerializer}, operation_id="merges_propose"
    )
    def post(self, request: Request) -> Response:
        """Propose to merge two records; a second person confirms it."""
        viewer = api_viewer(request)
        require_office(viewer)
        data = _valid(NewMergeSerializer(data=request.data))
        merge = merge_propose(by=viewer, **data)
        return Response(dict(MergeSerializer(merge).data), 201)


class MergeDecisionView(ApiView):
    """Confirm, refuse or undo a merge."""

    area = "patients"

    @extend_schema(
        request=MergeDecisionSerializer, responses=MergeSerializer, operation_id="merges_decide"
    )
    def post(self, request: Request, pk: UUID, do: str) -> Response:
        """`confirm` by a second person, `refuse`, or `undo` with a reason."""
        viewer = api_viewer(request)
        merge = access_merge(viewer, pk)
        reason = _valid(MergeDecisionSerializer(data=request.data)).get("reason", "")
        return Response(dict(MergeSerializer(_decided(do, merge, reason, viewer)).data))


def _decided(do: str, merge: PatientMerge, reason: str, viewer: Viewer) -> PatientMerge:
    match do:
        case "confirm":
            return merge_confirm(merge=merge, by=viewer)
        case "refuse":
            return merge_refuse(merge=merge, by=viewer)
        case "undo":
            return merge_undo(merge=merge, reason=reason, by=viewer)
        case _:
            raise NotFound
