"""The kinds of people and places in the demo data, and the ids that they keep for ever."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid5

# Never change this: every id that the demo data ever gave out hangs on it.
NAMESPACE: Final = UUID("5a1c05de-0000-5000-8000-000000000001")

DAYS_PER_YEAR: Final = 365.25


def demo_id(kind: str, *parts: str) -> str:
    """The same id for the same thing, on every machine and on every run."""
    return str(uuid5(NAMESPACE, "/".join((kind, *parts))))


@dataclass(frozen=True, slots=True)
class Organisation:
    """A place of care; telephone numbers are from the range kept free for fiction."""

    slug: str
    name: str
    kind: str
    phone: str
    street: str
    town: str

    @property
    def id(self) -> str:
        """The FHIR id of the Organization."""
        return demo_id("Organization", self.slug)

    @property
    def location_id(self) -> str:
        """The FHIR id of its only Location."""
        return demo_id("Location", self.slug)


@dataclass(frozen=True, slots=True)
class Clinician:
    """Someone who cares for patients at one organisation."""

    given: str
    family: str
    gender: str
    role: str
    specialty: str
    at: Organisation

    @property
    def slug(self) -> str:
        """A name for use in ids and e-mail addresses."""
        return f"{self.given}.{self.family}".lower()

    @property
    def id(self) -> str:
        """The FHIR id of the Practitioner."""
        return demo_id("Practitioner", self.slug)

    @property
    def name(self) -> str:
        """The name as a patient would write it."""
        title = "Dr " if self.role == "doctor" else ""
        return f"{title}{self.given} {self.family}"


@dataclass(frozen=True, slots=True)
class Person:
    """A patient; the age in years is what stays the same whenever the data is made."""

    given: str
    family: str
    gender: str
    age: float
    phone: str
    street: str
    doctor: Clinician
    language: str = "en"
    guardian: str = ""

    @property
    def slug(self) -> str:
        """A name for use in ids and e-mail addresses."""
        return f"{self.given}.{self.family}".lower()

    @property
    def id(self) -> str:
        """The FHIR id of the Patient."""
        return demo_id("Patient", self.slug)

    @property
    def name(self) -> str:
        """Given name and family name."""
        return f"{self.given} {self.family}"

    def born(self, today: date) -> date:
        """The birth date that makes this person as old as told on `today`."""
        return today - timedelta(days=round(self.age * DAYS_PER_YEAR))
