"""Who read a record, in the words of the person whose record it is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import groupby
from typing import Self
from uuid import UUID

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.selectors import organisation_names, people_names
from core.audit import Details, details_of, own_actor
from core.keys import Owner, Tampered, sealers_for
from core.models import AuditEvent, Purpose
from records.models import Patient

Name = AuditEvent.Name
# What entries of a type are called; everything else is an entry.
_THINGS = {
    "Observation": gettext_lazy("your results"),
    "DiagnosticReport": gettext_lazy("your results"),
    "Condition": gettext_lazy("your conditions"),
    "MedicationRequest": gettext_lazy("your medicines"),
    "MedicationStatement": gettext_lazy("your medicines"),
    "AllergyIntolerance": gettext_lazy("your allergies"),
    "Immunization": gettext_lazy("your vaccinations"),
    "Encounter": gettext_lazy("your visits"),
    "Procedure": gettext_lazy("your procedures"),
    "Patient": gettext_lazy("who you are"),
    "summary": gettext_lazy("your summary"),
    "trends": gettext_lazy("your measurements"),
    "timeline": gettext_lazy("your timeline"),
}
_DID = {
    Name.PATIENT_LISTED: gettext_lazy("saw your name in a list of patients"),
    Name.RECORD_WRITTEN: gettext_lazy("added entries to your record"),
    Name.PROOF_READ: gettext_lazy("fetched a proof of your record"),
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
    people: dict[UUID, str]
    places: dict[UUID, str]
    said: dict[int, Details]

    @classmethod
    def of(cls, rows: Sequence[AuditEvent], patient: Patient) -> Self:
        people = people_names(row.actor_id for row in rows if row.actor_id)
        places = organisation_names(row.organisation_id for row in rows if row.organisation_id)
        return cls(patient, people, places, _details(rows, patient))

    @cached_property
    def own(self) -> set[UUID]:
        """How the person themselves is named."""
        account = self.patient.account_id
        return {account, own_actor(account)} if account else set()


def whole_days(rows: Sequence[AuditEvent], most: int) -> tuple[list[AuditEvent], bool]:
    """At most so many rows, cut where a day begins if any does; and whether there are more."""
    if len(rows) <= most:
        return list(rows), False
    last_day = _day(rows[most])
    whole = [row for row in rows[:most] if _day(row) != last_day]
    return whole or list(rows[:most]), True


def days(rows: Sequence[AuditEvent], patient: Patient) -> list[Day]:
    """Rows of one patient (newest first) by day and person."""
    known, found = _Known.of(rows, patient), []
    for day, group in groupby(rows, key=_day):
        together: dict[tuple[object, object], list[AuditEvent]] = {}
        for row in group:
            together.setdefault((row.actor_id, row.organisation_id), []).append(row)
        found.append(Day(day, [_read(events, known) for events in together.values()]))
    return found


def single_reads(rows: Sequence[AuditEvent], patient: Patient) -> list[Read]:
    """The same, row by row."""
    known = _Known.of(rows, patient)
    return [_read([row], known) for row in rows]


def _day(row: AuditEvent) -> date:
    return row.at.astimezone(UTC).date()


def _details(rows: Sequence[AuditEvent], patient: Patient) -> dict[int, Details]:
    owner = Owner.patient(patient.pk)
    sealer = sealers_for([owner]).get(owner)
    if sealer is None:
        return {}
    found = {}
    for row in rows:
        try:
            found[row.pk] = details_of(row, sealer)
        except Tampered:
            continue
    return found


def _read(events: Sequence[AuditEvent], known: _Known) -> Read:
    first = events[0]
    own = first.actor_id is not None and first.actor_id in known.own
    return Read(
        event=first.pk,
        who=_who(first.actor_id, known.people, own=own),
        place=known.places.get(first.organisation_id, "") if first.organisation_id else "",
        did=_did(events, known.said),
        times=len({row.request for row in events}),
        last=first.at,
        emergency=any(row.purpose == Purpose.EMERGENCY for row in events),
        own=own,
    )


def _who(actor: UUID | None, people: dict[UUID, str], *, own: bool) -> str:
    if own:
        return _("You")
    return people.get(actor, _("Somebody who has left")) if actor else _("Salus itself")


def _did(events: Iterable[AuditEvent], said: dict[int, Details]) -> str:
    """`looked at your results and your summary, and fetched a proof of your record`."""
    looked: dict[str, None] = {}
    other: dict[str, None] = {}
    for row in events:
        if (words := _DID.get(Name(row.name))) is not None:
            other[str(words)] = None
        else:
            target = said.get(row.pk, Details()).target.partition("/")[0]
            looked[str(_THINGS.get(target, _("your record")))] = None
    parts = list(other)
    if looked:
        things = get_text_list(list(looked), _("and"))
        parts.insert(0, _("looked at %(things)s") % {"things": things})
    return str(get_text_list(parts, _("and")))
