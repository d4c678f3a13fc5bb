"""Grants and reads, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.selectors import organisation_names, people_names
from core.models import AuditEvent
from records.models import Consent, ConsentStatement, Custody


@dataclass(frozen=True)
class Grant:
    """One line of the sharing page."""

    consent: Consent

    @property
    def grantee(self) -> str:
        """Who may see it."""
        return str(self.consent.user or self.consent.organisation)

    @property
    def kind(self) -> str:
        """Person or what kind of organisation."""
        organisation = self.consent.organisation
        return str(organisation.get_kind_display()) if organisation else _("Person")

    @property
    def scope(self) -> str:
        """What they may see."""
        return str(self.consent.get_scope_display())

    @property
    def last_day(self) -> date:
        """The last day on which the grant holds."""
        return (self.consent.ends_at - timedelta(seconds=1)).date()

    @property
    def active(self) -> bool:
        """Whether it holds now."""
        return (
            self.consent.status == Consent.Status.ACTIVE and self.consent.ends_at > timezone.now()
        )

    @property
    def ended_words(self) -> str:
        """Why it holds no longer."""
        revoked = self.consent.status == Consent.Status.REVOKED
        return _("Ended by you") if revoked else _("Ran out")

    @property
    def state(self) -> str:
        """How far the seal of the newest statement is."""
        return self.newest.entry.state

    @property
    def sealed_at(self) -> datetime | None:
        """Since when that seal is final."""
        return self.newest.entry.final_at

    @property
    def custody(self) -> str:
        """Who signed the newest statement: the person, or Salus for them."""
        return str(self.newest.get_custody_display())

    @property
    def own(self) -> bool:
        """Whether the person signed it with a key of their own."""
        return self.newest.custody == Custody.OWN

    @property
    def proof_id(self) -> UUID:
        """The commitment whose proof shows the grant, and its end."""
        granted = next(s for s in self._statements if s.number == ConsentStatement.GRANT)
        assert granted.entry.commitment_id is not None
        return granted.entry.commitment_id

    @property
    def proof_url(self) -> str:
        """The page of that proof."""
        return reverse("proof-page", args=[self.proof_id])

    @property
    def newest(self) -> ConsentStatement:
        """The newest statement."""
        return max(self._statements, key=lambda s: s.number)

    @property
    def _statements(self) -> list[ConsentStatement]:
        return list(self.consent.statements.all())


@dataclass(frozen=True)
class Read:
    """Somebody looked, so many times on a day."""

    who: str
    organisation: str
    times: int
    last: datetime
    what: list[str]


@dataclass(frozen=True)
class Day:
    """What was read on a day."""

    day: date
    reads: list[Read]


def _what(event: AuditEvent) -> str:
    name = AuditEvent.Name
    words = {
        name.RECORD_READ: _("opened an entry"),
        name.RECORD_LISTED: _("looked through the record"),
        name.RECORD_WRITTEN: _("added entries"),
        name.PROOF_READ: _("fetched a proof"),
        name.PATIENT_MATCHED: _("looked for somebody with such a name"),
        name.PATIENT_ADMINISTERED: _("looked up who you are"),
    }
    return words.get(name(event.name), "")


def days(events: Iterable[AuditEvent]) -> list[Day]:
    """Events (newest first) grouped by day and person."""
    rows = list(events)
    people = people_names(r.actor_id for r in rows if r.actor_id)
    places = organisation_names(r.organisation_id for r in rows if r.organisation_id)
    found = []
    for day, group in groupby(rows, key=lambda r: timezone.localdate(r.at)):
        by_who: dict[tuple[object, object], list[AuditEvent]] = {}
        for row in group:
            by_who.setdefault((row.actor_id, row.organisation_id), []).append(row)
        found.append(Day(day, [_read(events, people, places) for events in by_who.values()]))
    return found


def _read(events: Sequence[AuditEvent], people: dict[UUID, str], places: dict[UUID, str]) -> Read:
    first = events[0]
    who = people.get(first.actor_id, "") if first.actor_id else _("Salus (import)")
    what = list(dict.fromkeys(_what(e) for e in events))
    place = places.get(first.organisation_id, "") if first.organisation_id else ""
    return Read(who or _("Somebody"), place, len(events), first.at, what)
