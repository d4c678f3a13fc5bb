"""Notices, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Notice
from accounts.selectors import organisation_names, people_names
from core.registry import Told, registry


@dataclass(frozen=True)
class Shown:
    """One notice as a person reads it."""

    row: Notice
    text: str
    icon: str
    url: str
    timed: bool = True  # whether it is kept at what time of the day it happened

    @property
    def unread(self) -> bool:
        """Whether the person has not seen it yet."""
        return self.row.read_at is None

    @property
    def at(self) -> datetime:
        """When it last happened."""
        return timezone.localtime(self.row.last_at)


@dataclass(frozen=True)
class Day:
    """What somebody was told of on a day."""

    day: date
    notices: list[Shown]


def shown(notices: Iterable[Notice]) -> list[Shown]:
    """Notices in words, with two queries for all names; those of an app that is gone are left out."""
    rows = list(notices)
    people = people_names(row.actors[-1] for row in rows if row.actors)
    places = organisation_names(row.organisation_id for row in rows if row.organisation_id)
    found = []
    for row in rows:
        kind = registry.notice_type(row.type)
        if kind is not None:
            told = Told(_who(row, people, places), len(row.actors) - 1, row.count, row.about)
            url = kind.url(row.about)
            found.append(Shown(row, kind.words(told), kind.icon, url, timed=not kind.discreet))
    return found


def _who(row: Notice, people: dict[UUID, str], places: dict[UUID, str]) -> str:
    name = people.get(row.actors[-1], "") if row.actors else ""
    place = places.get(row.organisation_id, "") if row.organisation_id else ""
    if name and place:
        return _("%(name)s (%(organisation)s)") % {"name": name, "organisation": place}
    return name or place or _("Somebody")


def by_day(notices: Sequence[Shown]) -> list[Day]:
    """Grouped by day, in the order that they have."""
    days = groupby(notices, key=lambda one: one.at.date())
    return [Day(day, list(group)) for day, group in days]
