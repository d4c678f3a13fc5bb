"""Emergency access."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.viewer import api_viewer
from core.api import ApiView
from records.emergencies import access_emergency, emergencies_by, require_care
from records.models import EmergencyAccess
from records.services.emergencies import emergency_end, emergency_open
from records.services.sealing import LONGEST


class EmergencySerializer(serializers.Serializer[object]):
    """A record that is open for an emergency."""

    id = serializers.UUIDField()
    patient = serializers.UUIDField()
    ends_at = serializers.DateTimeField()


class NewEmergencySerializer(serializers.Serializer[object]):
    """Whose record, by a number of theirs, and why."""

    identifier = serializers.CharField(max_length=64)
    reason = serializers.CharField(max_length=LONGEST)


def _shown(row: EmergencyAccess) -> dict[str, Any]:
    body = {"id": row.pk, "patient": row.patient_id, "ends_at": row.ends_at}
    return dict(EmergencySerializer(body).data)


class EmergenciesView(ApiView):
    """Records that are open for an emergency."""

    area = "emergency"

    @extend_schema(responses=EmergencySerializer(many=True), operation_id="emergencies_list")
    def get(self, request: Request) -> Response:
        """What you have open now."""
        viewer = api_viewer(request)
        require_care(viewer)
        return Response([_shown(row) for row in emergencies_by(viewer)])

    @extend_schema(
        request=NewEmergencySerializer,
        responses={201: EmergencySerializer},
        operation_id="emergencies_open",
    )
    def post(self, request: Request) -> Response:
        """Open a record for four hours; the patient is told at once, and every look is reviewed."""
        viewer = api_viewer(request)
        require_care(viewer)
        given = NewEmergencySerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return Response(_shown(emergency_open(by=viewer, **given.validated_data)), 201)


class EmergencyEndView(ApiView):
    """Ending it."""

    area = "emergency"

    @extend_schema(request=None, responses={204: None}, operation_id="emergencies_end")
    def post(self, request: Request, pk: UUID) -> Response:
        """End it before its time; a second time changes nothing."""
        viewer = api_viewer(request)
        emergency_end(emergency=access_emergency(viewer, pk), by=viewer)
        return Response(status=204)
