"""Shipments as people see them: words for states, places by their names."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Organisation
from chain.models import Commitment
from supply.models import EpcisEvent, Shipment, ShipmentLine, ShipmentState
from supply.selectors import ANCHOR_STATES

TONES = {
    ShipmentState.CHECKED: ("info", "pencil"),
    ShipmentState.RECORDING: ("info", "loader-2"),
    ShipmentState.RECORDED: ("good", "check"),
    ShipmentState.FAILED: ("bad", "x"),
}
STEPS: tuple[Promise, ...] = (
    gettext_lazy("Upload"),
    gettext_lazy("Check"),
    gettext_lazy("Record"),
)


@dataclass(frozen=True)
class Column:
    """A column of the file, for those who fill it."""

    name: str
    meaning: str | Promise
    example: str


COLUMN_HELP = (
    Column("gtin", gettext_lazy("The product's number: 8, 12, 13 or 14 digits."), "09521234567899"),
    Column("lot", gettext_lazy("The batch or lot, up to 20 characters."), "L2604A"),
    Column("expiry", gettext_lazy("The day the packs expire: 2027-05-31 or 270531."), "2027-05-31"),
    Column(
        "serial",
        gettext_lazy("One serial, or the first and the last of up to 10,000 with a hyphen."),
        "SN000001-SN000250",
    ),
    Column("from", gettext_lazy("The GLN of your own organisation, 13 digits."), "9521234500018"),
    Column("to", gettext_lazy("The GLN of the place that the packs go to."), "9521234500032"),
)


def place(gln: str, organisation: Organisation | None) -> str:
    """Who is there, or else the place's number."""
    return str(organisation) if organisation else gln


def grouped(count: int) -> str:
    """A count as people write it: 50,000."""
    return number_format(count, force_grouping=True)


@dataclass(frozen=True)
class Shown:
    """A shipment in a list or at the head of its page; from selectors.shipments_of."""

    row: Shipment

    @property
    def url(self) -> str:
        """Its page."""
        return reverse("shipment", args=[self.row.id])

    @property
    def to(self) -> str:
        """Where it goes."""
        if not self.row.recipient_gln:
            return _("several places")
        return place(self.row.recipient_gln, self.row.recipient)

    @property
    def title(self) -> str:
        """What the page is called."""
        return _("Shipment to %(to)s") % {"to": self.to}

    @property
    def lines(self) -> str:
        """How many rows the file has."""
        return grouped(self.row.line_count)

    @property
    def packages(self) -> str:
        """How many packages they are."""
        return grouped(self.row.package_count)

    @property
    def products(self) -> str:
        """Of how many products."""
        return grouped(self.row.product_count)

    @property
    def state(self) -> str:
        """Its state, in a word."""
        return str(ShipmentState(self.row.state).label)

    @property
    def tone(self) -> str:
        """The state's colour."""
        return TONES[ShipmentState(self.row.state)][0]

    @property
    def icon(self) -> str:
        """The state's picture."""
        return TONES[ShipmentState(self.row.state)][1]

    @property
    def anchor(self) -> str:
        """How far the seal of its least advanced event is; "" without events."""
        rank: int | None = getattr(self.row, "anchor", None)
        return "" if rank is None else ANCHOR_STATES[rank].value

    @property
    def sealed_at(self) -> datetime | None:
        """When the last of its events was sealed for good."""
        at: datetime | None = getattr(self.row, "sealed_at", None)
        return at if self.anchor == "final" else None


@dataclass(frozen=True)
class Sealed:
    """How far one event's seal is, and where its proof is."""

    commitment: Commitment

    @property
    def state(self) -> str:
        """As the ledger says."""
        return self.commitment.state.value

    @property
    def at(self) -> datetime | None:
        """When it became final."""
        return self.commitment.batch.final_at if self.commitment.batch else None

    @property
    def file(self) -> str:
        """The proof file."""
        return reverse("proof", args=[self.commitment.id])

    @property
    def page(self) -> str:
        """The page that explains the proof."""
        return reverse("proof-page", args=[self.commitment.id])


@dataclass(frozen=True)
class ShownLine:
    """A row of the file."""

    row: ShipmentLine

    @property
    def packages(self) -> str:
        """How many they are."""
        return grouped(self.row.quantity)

    @property
    def to(self) -> str:
        """Where its packages go."""
        return place(self.row.to_gln, self.row.recipient)

    @property
    def sealed(self) -> Sealed | None:
        """The seal of its commissioning event; none in a draft."""
        event: EpcisEvent | None = getattr(self.row, "event", None)
        return Sealed(event.commitment) if event else None


@dataclass(frozen=True)
class Departure:
    """A shipping event: all packages that go to one place."""

    row: EpcisEvent

    @property
    def to(self) -> str:
        """Where they go."""
        return place(self.row.to_gln, self.row.recipient)

    @property
    def sealed(self) -> Sealed:
        """The event's seal."""
        return Sealed(self.row.commitment)


def shown_lines(rows: Iterable[ShipmentLine]) -> list[ShownLine]:
    """Lines for a table."""
    return [ShownLine(row) for row in rows]
