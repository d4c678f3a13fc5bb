"""The demo's organisations and sign-ins (DESIGN section 9); every name is made up."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid5

from accounts.models import Organisation, Role
from portal.demo.clinical.people import (
    BRIGHT_LAB,
    CORNER_PHARMACY,
    HARBOUR_HOSPITAL,
    MAPLE_PRACTICE,
    WILLOW_PRACTICE,
)

NAMESPACE: Final = UUID("6d1f6f0c-52f0-4a5e-9a0e-6a1a3c0d5e11")
PASSWORD: Final = "salus-demo"  # noqa: S105 - printed on the demo's sign-in page
# One authenticator app for all whose role needs one; its code stands on the sign-in page.
APP_SECRET: Final = "SALUSDEMOSALUSDEMOSALUSDEMOSALUS"  # noqa: S105 - made up, and shown
Kind = Organisation.Kind


@dataclass(frozen=True)
class DemoOrganisation:
    """An organisation; GLNs begin with 952, which GS1 keeps for examples."""

    id: UUID
    kind: Organisation.Kind
    name: str
    gln: str = ""


def _own(name: str) -> UUID:
    return uuid5(NAMESPACE, name)


HARBOUR = DemoOrganisation(UUID(HARBOUR_HOSPITAL), Kind.HOSPITAL, "Harbour General Hospital (demo)")
WILLOW = DemoOrganisation(
    UUID(WILLOW_PRACTICE), Kind.PRACTICE, "Willow Lane Family Practice (demo)"
)
PAYER = DemoOrganisation(_own("payer"), Kind.INSURER, "Lantern Mutual (demo)")
MAKER = DemoOrganisation(
    _own("maker"), Kind.MANUFACTURER, "Northlight Medicines (demo)", "9521234500018"
)
WHOLESALER = DemoOrganisation(
    _own("wholesaler"), Kind.DISTRIBUTOR, "Longroad Supply (demo)", "9521234500025"
)
PHARMACY = DemoOrganisation(
    UUID(CORNER_PHARMACY), Kind.PHARMACY, "Corner House Pharmacy (demo)", "9521234500032"
)
INSTITUTE = DemoOrganisation(_own("institute"), Kind.RESEARCH, "Fennel Institute (demo)")
ORGANISATIONS: Final = (
    HARBOUR,
    WILLOW,
    DemoOrganisation(UUID(MAPLE_PRACTICE), Kind.PRACTICE, "Maple Square Health Centre (demo)"),
    DemoOrganisation(UUID(BRIGHT_LAB), Kind.LABORATORY, "Bright Laboratory (demo)"),
    PAYER,
    MAKER,
    WHOLESALER,
    PHARMACY,
    INSTITUTE,
)


@dataclass(frozen=True)
class DemoProduct:
    """A medicine; GTINs begin with 952, too."""

    gtin: str
    name: str


PRODUCTS: Final = (
    DemoProduct("09521234000013", "Placebex 10 mg, 30 tablets"),
    DemoProduct("09521234000020", "Imaginol 500 mg, 20 capsules"),
    DemoProduct("09521234000037", "Fictamin 5 mg/ml, 100 ml"),
)


@dataclass(frozen=True)
class DemoPerson:
    """Somebody who can sign in."""

    key: str
    name: str
    role: Role
    organisation: DemoOrganisation | None = None
    # For whom else they act: the switch in the page's head has something to show.
    besides: tuple[tuple[DemoOrganisation, Role], ...] = ()

    @property
    def email(self) -> str:
        """The address to sign in with."""
        return f"{self.key}@salus.example"


PEOPLE: Final = (
    DemoPerson("patient", "Robin Example", Role.PATIENT),
    DemoPerson(
        "clinician",
        "Dr Amal Haddad",
        Role.CLINICIAN,
        HARBOUR,
        besides=((WILLOW, Role.CLINICIAN), (WILLOW, Role.MANAGER)),
    ),
    DemoPerson("payer", "Petra Coverwell", Role.PAYER, PAYER),
    DemoPerson("pharma", "Mika Batchford", Role.PHARMA, MAKER),
    DemoPerson("researcher", "Ola Cohortson", Role.RESEARCHER, INSTITUTE),
    DemoPerson("donor", "Dana Goodturn", Role.DONOR),
    DemoPerson("auditor", "Audrey Tracewell", Role.AUDITOR),
    DemoPerson("admin", "Ada Keyholder", Role.ADMINISTRATOR),
)
