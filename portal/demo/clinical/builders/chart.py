"""One patient's chart while the story is being told."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from portal.demo.clinical.builders.curve import Curve
from portal.demo.clinical.builders.datatypes import Json, concept, organisation, practitioner
from portal.demo.clinical.codes import HL7, Code
from portal.demo.clinical.identity import DAYS_PER_YEAR, Person, demo_id
from portal.demo.clinical.measures import Measure

LANGUAGES = {"en": "English", "ar": "Arabic", "es": "Spanish"}
MEDICAL_RECORD = Code(HL7 + "v2-0203", "MR", "Medical record number")


class Chart:
    """Collects a patient's resources and knows their measurements on any day."""

    def __init__(self, person: Person, *, today: date, seed: int) -> None:
        self.person = person
        self.today = today
        # A margin, so that nothing lies ahead for readers in any time zone.
        self.latest = today - timedelta(days=3)
        self.born = person.born(today)
        # Each person has their own stream: changing one story leaves the others as they were.
        self.rng = Random(f"{seed}/{person.slug}")  # noqa: S311 - nothing here is secret
        self._curves: dict[Measure, Curve] = {}
        self._counts: Counter[str] = Counter()
        self._resources: list[tuple[datetime, Json]] = []
        birth = datetime.combine(self.born, time(0, 0), tzinfo=UTC)
        self.subject: Json = {"reference": self.add(_patient(person, self.born), at=birth)}

    def add(self, resource: Json, *, at: datetime) -> str:
        """Give the resource its id and keep it; returns what others refer to it by."""
        kind = str(resource["resourceType"])
        self._counts[kind] += 1
        number = str(self._counts[kind])
        own = self.person.id if kind == "Patient" else demo_id(kind, self.person.slug, number)
        self._resources.append((at, {"resourceType": kind, "id": own, **resource}))
        return f"urn:uuid:{own}"

    def resources(self) -> Iterator[Json]:
        """Everything in the order in which it happened, the patient first."""
        return (resource for _, resource in sorted(self._resources, key=lambda pair: pair[0]))

    def ago(self, years: float) -> date:
        """The day that many years before today."""
        return self.today - timedelta(days=round(years * DAYS_PER_YEAR))

    def aged(self, years: float) -> date:
        """The day on which the person was that old."""
        return self.born + timedelta(days=round(years * DAYS_PER_YEAR))

    def every(self, months: float, *, since: float, until: float = 0.06) -> list[date]:
        """Days about so many months apart, from `since` to `until` years ago."""
        steps = round((since - until) * 12 / months)
        years = [since - (since - until) * step / steps for step in range(steps + 1)]
        return [self.ago(year) - timedelta(days=self.rng.randint(0, 9)) for year in years]

    def autumns(self, *, since: float) -> list[date]:
        """One day in each October that lies in the last `since` years."""
        first = self.ago(since)
        years = range(first.year, self.today.year + 1)
        days = [date(year, 10, self.rng.randint(2, 29)) for year in years]
        return [day for day in days if first <= day <= self.latest]

    def trend(
        self, measure: Measure, *knots: tuple[float | date, float], jitter: float | None = None
    ) -> None:
        """Let the measure run through these points; each is a day, or years before today."""
        dated = sorted((self._day(when), value) for when, value in knots)
        spread = measure.jitter if jitter is None else jitter
        self._curves[measure] = Curve(tuple(dated), spread, self.rng.random())

    def value(self, measure: Measure, day: date) -> Decimal:
        """What is measured on that day, in the measure's written precision."""
        if measure not in self._curves:
            own = measure.typical + self.rng.uniform(-1, 1) * measure.jitter
            self.trend(measure, (self.born, own))
        raw = min(max(self._curves[measure].at(day, self.rng), 0), measure.ceiling)
        return Decimal(raw).quantize(Decimal(10) ** -measure.places)

    def _day(self, when: float | date) -> date:
        return when if isinstance(when, date) else self.ago(when)


def _patient(person: Person, born: date) -> Json:
    """The Patient resource, without an id."""
    return {
        "resourceType": "Patient",
        "identifier": [_record_number(person)],
        "active": True,
        "name": [{"use": "official", "family": person.family, "given": [person.given]}],
        "telecom": _telecom(person),
        "gender": person.gender,
        "birthDate": born.isoformat(),
        "address": [{"use": "home", "line": [person.street], "city": person.doctor.at.town}],
        **_guardian(person),
        "communication": [{"language": _language(person.language), "preferred": True}],
        "generalPractitioner": [practitioner(person.doctor)],
        "managingOrganization": organisation(person.doctor.at),
    }


def _record_number(person: Person) -> Json:
    number = f"DEMO-{person.phone[-4:]}-{person.given.upper()}"
    system = f"https://{person.doctor.at.slug}.example.org/record-number"
    return {"use": "usual", "type": concept(MEDICAL_RECORD), "system": system, "value": number}


def _telecom(person: Person) -> list[Json]:
    phone: Json = {"system": "phone", "value": person.phone, "use": "home"}
    # Children are reached through their parents.
    if person.guardian:
        return [phone]
    return [phone, {"system": "email", "value": f"{person.slug}@example.org", "use": "home"}]


def _guardian(person: Person) -> Json:
    if not person.guardian:
        return {}
    given, family = person.guardian.split()
    parent = concept(Code(HL7 + "v3-RoleCode", "PRN", "Parent"))
    phone: Json = {"system": "phone", "value": person.phone}
    name: Json = {"family": family, "given": [given]}
    return {"contact": [{"relationship": [parent], "name": name, "telecom": [phone]}]}


def _language(tag: str) -> Json:
    return concept(Code("urn:ietf:bcp:47", tag, LANGUAGES[tag]))
