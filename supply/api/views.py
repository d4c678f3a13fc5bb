"""Shipments for programs, through the same gates and services as the pages."""

from typing import IO, Any, cast
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.viewer import Viewer, api_viewer
from core.api import ApiList, ApiView
from supply.api.serializers import ShipmentDetailSerializer, ShipmentSerializer, UploadSerializer
from supply.forms import content_of
from supply.models import Shipment
from supply.permissions import access_shipment, require_sender
from supply.selectors import shipments_of
from supply.services import shipment_check, shipment_confirm, shipment_discard


@extend_schema_view(get=extend_schema(operation_id="shipments_list"))
class ShipmentsView(ApiList[Shipment]):
    """The organisation's shipments, newest first."""

    area = "supply"

    serializer_class = ShipmentSerializer
    parser_classes = (MultiPartParser,)

    def get_queryset(self) -> QuerySet[Shipment]:
        """Those that the caller may see."""
        return shipments_of(require_sender(api_viewer(self.request)))

    @extend_schema(
        operation_id="shipments_create",
        request={"multipart/form-data": UploadSerializer},
        responses={201: ShipmentDetailSerializer},
    )
    def post(self, request: Request) -> Response:
        """Check a CSV file and keep it as a draft; 422 lists all that is wrong with it."""
        viewer = api_viewer(request)
        require_sender(viewer)
        sent = UploadSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        data = content_of(cast("IO[bytes]", sent.validated_data["file"]))
        shipment = shipment_check(data=data, by=viewer)
        return _shown(viewer, shipment.id, 201)


class ShipmentView(ApiView):
    """One shipment of the organisation."""

    area = "supply"

    @extend_schema(operation_id="shipments_retrieve", responses=ShipmentDetailSerializer)
    def get(self, request: Request, pk: UUID) -> Response:
        """With its lines and departures."""
        return _shown(api_viewer(request), pk, 200)

    @extend_schema(operation_id="shipments_discard", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Forget a draft; 409 once it was confirmed."""
        viewer = api_viewer(request)
        shipment_discard(shipment=access_shipment(viewer, pk), by=viewer)
        return Response(status=204)


class RecordShipmentView(ApiView):
    """The decision about a draft."""

    area = "supply"

    parser_classes = (JSONParser, FormParser, MultiPartParser)

    @extend_schema(
        operation_id="shipments_record",
        request=None,
        responses={202: ShipmentDetailSerializer},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Have it recorded; asking again changes nothing. Poll the shipment for its state."""
        viewer = api_viewer(request)
        shipment_confirm(shipment=access_shipment(viewer, pk), by=viewer)
        return _shown(viewer, pk, 202)


def _shown(viewer: Viewer, pk: UUID, status: int) -> Response:
    shipment = access_shipment(viewer, pk)
    body: dict[str, Any] = ShipmentDetailSerializer(shipment).data
    return Response(body, status)
