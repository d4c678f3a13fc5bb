"""The demo's sign-ins: one made-up person per role, and the moment worth seeing in it."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from portal.demo.people import PEOPLE, DemoPerson


@dataclass(frozen=True, slots=True)
class DemoRole:
    """A demo person as a card: who it is, what to do there, and the page where that starts."""

    key: Role
    moment: str | Promise
    description: str | Promise
    icon: str
    path: str = "/dashboard/"

    @property
    def who(self) -> DemoPerson:
        """The person behind the card."""
        return next(person for person in PEOPLE if person.role == self.key)

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return self.who.email

    @property
    def person(self) -> str:
        """The person's name."""
        return self.who.name

    @property
    def organisation(self) -> str:
        """For whom the person acts."""
        return self.who.organisation.name if self.who.organisation else ""

    @property
    def title(self) -> str | Promise:
        """The role's name."""
        return self.key.label

    @property
    def featured(self) -> bool:
        """Whether the card leads straight to a page of its own."""
        return self.path != "/dashboard/"


DEMO_ROLES: Final = (
    DemoRole(
        Role.PATIENT,
        _("Share this record"),
        _("Give a doctor a look at your record, for as long as you like. Then take it back."),
        "heart-handshake",
        "/sharing/",
    ),
    DemoRole(
        Role.CLINICIAN,
        _("Read a shared record"),
        _("Open what a patient has shared with you. The patient sees that you read it."),
        "stethoscope",
        "/patients/",
    ),
    DemoRole(
        Role.REGISTRAR,
        _("Register a patient"),
        _("Write down who somebody is, find doubles, and print the code that opens the record."),
        "user-plus",
        "/registration/",
    ),
    DemoRole(
        Role.PHARMA,
        _("Upload a shipment"),
        _("Hand in a delivery and follow every pack from the maker to the pharmacy."),
        "truck-delivery",
        "/shipments/upload/",
    ),
    DemoRole(
        Role.PAYER,
        _("See what was shared"),
        _("Read the records that patients shared with this insurer. Claims are not built yet."),
        "umbrella",
    ),
    DemoRole(
        Role.RESEARCHER,
        _("See what was shared"),
        _("Read the records that patients shared with this institute. Studies are not built yet."),
        "microscope",
    ),
    DemoRole(
        Role.DONOR,
        _("Look at the ledger"),
        _("Check any proof and look through the public ledger. Campaigns are not built yet."),
        "gift",
    ),
    DemoRole(
        Role.AUDITOR,
        _("See who read what"),
        _("Go through who read which record, when, and on what grounds."),
        "list-search",
    ),
    DemoRole(
        Role.ADMINISTRATOR,
        _("See how Salus is doing"),
        _("Look at the health of every part: the data store, the ledger, the work that waits."),
        "heartbeat",
    ),
)
