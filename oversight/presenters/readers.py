"""Who read a record, in the words of the person whose record it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import groupby
from typing import Self
from uuid import UUID

from django.utils.functional import Promise
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.selectors import organisation_names
from accounts.viewer import Viewer
from core.audit import Details, own_actor
from core.models import AuditEvent, Purpose
from oversight.presenters.trail import details_told
from oversight.selectors import reader_names
from records.models import Patient
from records.selectors import subjects_of

Name = AuditEvent.Name
# What entries of a type are called, to the person and to who cares for them; the rest is an entry.
Words = tuple[str | Promise, str | Promise]
_RESULTS: Words = (gettext_lazy("your results"), gettext_lazy("the results"))
_MEDICINES: Words = (gettext_lazy("your medicines"), gettext_lazy("the medicines"))
_RECORD: Words = (gettext_lazy("your record"), gettext_lazy("the record"))
_THINGS: dict[str, Words] = {
    "Observation": _RESULTS,
    "DiagnosticReport": _RESULTS,
    "Condition": (gettext_lazy("your conditions"), gettext_lazy("the conditions")),
    "MedicationRequest": _MEDICINES,
    "MedicationStatement": _MEDICINES,
    "AllergyIntolerance": (gettext_lazy("your allergies"), gettext_lazy("the allergies")),
    "Immunization": (gettext_lazy("your vaccinations"), gettext_lazy("the vaccinations")),
    "Encounter": (gettext_lazy("your visits"), gettext_lazy("the visits")),
    "Procedure": (gettext_lazy("your procedures"), gettext_lazy("the procedures")),
    "Patient": (gettext_lazy("who you are"), gettext_lazy("who this is")),
    "summary": (gettext_lazy("your summary"), gettext_lazy("the summary")),
    "trends": (gettext_lazy("your measurements"), gettext_lazy("the measurements")),
    "timeline": (gettext_lazy("your timeline"), gettext_lazy("the timeline")),
}
_DID: dict[Name, Words] = {
    Name.PATIENT_LISTED: (
        gettext_lazy("saw your name in a list of patients"),
        gettext_lazy("saw the name in a list of patients"),
    ),
    Name.RECORD_WRITTEN: (
        gettext_lazy("added entries to your record"),
        gettext_lazy("added entries to the record"),
    ),
    Name.PROOF_READ: (
        gettext_lazy("fetched a proof of your record"),
        gettext_lazy("fetched a proof of the record"),
    ),
    Name.PATIENT_MATCHED: (
        gettext_lazy("found you when looking for somebody like you"),
        gettext_lazy("found this person when looking for somebody like them"),
    ),
    Name.PATIENT_ADMINISTERED: (
        gettext_lazy("looked up who you are"),
        gettext_lazy("looked up who this is"),
    ),
}


@dataclass(frozen=True)
class Read:
    """What somebody did on a day."""

    event: int  # by which it can be asked about
    who: str
    place: str
    did: str
    times: int
    last: datetime
    emergency: bool
    own: bool


@dataclass(frozen=True)
class Day:
    """What was done on a day."""

    day: date
    reads: list[Read]


@dataclass(frozen=True)
class _Known:
    """What a page's rows need to be put into words, in a few queries."""

    patient: Patient
    viewer: Viewer
    people: dict[UUID, str]
    places: dict[UUID, str]
    said: dict[int, Details]

    @classmethod
    def of(cls, rows: Sequence[AuditEvent], patient: Patient, viewer: Viewer) -> Self:
        people = reader_names(patient, (row.actor_id for row in rows if row.actor_id))
        places = organisation_names(row.organisation_id for row in rows if row.organisation_id)
        return cls(patient, viewer, people, places, details_told(rows, subjects_of(patient)))

    def words(self, both: Words) -> str:
        """As one says it to the person, or to who cares for them."""
        own, other = both
        return str(own if self.patient.account_id == self.viewer.user.pk else other)

    @cached_property
    def own(self) -> set[UUID]:
        """How the person who looks at the page is named."""
        return {self.viewer.user.pk, own_actor(self.viewer.user.pk)}


def whole_days(rows: Sequence[AuditEvent], most: int) -> tuple[list[AuditEvent], bool]:
    """At most so many rows, cut where a day begins if any does; and whether there are more."""
    if len(rows) <= most:
        return list(rows), False
    last_day = _day(rows[most])
    whole = [row for row in rows[:most] if _day(row) != last_day]
    return whole or list(rows[:most]), True


def days(rows: Sequence[AuditEvent], patient: Patient, viewer: Viewer) -> list[Day]:
    """Rows of one patient (newest first) by day and person."""
    known, found = _Known.of(rows, patient, viewer), []
    for day, group in groupby(rows, key=_day):
        together: dict[tuple[object, object], list[AuditEvent]] = {}
        for row in group:
            together.setdefault((row.actor_id, row.organisation_id), []).append(row)
        found.append(Day(day, [_read(events, known) for events in together.values()]))
    return found


def single_reads(rows: Sequence[AuditEvent], patient: Patient, viewer: Viewer) -> list[Read]:
    """The same, row by row."""
    known = _Known.of(rows, patient, viewer)
    return [_read([row], known) for row in rows]


def _day(row: AuditEvent) -> date:
    return row.at.astimezone(UTC).date()


def _read(events: Sequence[AuditEvent], known: _Known) -> Read:
    first = events[0]
    own = first.actor_id is not None and first.actor_id in known.own
    return Read(
        event=first.pk,
        who=_who(first.actor_id, known.people, own=own),
        place=known.places.get(first.organisation_id, "") if first.organisation_id else "",
        did=_did(events, known),
        times=len({row.request for row in events}),
        last=first.at,
        emergency=any(row.purpose == Purpose.EMERGENCY for row in events),
        own=own,
    )


def _who(actor: UUID | None, people: dict[UUID, str], *, own: bool) -> str:
    if own:
        return _("You")
    return people.get(actor, _("Somebody who has left")) if actor else _("Salus itself")


def _did(events: Iterable[AuditEvent], known: _Known) -> str:
    """`looked at your results and your summary, and fetched a proof of your record`."""
    looked: dict[str, None] = {}
    other: dict[str, None] = {}
    for row in events:
        if (words := _DID.get(Name(row.name))) is not None:
            other[known.words(words)] = None
        else:
            target = known.said.get(row.pk, Details()).target.partition("/")[0]
            looked[known.words(_THINGS.get(target, _RECORD))] = None
    parts = list(other)
    if looked:
        things = get_text_list(list(looked), _("and"))
        parts.insert(0, _("looked at %(things)s") % {"things": things})
    return str(get_text_list(parts, _("and")))
