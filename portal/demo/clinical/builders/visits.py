"""Visits: the encounters that everything else in a chart belongs to."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from portal.demo.clinical.builders.chart import Chart
from portal.demo.clinical.builders.datatypes import (
    Json,
    coding,
    concept,
    location,
    organisation,
    period,
    practitioner,
)
from portal.demo.clinical.codes import HL7, Code, snomed
from portal.demo.clinical.identity import Clinician

ACT_CODE = HL7 + "v3-ActCode"
OFFICE = Code(ACT_CODE, "AMB", "ambulatory")
EMERGENCY_ROOM = Code(ACT_CODE, "EMER", "emergency")
WARD = Code(ACT_CODE, "IMP", "inpatient encounter")
AT_HOME = Code(ACT_CODE, "HH", "home health")
ONLINE = Code(ACT_CODE, "VR", "virtual")
SHORT_STAY = Code(ACT_CODE, "SS", "short stay")
PRIMARY_PERFORMER = Code(HL7 + "v3-ParticipationType", "PPRF", "primary performer")
HOME = Code(HL7 + "discharge-disposition", "home", "Home")


@dataclass(frozen=True, slots=True)
class VisitKind:
    """Where and for what a visit is, and how long it takes."""

    setting: Code
    code: Code
    minutes: int


CHECK_UP = VisitKind(OFFICE, snomed("185349003", "Check-up"), 20)
FOLLOW_UP = VisitKind(OFFICE, snomed("390906007", "Follow-up visit"), 15)
PROBLEM = VisitKind(OFFICE, snomed("185347001", "Visit for a problem"), 15)
CONSULTATION = VisitKind(OFFICE, snomed("11429006", "Specialist consultation"), 30)
CHILD_CHECK = VisitKind(OFFICE, snomed("410620009", "Well child visit"), 25)
FIRST_ANTENATAL = VisitKind(OFFICE, snomed("424441002", "First antenatal visit"), 40)
ANTENATAL = VisitKind(OFFICE, snomed("424619006", "Antenatal visit"), 20)
POSTNATAL = VisitKind(OFFICE, snomed("169762003", "Postnatal visit"), 25)
AFTER_SURGERY = VisitKind(OFFICE, snomed("439740005", "Follow-up after surgery"), 20)
VACCINATION = VisitKind(OFFICE, snomed("33879002", "Vaccination"), 10)
VIDEO = VisitKind(ONLINE, snomed("448337001", "Video visit"), 15)
HOME_VISIT = VisitKind(AT_HOME, snomed("439708006", "Home visit"), 40)
EMERGENCY = VisitKind(EMERGENCY_ROOM, snomed("50849002", "Emergency room visit"), 190)
DAY_SURGERY = VisitKind(SHORT_STAY, snomed("110468005", "Day surgery"), 240)


def admission(nights: int) -> VisitKind:
    """A stay on the ward."""
    return VisitKind(WARD, snomed("32485007", "Hospital admission"), nights * 24 * 60 + 180)


class Visit:
    """One encounter; opening it puts the Encounter into the chart."""

    def __init__(
        self,
        chart: Chart,
        day: date,
        kind: VisitKind,
        *,
        by: Clinician,
        reason: Code | None = None,
    ) -> None:
        self.chart = chart
        self.by = by
        self.start = _opening(chart, day, kind)
        self.end = self.start + timedelta(minutes=kind.minutes)
        encounter = _encounter(self, kind, reason)
        self.encounter: Json = {"reference": chart.add(encounter, at=self.start)}

    @property
    def day(self) -> date:
        """The day on which the visit began."""
        return self.start.date()

    def record(self, kind: str, content: Json) -> str:
        """Add a resource of this visit to the chart; returns what others refer to it by."""
        return self.chart.add({"resourceType": kind, **content}, at=self.start)


def _opening(chart: Chart, day: date, kind: VisitKind) -> datetime:
    """When the visit begins: offices close at weekends, emergency rooms never do."""
    day = max(min(day, chart.latest), chart.born)
    if kind.setting in (OFFICE, ONLINE, AT_HOME, SHORT_STAY):
        day -= timedelta(days=max(0, day.weekday() - 4))
    hour = time(chart.rng.randint(8, 15), 5 * chart.rng.randint(0, 11), tzinfo=UTC)
    return datetime.combine(day, hour)


def _encounter(visit: Visit, kind: VisitKind, reason: Code | None) -> Json:
    place = visit.by.at
    role = {"type": [concept(PRIMARY_PERFORMER)], "individual": practitioner(visit.by)}
    encounter: Json = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": coding(kind.setting),
        "type": [concept(kind.code)],
        "subject": visit.chart.subject,
        "participant": [role],
        "period": period(visit.start, visit.end),
        "location": [{"location": location(place)}],
        "serviceProvider": organisation(place),
    }
    if reason:
        encounter["reasonCode"] = [concept(reason)]
    if kind.setting == WARD:
        encounter["hospitalization"] = {"dischargeDisposition": concept(HOME)}
    return encounter
