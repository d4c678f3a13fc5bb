"""Products, shipments with their lines and packages, and the EPCIS events that tell of them."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from chain.models import Commitment
from core.check_digits import GLN_LENGTH
from supply.gs1 import LONGEST, Serial
from supply.serials import Serials

GTIN = 14  # digits of a stored GTIN
IS_GTIN = r"^[0-9]{14}$"


class Product(models.Model):
    """A medicine in one pack size, and who makes it."""

    gtin = models.CharField(_("GTIN"), max_length=GTIN, unique=True)
    name = models.CharField(_("name"), max_length=200)
    manufacturer = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="products"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="product_gtin_is_14_digits", condition=Q(gtin__regex=IS_GTIN)
            )
        ]

    def __str__(self) -> str:
        return self.name


class ShipmentState(models.TextChoices):
    """How far an uploaded shipment is, in the words that people see."""

    CHECKED = "checked", _("draft")
    RECORDING = "recording", _("being recorded")
    RECORDED = "recorded", _("recorded")
    FAILED = "failed", _("not recorded")


class Shipment(models.Model):
    """An uploaded file: a checked draft first, then recorded as a whole or not at all."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sender = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="shipments")
    # The one destination of all lines; none where they go to several places.
    recipient_gln = models.CharField(max_length=GLN_LENGTH, blank=True)
    recipient = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="deliveries"
    )
    state = models.CharField(
        max_length=9, choices=ShipmentState.choices, default=ShipmentState.CHECKED
    )
    line_count = models.PositiveIntegerField()
    package_count = models.PositiveIntegerField()
    product_count = models.PositiveIntegerField()
    # Why it failed: a list of {place, text}.
    problems = models.JSONField(default=list)
    restarts = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="uploaded_shipments"
    )
    confirmed_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="confirmed_shipments"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)
    recorded_at = models.DateTimeField(null=True)

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        ShipmentState.CHECKED: frozenset({ShipmentState.RECORDING}),
        ShipmentState.RECORDING: frozenset({ShipmentState.RECORDED, ShipmentState.FAILED}),
        ShipmentState.RECORDED: frozenset(),
        ShipmentState.FAILED: frozenset(),
    }

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="shipment_state_known", condition=Q(state__in=ShipmentState.values)
            ),
            models.CheckConstraint(
                name="shipment_confirmed_at_unless_draft",
                condition=Q(state="checked") ^ Q(confirmed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="shipment_recorded_at_with_recorded",
                condition=Q(state="recorded") ^ Q(recorded_at=None),
            ),
            models.CheckConstraint(
                name="shipment_problems_with_failed",
                condition=Q(state="failed") ^ Q(problems=[]),
            ),
        ]
        indexes = [
            models.Index(fields=["sender", "-created_at"], name="shipment_newest"),
            models.Index(
                fields=["confirmed_at"], name="shipment_open", condition=Q(state="recording")
            ),
        ]

    def advance(self, state: ShipmentState, **fields: Any) -> None:
        """Take a step that the table allows, and save it; the caller holds the row's lock."""
        if state not in self.TRANSITIONS[self.state]:
            raise ValueError(f"a shipment can't go from {self.state} to {state}")
        self.state = state
        for name, value in fields.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])


class ShipmentLine(models.Model):
    """A row of the file: packages of one lot that go from one place to another."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="lines")
    row = models.PositiveIntegerField()
    product = models.ForeignKey(
        Product, to_field="gtin", db_column="gtin", on_delete=models.PROTECT, related_name="lines"
    )
    lot = models.CharField(max_length=LONGEST)
    expiry = models.DateField()
    serial_first = models.CharField(max_length=LONGEST)
    serial_last = models.CharField(max_length=LONGEST)
    quantity = models.PositiveIntegerField()
    from_gln = models.CharField(max_length=GLN_LENGTH)
    to_gln = models.CharField(max_length=GLN_LENGTH)
    recipient = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="incoming_lines"
    )

    class Meta:
        ordering = ["row"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "row"], name="shipment_line_row_once"),
            models.CheckConstraint(name="shipment_line_has_packages", condition=Q(quantity__gte=1)),
        ]

    @property
    def gtin(self) -> str:
        """The product's GTIN."""
        return self.product_id

    @property
    def serials(self) -> Serials:
        """The line's serials."""
        return Serials(Serial(self.serial_first), Serial(self.serial_last))


class Item(models.Model):
    """One package: a serial of a product exists once, whoever claims it."""

    gtin = models.CharField(max_length=GTIN)
    serial = models.CharField(max_length=LONGEST)
    lot = models.CharField(max_length=LONGEST)
    expiry = models.DateField()
    line = models.ForeignKey(ShipmentLine, on_delete=models.PROTECT, related_name="items")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gtin", "serial"], name="item_serial_once"),
            models.CheckConstraint(name="item_gtin_is_14_digits", condition=Q(gtin__regex=IS_GTIN)),
        ]


class EpcisEvent(models.Model):
    """An EPCIS 2.0 event: canonical bytes, never rebuilt, and their commitment."""

    class Kind(models.TextChoices):
        """What the event tells."""

        COMMISSIONING = "commissioning", _("made")
        SHIPPING = "shipping", _("sent")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    document = models.BinaryField()
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="epcis_events"
    )
    recipient = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="incoming_epcis_events"
    )
    shipment = models.ForeignKey(Shipment, on_delete=models.PROTECT, related_name="events")
    # Commissioning is told line by line, shipping of all lines with one destination together.
    line = models.OneToOneField(
        ShipmentLine, on_delete=models.PROTECT, null=True, related_name="event"
    )
    to_gln = models.CharField(max_length=GLN_LENGTH)
    commitment = models.OneToOneField(
        Commitment, on_delete=models.PROTECT, related_name="epcis_event"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="epcis_event_commissioning_has_line",
                condition=Q(kind="commissioning", line__isnull=False)
                | Q(kind="shipping", line=None),
            )
        ]
