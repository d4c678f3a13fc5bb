"""Patients as registrars see them, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import qrcode
from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.fhir.resources import Resource
from records.likeness import Grade
from records.models import ActivationCode, Patient, PatientMerge
from records.presenters.chart import Person
from records.registry import Registered
from records.services.matching import Candidate
from records.services.merging import REASON, UNDONE
from records.services.sealing import opened_words

GRADES: dict[Grade, str | Promise] = {
    Grade.CERTAIN: gettext_lazy("Very likely the same person"),
    Grade.PROBABLE: gettext_lazy("Probably the same person"),
    Grade.POSSIBLE: gettext_lazy("Possibly the same person"),
}
TONES = {Grade.CERTAIN: "bad", Grade.PROBABLE: "warn", Grade.POSSIBLE: "neutral"}


@dataclass(frozen=True)
class PatientLine:
    """A patient in a list."""

    patient: Patient
    resource: Resource
    code: ActivationCode | None = None

    @cached_property
    def person(self) -> Person:
        """Name, age, gender."""
        return Person.of(self.resource, timezone.now().date())

    @property
    def place(self) -> str:
        """Postal code and town."""
        address: Resource = next(iter(self.resource.get("address") or []), {})
        return " ".join(v for v in (address.get("postalCode"), address.get("city")) if v)

    @property
    def street(self) -> str:
        """Street and number."""
        address: Resource = next(iter(self.resource.get("address") or []), {})
        return ", ".join(address.get("line") or [])

    @property
    def contacts(self) -> list[str]:
        """Phone numbers and e-mail addresses."""
        return [str(t["value"]) for t in self.resource.get("telecom") or [] if t.get("value")]

    @property
    def numbers(self) -> list[str]:
        """Identifiers."""
        return [str(i["value"]) for i in self.resource.get("identifier") or [] if i.get("value")]

    @property
    def standing(self) -> str:
        """Whether it is somebody's own record yet."""
        if self.patient.merged_into_id:
            return _("Merged into another record")
        if self.patient.account_id:
            return _("In use by the patient")
        return _("Code printed, not used yet") if self.code else _("No account yet")

    @property
    def words(self) -> str:
        """In one line, to choose from."""
        parts = [self.person.name, self.person.born, self.place]
        return " · ".join(part for part in parts if part)


@dataclass(frozen=True)
class Alike:
    """Somebody who may be the same person."""

    candidate: Candidate
    ours: bool

    @property
    def line(self) -> PatientLine:
        """Who it is."""
        return PatientLine(self.candidate.patient, self.candidate.resource)

    @property
    def words(self) -> str:
        """How likely it is."""
        return str(GRADES[self.candidate.grade])

    @property
    def tone(self) -> str:
        """How much it should be noticed."""
        return TONES[self.candidate.grade]

    @property
    def percent(self) -> int:
        """The score."""
        return round(self.candidate.likeness.score * 100)


@dataclass(frozen=True)
class MergeLine:
    """A merge with both patients."""

    row: PatientMerge
    retired: PatientLine | None
    survivor: PatientLine | None

    @property
    def reason(self) -> str:
        """Why it was proposed."""
        return opened_words(self.row.survivor_id, self.row.sealed_reason, REASON)

    @property
    def decided_words(self) -> str:
        """What was decided."""
        refused = self.row.state == PatientMerge.State.REFUSED
        return _("Refused") if refused else _("Confirmed")

    @property
    def undo_reason(self) -> str:
        """Why it was undone."""
        return opened_words(self.row.survivor_id, self.row.sealed_undo_reason, UNDONE)


def merge_lines(rows: Iterable[PatientMerge], people: Iterable[Registered]) -> list[MergeLine]:
    """Merges with the patients they are about, as far as these can be read."""
    lines = {r.patient.pk: PatientLine(r.patient, r.resource) for r in people}
    return [MergeLine(row, lines.get(row.retired_id), lines.get(row.survivor_id)) for row in rows]


@dataclass(frozen=True)
class CodeSheet:
    """What is printed for a patient."""

    code: str
    last_day: date

    @property
    def address(self) -> str:
        """Where to type it in."""
        return settings.BASE_URL + reverse("activate")

    @cached_property
    def squares(self) -> list[list[bool]]:
        """The QR code: the address, with the code behind the #, which no server gets to see."""
        made = qrcode.QRCode(border=4, error_correction=qrcode.ERROR_CORRECT_M)
        made.add_data(f"{self.address}#{self.code}")
        made.make(fit=True)
        rows: list[list[bool]] = made.get_matrix()
        return rows

    @property
    def size(self) -> int:
        """Squares of a side."""
        return len(self.squares)

    @property
    def path(self) -> str:
        """The dark squares, as an SVG path."""
        return "".join(
            f"M{x} {y}h1v1h-1z"
            for y, row in enumerate(self.squares)
            for x, dark in enumerate(row)
            if dark
        )
