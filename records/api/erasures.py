"""Asking to be erased, and deciding about it."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.confirming import require_confirmed
from accounts.viewer import api_viewer
from core.api import ApiView
from records.erasures import access_erasure, erasures_for, newest_erasure
from records.models import ErasureRequest, Ground
from records.services.erasure import erasure_ask, erasure_decide, erasure_withdraw


class ErasureSerializer(serializers.ModelSerializer[ErasureRequest]):
    """A request, and what was decided."""

    class Meta:
        model = ErasureRequest
        fields = ("id", "state", "created_at", "ground", "decided_at", "erased_at")
        read_only_fields = fields


class ErasureAskSerializer(serializers.Serializer[None]):
    """A word that nobody sends by mistake."""

    confirm = serializers.ChoiceField(choices=["erase"])


class ErasureDecisionSerializer(serializers.Serializer[None]):
    """Why; the ground says whether it is granted."""

    ground = serializers.ChoiceField(choices=Ground.choices)


class OwnErasureView(ApiView):
    """My request."""

    area = "account"

    @extend_schema(responses=ErasureSerializer(many=True), operation_id="me_erasure_list")
    def get(self, request: Request) -> Response:
        """Your newest request, if there is one."""
        row = newest_erasure(api_viewer(request))
        return Response([ErasureSerializer(row).data] if row else [])

    @extend_schema(
        request=ErasureAskSerializer,
        responses={201: ErasureSerializer},
        operation_id="me_erasure_ask",
    )
    def post(self, request: Request) -> Response:
        """Ask that your record is erased; a person decides, and then nobody can bring it back."""
        require_confirmed(request)
        given = ErasureAskSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        row = erasure_ask(by=api_viewer(request))
        return Response(ErasureSerializer(row).data, 201)


class OwnErasureWithdrawView(ApiView):
    """Taking it back."""

    area = "account"

    @extend_schema(request=None, responses={204: None}, operation_id="me_erasure_withdraw")
    def post(self, request: Request, pk: UUID) -> Response:
        """Take your request back, while nobody has decided."""
        erasure_withdraw(request_id=pk, by=api_viewer(request))
        return Response(status=204)


class ErasuresView(ApiView):
    """What was asked."""

    area = "patients"

    @extend_schema(responses=ErasureSerializer(many=True), operation_id="erasures_list")
    def get(self, request: Request) -> Response:
        """What people asked of the organisation that runs Salus, the newest 200."""
        rows = erasures_for(api_viewer(request))
        return Response(ErasureSerializer(rows, many=True).data)


class ErasureDecisionView(ApiView):
    """Deciding."""

    area = "patients"

    @extend_schema(
        request=ErasureDecisionSerializer,
        responses=ErasureSerializer,
        operation_id="erasure_decide",
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Grant or refuse; what is erased, nobody can bring back."""
        require_confirmed(request)
        viewer = api_viewer(request)
        row = access_erasure(viewer, pk)
        given = ErasureDecisionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        ground = Ground(given.validated_data["ground"])
        row = erasure_decide(request_id=row.pk, ground=ground, by=viewer)
        return Response(ErasureSerializer(row).data)
