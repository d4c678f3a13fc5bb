"""Shipments as the API gives them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from supply.models import EpcisEvent, Shipment, ShipmentLine
from supply.presenters import Departure, Sealed, Shown, ShownLine
from supply.selectors import lines_of, shipping_events


class UploadSerializer(serializers.Serializer[Any]):
    """What is sent: the CSV file."""

    file = serializers.FileField(allow_empty_file=True, use_url=False)


class PlaceSerializer(serializers.Serializer[Any]):
    """Where packages go; the name where Salus knows the organisation."""

    gln = serializers.CharField()
    name = serializers.CharField(allow_null=True)


class ProblemSerializer(serializers.Serializer[Any]):
    """Why a recording failed."""

    place = serializers.CharField()
    text = serializers.CharField()


class EventSerializer(serializers.Serializer[Any]):
    """An EPCIS event: how far its seal is, and where its proof will be."""

    id = serializers.UUIDField()
    anchor_state = serializers.CharField()
    proof = serializers.CharField()


class ShipmentSerializer(serializers.ModelSerializer[Shipment]):
    """A shipment in a list."""

    recipient = serializers.SerializerMethodField()
    anchor_state = serializers.SerializerMethodField()
    problems = ProblemSerializer(many=True, read_only=True)

    class Meta:
        model = Shipment
        fields = [
            "id",
            "state",
            "recipient",
            "line_count",
            "package_count",
            "product_count",
            "anchor_state",
            "problems",
            "created_at",
            "confirmed_at",
            "recorded_at",
        ]
        read_only_fields = fields

    @extend_schema_field(PlaceSerializer(allow_null=True))
    def get_recipient(self, row: Shipment) -> dict[str, str | None] | None:
        """The one destination, or null where the lines go to several places."""
        return _place(row.recipient_gln, row.recipient) if row.recipient_gln else None

    def get_anchor_state(self, row: Shipment) -> str | None:
        """How far its least advanced seal is: queued, sent, mined, final; null in a draft."""
        return Shown(row).anchor or None


class LineSerializer(serializers.ModelSerializer[ShipmentLine]):
    """A row of the file."""

    gtin = serializers.CharField()
    product = serializers.CharField(source="product.name")
    serial = serializers.CharField(source="serials")
    to = serializers.SerializerMethodField()
    event = serializers.SerializerMethodField()

    class Meta:
        model = ShipmentLine
        fields = ("row", "gtin", "product", "lot", "expiry", "serial", "quantity", "to", "event")

    @extend_schema_field(PlaceSerializer)
    def get_to(self, row: ShipmentLine) -> dict[str, str | None]:
        """Where the packages go."""
        return _place(row.to_gln, row.recipient)

    @extend_schema_field(EventSerializer(allow_null=True))
    def get_event(self, row: ShipmentLine) -> dict[str, str] | None:
        """The commissioning event; null before the shipment is recorded."""
        sealed = ShownLine(row).sealed
        return _event(row.event.id, sealed) if sealed else None


class DepartureSerializer(serializers.ModelSerializer[EpcisEvent]):
    """The shipping event of everything that goes to one place."""

    to = serializers.SerializerMethodField()
    event = serializers.SerializerMethodField()

    class Meta:
        model = EpcisEvent
        fields = ("to", "event")

    @extend_schema_field(PlaceSerializer)
    def get_to(self, row: EpcisEvent) -> dict[str, str | None]:
        """Where the packages go."""
        return _place(row.to_gln, row.recipient)

    @extend_schema_field(EventSerializer)
    def get_event(self, row: EpcisEvent) -> dict[str, str]:
        """The event."""
        return _event(row.id, Departure(row).sealed)


class ShipmentDetailSerializer(ShipmentSerializer):
    """A shipment with its lines and departures."""

    lines = serializers.SerializerMethodField()
    departures = serializers.SerializerMethodField()

    class Meta(ShipmentSerializer.Meta):
        fields = [*ShipmentSerializer.Meta.fields, "lines", "departures"]
        read_only_fields = fields

    @extend_schema_field(LineSerializer(many=True))
    def get_lines(self, row: Shipment) -> list[dict[str, Any]]:
        """The rows of the file."""
        return list(LineSerializer(lines_of(row), many=True).data)

    @extend_schema_field(DepartureSerializer(many=True))
    def get_departures(self, row: Shipment) -> list[dict[str, Any]]:
        """The shipping events; none before the shipment is recorded."""
        return list(DepartureSerializer(shipping_events(row), many=True).data)


def _place(gln: str, organisation: object | None) -> dict[str, str | None]:
    return {"gln": gln, "name": str(organisation) if organisation else None}


def _event(id: object, sealed: Sealed) -> dict[str, str]:
    return {"id": str(id), "anchor_state": sealed.state, "proof": sealed.file}
