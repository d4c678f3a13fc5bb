"""Who cares for me, and for whom I care."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.viewer import api_viewer
from core import audit
from core.api import ApiView
from core.errors import Forbidden
from records.api.patient_serializers import CarerSerializer, NewCarerSerializer
from records.delegates import (
    CaredFor,
    access_delegation,
    access_offer,
    cared_for,
    carers_of,
    offers_to,
)
from records.models import Delegation
from records.selectors import display_name, own_patient
from records.services.delegations import carer_offer, delegation_accept, delegation_end


def _shown(row: Delegation, name: str) -> dict[str, Any]:
    body = {
        "id": row.pk,
        "patient": row.patient_id,
        "name": name,
        "kind": row.kind,
        "state": row.state,
        "may_share": row.may_share,
        "last_day": row.last_day,
    }
    return dict(CarerSerializer(body).data)


class CarersView(ApiView):
    """Who cares for me."""

    area = "consents"

    @extend_schema(responses=CarerSerializer(many=True), operation_id="me_carers_list")
    def get(self, request: Request) -> Response:
        """Who cares for you, or was asked to."""
        patient = own_patient(api_viewer(request))
        if patient is None:
            return Response([])
        return Response([_shown(carer.row, carer.name) for carer in carers_of(patient)])

    @extend_schema(
        request=NewCarerSerializer,
        responses={201: CarerSerializer},
        operation_id="me_carers_create",
    )
    def post(self, request: Request) -> Response:
        """Name a carer; the answer is the same whether the address is known here or not."""
        viewer = api_viewer(request)
        patient = own_patient(viewer)
        if patient is None:
            raise Forbidden("You have no record here.")
        given = NewCarerSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        row = carer_offer(patient=patient, by=viewer, **given.validated_data)
        return Response(_shown(row, given.validated_data["email"]), 201)


class CarerEndView(ApiView):
    """Ending it."""

    area = "consents"

    @extend_schema(request=None, responses={204: None}, operation_id="me_carers_end")
    def post(self, request: Request, pk: UUID) -> Response:
        """End somebody's care for you, or yours for somebody; a second time changes nothing."""
        viewer = api_viewer(request)
        delegation_end(delegation=access_delegation(viewer, pk), by=viewer)
        return Response(status=204)


class CaringView(ApiView):
    """For whom I care."""

    area = "consents"

    @extend_schema(responses=CarerSerializer(many=True), operation_id="me_caring_list")
    def get(self, request: Request) -> Response:
        """For whom you care, and who asks you to."""
        viewer = api_viewer(request)
        rows = cared_for(viewer)
        audit.record_each(
            audit.Name.PATIENT_LISTED, by=viewer.actor.as_carer, target="caring",
            sealers=[row.about.sealer for row in rows],
        )  # fmt: skip
        return Response([_of(row) for row in [*rows, *offers_to(viewer)]])


class CaringAcceptView(ApiView):
    """Taking it on."""

    area = "consents"

    @extend_schema(request=None, responses=CarerSerializer, operation_id="me_caring_accept")
    def post(self, request: Request, pk: UUID) -> Response:
        """Accept to care for somebody."""
        viewer = api_viewer(request)
        row = delegation_accept(delegation=access_offer(viewer, pk), by=viewer)
        return Response(_shown(row, ""))


def _of(row: CaredFor) -> dict[str, Any]:
    return _shown(row.delegation, display_name(row.about.resource))
