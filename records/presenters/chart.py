"""A patient's record as a page: summary, trends, timeline."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.fhir.resources import Resource
from records.presenters.clinical import (
    Entry,
    category_of,
    code_of,
    day_words,
    interpretation,
    range_words,
    value_words,
)
from records.selectors import Opened, display_name

NEWEST = 8  # rows of a summary card; the rest is in the timeline
ENDED = {"resolved", "inactive", "remission"}


@dataclass(frozen=True)
class Measure:
    """A vital sign that can be drawn: which codes it has, and how its lines are called."""

    key: str
    label: str | Promise
    codes: tuple[str, ...]
    # LOINC code of a component, and the line's name; empty: the value itself.
    parts: tuple[tuple[str, str | Promise], ...] = ()


MEASURES = (
    Measure(
        "blood-pressure",
        gettext_lazy("Blood pressure"),
        ("85354-9", "55284-4"),
        (("8480-6", gettext_lazy("Upper value")), ("8462-4", gettext_lazy("Lower value"))),
    ),
    Measure("weight", gettext_lazy("Body weight"), ("29463-7",)),
    Measure("heart-rate", gettext_lazy("Heart rate"), ("8867-4",)),
    Measure("bmi", gettext_lazy("Body mass index"), ("39156-5",)),
    Measure("height", gettext_lazy("Body height"), ("8302-2",)),
    Measure("hba1c", gettext_lazy("Long-term blood sugar (HbA1c)"), ("4548-4",)),
    Measure("ldl", gettext_lazy("LDL cholesterol"), ("18262-6", "13457-7", "2089-1")),
    Measure("creatinine", gettext_lazy("Creatinine"), ("2160-0", "38483-4")),
    Measure("oxygen", gettext_lazy("Oxygen saturation"), ("59408-5", "2708-6")),
)


@dataclass(frozen=True)
class Reading:
    """The newest value of a measurement or test."""

    entry: Entry
    value: str
    range: str
    level: str


@dataclass(frozen=True)
class Person:
    """The head of a chart."""

    name: str
    born: str
    age: int | None
    gender: str

    @classmethod
    def of(cls, resource: Resource | None, today: date) -> "Person":
        """From a Patient resource, or without one."""
        if resource is None:
            return cls(_("Name not shared"), "", None, "")
        words = {"female": _("female"), "male": _("male"), "other": _("other")}
        return cls(
            display_name(resource),
            day_words(str(resource.get("birthDate", ""))),
            _age(str(resource.get("birthDate", "")), today),
            words.get(str(resource.get("gender", "")), ""),
        )


def _age(born: str, today: date) -> int | None:
    try:
        day = date.fromisoformat(born)
    except ValueError:
        return None
    return today.year - day.year - ((today.month, today.day) < (day.month, day.day))


@dataclass(frozen=True)
class Summary:
    """The first page of a record."""

    conditions: list[Entry]
    medicines: list[Entry]
    allergies: list[Entry]
    vaccinations: list[Entry]
    vitals: list[Reading]
    results: list[Reading]


def entries(found: Iterable[Opened]) -> list[Entry]:
    """All entries, newest first."""
    return sorted(
        (Entry(o) for o in found), key=lambda e: (e.time, e.opened.version.pk), reverse=True
    )


def summary(rows: Sequence[Entry]) -> Summary:
    """What counts now, from all entries (newest first)."""
    return Summary(
        conditions=[e for e in rows if e.type == "Condition" and not _ended(e.resource)],
        medicines=_once(
            e
            for e in rows
            if e.type == "MedicationRequest" and e.resource.get("status") == "active"
        ),
        allergies=_once(e for e in rows if e.type == "AllergyIntolerance"),
        vaccinations=[e for e in rows if e.type == "Immunization"][:NEWEST],
        vitals=_newest(rows, "vital-signs"),
        results=_newest(rows, "laboratory"),
    )


def _ended(resource: Resource) -> bool:
    codings = (resource.get("clinicalStatus") or {}).get("coding") or [{}]
    return codings[0].get("code") in ENDED or "abatementDateTime" in resource


def _once(rows: Iterable[Entry]) -> list[Entry]:
    seen: dict[str, Entry] = {}
    for entry in rows:
        seen.setdefault(entry.title, entry)
    return list(seen.values())


def _newest(rows: Sequence[Entry], category: str) -> list[Reading]:
    found: dict[str, Reading] = {}
    for entry in rows:
        if entry.type != "Observation" or category_of(entry.resource) != category:
            continue
        code = code_of(entry.resource)
        if code not in found and (value := value_words(entry.resource)):
            found[code] = Reading(
                entry, value, range_words(entry.resource), interpretation(entry.resource)
            )
    return list(found.values())[:NEWEST]


# -- trends ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trend:
    """One measure over time, ready to be drawn."""

    measure: Measure
    unit: str
    series: list[dict[str, Any]]
    count: int


def trends(rows: Sequence[Entry]) -> list[Trend]:
    """Every measure of which there are at least two readings."""
    found = [_trend(measure, rows) for measure in MEASURES]
    return [t for t in found if t.count >= 2]


def _trend(measure: Measure, rows: Sequence[Entry]) -> Trend:
    readings = [
        e
        for e in reversed(rows)
        if e.type == "Observation" and e.time and code_of(e.resource) in measure.codes
    ]
    parts = measure.parts or (("", measure.label),)
    series = [{"name": str(name), "points": _points(readings, code)} for code, name in parts]
    unit = next((u for e in readings for u in [_unit(e.resource)] if u), "")
    return Trend(measure, unit, series, max((len(s["points"]) for s in series), default=0))


def _points(readings: Sequence[Entry], code: str) -> list[list[Any]]:
    points = []
    for entry in readings:
        quantity = _part(entry.resource, code).get("valueQuantity") or {}
        value = quantity.get("value")
        if isinstance(value, Decimal | int):
            points.append([entry.time[:10], round(float(value), 2)])
    return points


def _part(resource: Resource, code: str) -> Resource:
    if not code:
        return resource
    parts: list[Resource] = resource.get("component") or []
    return next((c for c in parts if code_of(c) == code), {})


def _unit(resource: Resource) -> str:
    quantity = resource.get("valueQuantity")
    if quantity is None:
        first: Resource = next(iter(resource.get("component") or []), {})
        quantity = first.get("valueQuantity")
    return str((quantity or {}).get("unit", ""))


# -- timeline --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Day:
    """The entries of one day, and who wrote them."""

    day: str
    places: list[str]
    entries: list[Entry]


@dataclass(frozen=True)
class Year:
    """The days of one year."""

    year: str
    days: list[Day]


def by_year(rows: Iterable[Entry], names: Mapping[str, str]) -> list[Year]:
    """Group entries that are sorted by time; `names` of organisations by `Organization/id`."""
    return [
        Year(year, [_day(day, list(found), names) for day, found in groupby(group, _day_of)])
        for year, group in groupby(rows, key=lambda e: e.year)
    ]


def _day_of(entry: Entry) -> str:
    return entry.day


def _day(day: str, found: list[Entry], names: Mapping[str, str]) -> Day:
    places = (names.get(f"Organization/{e.organisation_id}", "") for e in found)
    return Day(day, [place for place in dict.fromkeys(places) if place], found)


FILTERS: tuple[tuple[str, str | Promise, tuple[str, ...]], ...] = (
    ("all", gettext_lazy("Everything"), ()),
    ("visits", gettext_lazy("Visits"), ("Encounter", "Procedure")),
    ("conditions", gettext_lazy("Conditions"), ("Condition", "AllergyIntolerance")),
    ("results", gettext_lazy("Measurements and tests"), ("Observation", "DiagnosticReport")),
    ("medicines", gettext_lazy("Medicines"), ("MedicationRequest", "Immunization")),
    ("documents", gettext_lazy("Documents and plans"), ("DocumentReference", "CarePlan", "Goal")),
)
