"""The demo's sign-ins: one made-up person per role, and the moment worth seeing in it."""

from dataclasses import dataclass
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Role

PASSWORD: Final = "salus-demo"  # noqa: S105 - public by design, see DESIGN section 9


@dataclass(frozen=True, slots=True)
class DemoRole:
    """A demo person as a card: who it is, what to do there, and the page where that starts."""

    key: Role
    email: str
    person: str
    organisation: str
    moment: str | Promise
    description: str | Promise
    icon: str
    path: str = "/dashboard/"

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
        "patient@salus.example",
        "Robin Example",
        "",
        _("Share this record"),
        _("Give a doctor a look at your record, for as long as you like. Then take it back."),
        "heart-handshake",
        "/sharing/",
    ),
    DemoRole(
        Role.CLINICIAN,
        "clinician@salus.example",
        "Amal Haddad",
        "Harbour General Hospital",
        _("Read a shared record"),
        _("Open what a patient has shared with you. The patient sees that you read it."),
        "stethoscope",
        "/patients/",
    ),
    DemoRole(
        Role.PHARMA,
        "pharma@salus.example",
        "Mika Batchford",
        "Northlight Medicines",
        _("Upload a shipment"),
        _("Hand in a delivery and follow every pack from the maker to the pharmacy."),
        "truck-delivery",
        "/shipments/upload/",
    ),
    DemoRole(
        Role.PAYER,
        "payer@salus.example",
        "Petra Coverwell",
        "Lantern Mutual",
        _("See what was shared"),
        _("Read the records that patients shared with this insurer. Claims are not built yet."),
        "umbrella",
    ),
    DemoRole(
        Role.RESEARCHER,
        "researcher@salus.example",
        "Ola Cohortson",
        "Fennel Institute",
        _("See what was shared"),
        _("Read the records that patients shared with this institute. Studies are not built yet."),
        "microscope",
    ),
    DemoRole(
        Role.DONOR,
        "donor@salus.example",
        "Dana Goodturn",
        "",
        _("Look at the ledger"),
        _("Check any proof and look through the public ledger. Campaigns are not built yet."),
        "gift",
    ),
    DemoRole(
        Role.AUDITOR,
        "auditor@salus.example",
        "Audrey Tracewell",
        "",
        _("See who read what"),
        _("Go through who read which record, when, and on what grounds."),
        "list-search",
    ),
    DemoRole(
        Role.ADMINISTRATOR,
        "admin@salus.example",
        "Ada Keyholder",
        "",
        _("See how Salus is doing"),
        _("Look at the health of every part: the data store, the ledger, the work that waits."),
        "heartbeat",
    ),
)
