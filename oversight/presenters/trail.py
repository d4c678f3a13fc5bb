"""Rows of the trail as auditors see them: patients by pseudonym, and never by their name."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Role
from accounts.selectors import organisation_names, people_names
from core.audit import Details, details_of
from core.keys import KeyDestroyed, Owner, Sealer, Tampered, sealer_for
from core.models import AuditEvent
from oversight.rows import instant
from oversight.selectors import own_pseudonyms
from records.models import Patient

SHORT = 8  # characters of a pseudonym that are enough to tell people apart on a page


@dataclass(frozen=True)
class EventRow:
    """A row for a page, a copy or the API."""

    event: AuditEvent
    who: str
    place: str
    details: Details

    @property
    def id(self) -> int:
        """Of the row."""
        return self.event.pk

    @property
    def at(self) -> datetime:
        """When."""
        return self.event.at

    @property
    def what(self) -> str:
        """What happened, in words."""
        return str(self.event.get_name_display())

    @property
    def role(self) -> str:
        """In which role."""
        return self.event.role

    @property
    def purpose(self) -> str:
        """What for, in words."""
        return str(self.event.get_purpose_display()) if self.event.purpose else ""

    @property
    def patient(self) -> UUID | None:
        """The patient's pseudonym."""
        return self.event.subject

    @property
    def patient_short(self) -> str:
        """Its beginning."""
        return str(self.event.subject)[:SHORT] if self.event.subject else ""

    @property
    def said(self) -> str:
        """On what, with which parameters, for what reason: where it is about no patient."""
        parts = [self.details.target, self.details.reason]
        parts += [f"{name}: {value}" for name, value in self.details.parameters.items()]
        return ", ".join(part for part in parts if part)

    @property
    def columns(self) -> dict[str, object]:
        """As copies and the API have it."""
        event = self.event
        return {
            "id": event.pk,
            "at": instant(event.at),
            "request": str(event.request),
            "event": event.name,
            "who": self.who,
            "organisation": self.place,
            "role": event.role,
            "patient": str(event.subject) if event.subject else None,
            "count": event.count,
            "purpose": event.purpose,
            "channel": event.channel,
            "network": event.network,
            "details": self.said,
        }


def event_rows(events: Sequence[AuditEvent], *, patient: Patient | None = None) -> list[EventRow]:
    """With names; a patient's own is left out, since it would unmask all of their rows.

    For the `patient` themselves, what lies under their key is opened.
    """
    actors = {row.actor_id for row in events if row.actor_id}
    own, people = own_pseudonyms(actors), people_names(actors)
    places = organisation_names(row.organisation_id for row in events if row.organisation_id)
    owner = Owner.patient(patient.pk) if patient else Owner.portal()
    readable = [row for row in events if row.details and (row.subject is not None) == bool(patient)]
    sealer = _sealer(owner) if readable else None
    legible = {row.pk: _details(row, sealer) for row in readable}
    return [
        EventRow(
            row,
            _who(row, people, own),
            places.get(row.organisation_id, "") if row.organisation_id else "",
            legible.get(row.pk, Details()),
        )
        for row in events
    ]


def _who(row: AuditEvent, people: dict[UUID, str], own: dict[UUID, UUID]) -> str:
    if row.actor_id is None:
        return "Salus"
    if row.role == Role.PATIENT or (row.subject and own.get(row.actor_id) == row.subject):
        return _("A patient")
    return people.get(row.actor_id, _("Somebody who has left"))


def _sealer(owner: Owner) -> Sealer | None:
    try:
        return sealer_for(owner)
    except KeyDestroyed:
        return None


def _details(row: AuditEvent, sealer: Sealer | None) -> Details:
    if sealer is None:
        return Details()
    try:
        return details_of(row, sealer)
    except Tampered:
        return Details(reason=_("This can't be read any more."))


def in_rows(chunks: Iterable[Sequence[AuditEvent]]) -> Iterator[EventRow]:
    """Rows of many chunks, one after the other."""
    for chunk in chunks:
        yield from event_rows(chunk)
