"""What is done about it: medicines, vaccines, procedures, plans and goals."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from portal.demo.clinical.builders.datatypes import (
    Json,
    concept,
    moment,
    organisation,
    period,
    practitioner,
    quantity,
    reference,
    status,
)
from portal.demo.clinical.builders.visits import Visit
from portal.demo.clinical.codes import HL7, Code
from portal.demo.clinical.measures import Measure
from portal.demo.clinical.medicines import Medicine

ADMINISTERING = Code(HL7 + "v2-0443", "AP", "Administering provider")


@dataclass(frozen=True, slots=True)
class Target:
    """A measure that a person wants to bring down to a limit, or keep below it."""

    words: str
    measure: Measure
    limit: str
    reached: bool


def prescribe(
    visit: Visit, medicine: Medicine, *, reason: str = "", active: bool = False, stopped: str = ""
) -> str:
    """A prescription; what is no longer taken is completed, or stopped for the reason told."""
    content: Json = {
        "status": "stopped" if stopped else "active" if active else "completed",
        "intent": "order",
        "medicationCodeableConcept": concept(medicine.code, text=medicine.name),
        "subject": visit.chart.subject,
        "encounter": visit.encounter,
        "authoredOn": moment(visit.start),
        "requester": practitioner(visit.by),
        "dosageInstruction": [_dosage(medicine)],
    }
    if reason:
        content["reasonReference"] = [reference(reason)]
    if stopped:
        content["statusReason"] = {"text": stopped}
    return visit.record("MedicationRequest", content)


def renew(visits: Sequence[Visit], medicine: Medicine, *, reason: str = "") -> None:
    """The same prescription at each visit; only the last one still runs."""
    for visit in visits:
        prescribe(visit, medicine, reason=reason, active=visit is visits[-1])


def vaccinate(visit: Visit, vaccine: Code, dose: int | None = None) -> str:
    """A vaccine given at the visit, with its number in the series."""
    given_by: Json = {"function": concept(ADMINISTERING), "actor": practitioner(visit.by)}
    content: Json = {
        "status": "completed",
        "vaccineCode": concept(vaccine),
        "patient": visit.chart.subject,
        "encounter": visit.encounter,
        "occurrenceDateTime": moment(visit.start + timedelta(minutes=8)),
        "primarySource": True,
        "lotNumber": f"DEMO-{visit.chart.rng.randint(1000, 9999)}",
        "performer": [given_by, {"actor": organisation(visit.by.at)}],
    }
    if dose:
        content["protocolApplied"] = [{"doseNumberPositiveInt": dose}]
    return visit.record("Immunization", content)


def perform(
    visit: Visit, procedure: Code, *, reason: str = "", minutes: int = 20, note: str = ""
) -> str:
    """A procedure carried out at the visit."""
    start = visit.start + timedelta(minutes=10)
    content: Json = {
        "status": "completed",
        "code": concept(procedure),
        "subject": visit.chart.subject,
        "encounter": visit.encounter,
        "performedPeriod": period(start, start + timedelta(minutes=minutes)),
        "performer": [{"actor": practitioner(visit.by), "onBehalfOf": organisation(visit.by.at)}],
    }
    if reason:
        content["reasonReference"] = [reference(reason)]
    if note:
        content["note"] = [{"text": note}]
    return visit.record("Procedure", content)


def aim(visit: Visit, target: Target, *, about: str) -> str:
    """A goal that patient and clinician agreed on."""
    detail = quantity(Decimal(target.limit), target.measure.unit) | {"comparator": "<"}
    outcome = "achieved" if target.reached else "improving"
    content: Json = {
        "lifecycleStatus": "active",
        "achievementStatus": status("goal-achievement", outcome),
        "description": {"text": target.words},
        "subject": visit.chart.subject,
        "startDate": visit.day.isoformat(),
        "target": [{"measure": concept(target.measure.code), "detailQuantity": detail}],
        "expressedBy": practitioner(visit.by),
        "addresses": [reference(about)],
    }
    return visit.record("Goal", content)


def plan(
    visit: Visit, title: str, *, about: Sequence[str], goals: Sequence[str], steps: Sequence[str]
) -> str:
    """A care plan that is under way."""
    content: Json = {
        "status": "active",
        "intent": "plan",
        "title": title,
        "subject": visit.chart.subject,
        "encounter": visit.encounter,
        "period": period(visit.start),
        "created": moment(visit.start),
        "author": practitioner(visit.by),
        "addresses": [reference(condition) for condition in about],
        "goal": [reference(goal) for goal in goals],
        "activity": [{"detail": {"status": "in-progress", "description": step}} for step in steps],
    }
    return visit.record("CarePlan", content)


def _dosage(medicine: Medicine) -> Json:
    if medicine.per_day is None:
        return {"text": medicine.directions}
    repeat: Json = {"frequency": medicine.per_day, "period": Decimal("1"), "periodUnit": "d"}
    return {"text": medicine.directions, "timing": {"repeat": repeat}}
