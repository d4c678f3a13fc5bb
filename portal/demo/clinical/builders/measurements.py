"""Observations: vital signs, scores, laboratory results and their reports."""

from datetime import datetime, timedelta
from decimal import Decimal

from portal.demo.clinical.builders.chart import Chart
from portal.demo.clinical.builders.datatypes import (
    Json,
    concept,
    moment,
    organisation,
    practitioner,
    quantity,
    reference,
    status,
)
from portal.demo.clinical.builders.visits import Visit
from portal.demo.clinical.codes import HL7, SMOKING_STATUS, Code, loinc
from portal.demo.clinical.identity import Organisation
from portal.demo.clinical.measures import (
    BLOOD_PRESSURE,
    BMI,
    CHOLESTEROL,
    CREATININE,
    DIASTOLIC,
    EGFR,
    HDL,
    HEAD,
    HEART_RATE,
    HEIGHT,
    LDL,
    OXYGEN,
    SYSTOLIC,
    TEMPERATURE,
    TRIGLYCERIDES,
    WEIGHT,
    Measure,
    Panel,
    Range,
)
from portal.demo.clinical.people import ASSAYWORTH, BRIGHT, HARBOUR

INTERPRETATION = HL7 + "v3-ObservationInterpretation"
LOW = Code(INTERPRETATION, "L", "Low")
NORMAL = Code(INTERPRETATION, "N", "Normal")
HIGH = Code(INTERPRETATION, "H", "High")
LAB_REPORT = Code(HL7 + "v2-0074", "LAB", "Laboratory")
# The R4 profile for oxygen saturation asks for this code beside the one for pulse oximetry.
OXYGEN_PROFILE = loinc("2708-6", "Oxygen saturation in arterial blood")

HEAD_IS_MEASURED_UNTIL = 2.0
BMI_IS_TOLD_FROM = 2.0


def vitals(visit: Visit) -> None:
    """What a nurse takes at an ordinary visit: blood pressure, pulse, weight and BMI."""
    blood_pressure(visit)
    observe(visit, HEART_RATE)
    _weight_and_bmi(visit)


def acute_vitals(visit: Visit) -> None:
    """What is taken when somebody is unwell."""
    blood_pressure(visit)
    for measure in (HEART_RATE, TEMPERATURE, OXYGEN):
        observe(visit, measure)


def growth(visit: Visit) -> None:
    """A child's height and weight; the head while the child is small, the BMI afterwards."""
    observe(visit, HEIGHT)
    if visit.day < visit.chart.aged(HEAD_IS_MEASURED_UNTIL):
        observe(visit, HEAD)
    _weight_and_bmi(visit)


def observe(visit: Visit, measure: Measure, value: Decimal | None = None) -> str:
    """One measurement taken by the clinician at the visit."""
    result = visit.chart.value(measure, visit.day) if value is None else value
    content = _observation(visit, measure.category, measure.code)
    return visit.record("Observation", {**content, "valueQuantity": quantity(result, measure.unit)})


def blood_pressure(visit: Visit) -> None:
    """Systolic and diastolic pressure as the components of one observation."""
    parts = [
        {
            "code": concept(measure.code),
            "valueQuantity": quantity(visit.chart.value(measure, visit.day), measure.unit),
        }
        for measure in (SYSTOLIC, DIASTOLIC)
    ]
    content = _observation(visit, "vital-signs", BLOOD_PRESSURE)
    visit.record("Observation", {**content, "component": parts})


def smoking(visit: Visit, answer: Code) -> None:
    """What the person said about smoking."""
    content = _observation(visit, "social-history", SMOKING_STATUS)
    visit.record("Observation", {**content, "valueCodeableConcept": concept(answer)})


def labs(visit: Visit, *panels: Panel) -> None:
    """Blood or urine taken at the visit; results and a report per panel on the next day."""
    for panel in panels:
        values = _panel_values(visit.chart, panel, visit)
        issued = visit.start + timedelta(hours=visit.chart.rng.randint(20, 28))
        results = [_result(visit, measure, values[measure], issued) for measure in panel.measures]
        _report(visit, panel, values, results, issued)


def _weight_and_bmi(visit: Visit) -> None:
    weight = visit.chart.value(WEIGHT, visit.day)
    observe(visit, WEIGHT, weight)
    if visit.day >= visit.chart.aged(BMI_IS_TOLD_FROM):
        metres = visit.chart.value(HEIGHT, visit.day) / 100
        observe(visit, BMI, (weight / metres**2).quantize(Decimal("0.1")))


def _observation(visit: Visit, category: str, code: Code) -> Json:
    codes = (code, OXYGEN_PROFILE) if code == OXYGEN.code else (code,)
    taken = moment(visit.start + timedelta(minutes=5))
    return {
        "status": "final",
        "category": [status("observation-category", category)],
        "code": concept(*codes),
        "subject": visit.chart.subject,
        "encounter": visit.encounter,
        "effectiveDateTime": taken,
        "issued": taken,
        "performer": [practitioner(visit.by), organisation(visit.by.at)],
    }


def _panel_values(chart: Chart, panel: Panel, visit: Visit) -> dict[Measure, Decimal]:
    values = {measure: chart.value(measure, visit.day) for measure in panel.measures}
    if CHOLESTEROL in values:
        # LDL is the calculated one: the parts have to add up (Friedewald).
        parts = values[LDL] + values[HDL] + values[TRIGLYCERIDES] / 5
        values[CHOLESTEROL] = parts.quantize(Decimal(1))
    if EGFR in values:
        values[EGFR] = _egfr(values[CREATININE], visit)
    return values


def _egfr(creatinine: Decimal, visit: Visit) -> Decimal:
    """CKD-EPI 2021 from creatinine in mg/dL, in mL/min/1.73 m2."""
    female = visit.chart.person.gender == "female"
    kappa, alpha, factor = (0.7, -0.241, 1.012) if female else (0.9, -0.302, 1.0)
    ratio = float(creatinine) / kappa
    years = (visit.day - visit.chart.born).days // 365
    rate = 142 * min(ratio, 1) ** alpha * max(ratio, 1) ** -1.2 * 0.9938**years * factor
    return Decimal(rate).quantize(Decimal(1))


def _result(visit: Visit, measure: Measure, value: Decimal, issued: datetime) -> str:
    content = _observation(visit, measure.category, measure.code) | {
        "issued": moment(issued),
        "performer": [organisation(_laboratory(visit))],
        "valueQuantity": quantity(value, measure.unit),
    }
    limits = measure.range_for(visit.chart.person.gender)
    if limits:
        content["interpretation"] = [concept(_interpret(value, limits))]
        content["referenceRange"] = [_reference_range(measure, limits)]
    return visit.record("Observation", content)


def _laboratory(visit: Visit) -> Organisation:
    """The hospital has a laboratory of its own; the practices send theirs away."""
    return HARBOUR if visit.by.at == HARBOUR else BRIGHT


def _interpret(value: Decimal, limits: Range) -> Code:
    if limits.low is not None and value < Decimal(limits.low):
        return LOW
    if limits.high is not None and value > Decimal(limits.high):
        return HIGH
    return NORMAL


def _reference_range(measure: Measure, limits: Range) -> Json:
    ends = {"low": limits.low, "high": limits.high}
    given: Json = {
        end: quantity(Decimal(limit), measure.unit) for end, limit in ends.items() if limit
    }
    words = (
        f"{limits.low} to {limits.high}"
        if limits.low and limits.high
        else (f"{limits.low} or more" if limits.low else f"up to {limits.high}")
    )
    return given | {"text": f"{words} {measure.unit.printed}"}


def _report(
    visit: Visit,
    panel: Panel,
    values: dict[Measure, Decimal],
    results: list[str],
    issued: datetime,
) -> None:
    laboratory = _laboratory(visit)
    reader = ASSAYWORTH if laboratory == BRIGHT else visit.by
    names = [measure.code.display for measure in panel.measures]
    content: Json = {
        "status": "final",
        "category": [concept(LAB_REPORT)],
        "code": concept(panel.code),
        "subject": visit.chart.subject,
        "encounter": visit.encounter,
        "effectiveDateTime": moment(visit.start + timedelta(minutes=5)),
        "issued": moment(issued),
        "performer": [organisation(laboratory)],
        "resultsInterpreter": [practitioner(reader)],
        "result": [reference(one, name) for one, name in zip(results, names, strict=True)],
        "conclusion": _conclusion(visit, values),
    }
    visit.record("DiagnosticReport", content)


def _conclusion(visit: Visit, values: dict[Measure, Decimal]) -> str:
    outside = []
    for measure, value in values.items():
        limits = measure.range_for(visit.chart.person.gender)
        found = _interpret(value, limits) if limits else NORMAL
        if found != NORMAL:
            outside.append(f"{measure.code.display} ({found.display.lower()})")
    if not outside:
        return "All results are within their reference range."
    return f"Outside the reference range: {', '.join(outside)}."
