"""What clinicians find and write down: conditions, allergies and notes."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import date

from portal.demo.clinical.builders.datatypes import (
    Json,
    concept,
    moment,
    organisation,
    period,
    practitioner,
    reference,
    status,
)
from portal.demo.clinical.builders.visits import Visit
from portal.demo.clinical.codes import Code

NOTE_CATEGORY = Code(
    "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category",
    "clinical-note",
    "Clinical note",
)


@dataclass(frozen=True, slots=True)
class Reaction:
    """How an allergy shows; `risk` is the criticality, high when life may be at stake."""

    sign: Code
    severity: str = "mild"
    risk: str = "low"


def diagnose(
    visit: Visit,
    code: Code,
    *,
    since: date | None = None,
    resolved: date | None = None,
    note: str = "",
) -> str:
    """A condition as it stands today; what lasts goes onto the problem list."""
    kind = "encounter-diagnosis" if resolved else "problem-list-item"
    content: Json = {
        "clinicalStatus": status("condition-clinical", "resolved" if resolved else "active"),
        "verificationStatus": status("condition-ver-status", "confirmed"),
        "category": [status("condition-category", kind)],
        "code": concept(code),
        "subject": visit.chart.subject,
        "encounter": visit.encounter,
        "onsetDateTime": (since or visit.day).isoformat(),
        "recordedDate": moment(visit.start),
        "recorder": practitioner(visit.by),
        "asserter": practitioner(visit.by),
    }
    if resolved:
        content["abatementDateTime"] = min(resolved, visit.chart.latest).isoformat()
    if note:
        content["note"] = [{"text": note}]
    return visit.record("Condition", content)


def allergic(visit: Visit, code: Code, category: str, reaction: Reaction) -> str:
    """An allergy with the reaction that the person had."""
    shown: Json = {"manifestation": [concept(reaction.sign)], "severity": reaction.severity}
    content: Json = {
        "clinicalStatus": status("allergyintolerance-clinical", "active"),
        "verificationStatus": status("allergyintolerance-verification", "confirmed"),
        "type": "allergy",
        "category": [category],
        "criticality": reaction.risk,
        "code": concept(code),
        "patient": visit.chart.subject,
        "encounter": visit.encounter,
        "recordedDate": moment(visit.start),
        "recorder": practitioner(visit.by),
        "reaction": [shown],
    }
    return visit.record("AllergyIntolerance", content)


def note(visit: Visit, kind: Code, *lines: str) -> str:
    """A short plain-text document, signed by the clinician."""
    text = "\n\n".join((*lines, f"{visit.by.name}, {visit.by.at.name}")) + "\n"
    content: Json = {
        "status": "current",
        "docStatus": "final",
        "type": concept(kind),
        "category": [concept(NOTE_CATEGORY)],
        "subject": visit.chart.subject,
        "date": moment(visit.end),
        "author": [practitioner(visit.by)],
        "custodian": organisation(visit.by.at),
        "content": [{"attachment": _attachment(visit, kind, text)}],
        "context": {
            "encounter": [reference(str(visit.encounter["reference"]))],
            "period": period(visit.start, visit.end),
        },
    }
    return visit.record("DocumentReference", content)


def _attachment(visit: Visit, kind: Code, text: str) -> Json:
    raw = text.encode()
    return {
        "contentType": "text/plain",
        "language": "en",
        "data": b64encode(raw).decode("ascii"),
        "size": len(raw),
        "title": f"{kind.display}, {visit.day.isoformat()}",
        "creation": moment(visit.end),
    }
