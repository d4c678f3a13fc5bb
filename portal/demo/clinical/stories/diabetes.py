"""The demo patient: high blood pressure and type 2 diabetes, in good follow-up.

Practice and laboratory only. Nothing here may come from Harbour Hospital: the demo shows
a clinician there who sees nothing of this chart until the patient shares it.
"""

from typing import Final

from portal.demo.clinical.builders.chart import Chart
from portal.demo.clinical.builders.findings import Reaction, allergic, diagnose, note
from portal.demo.clinical.builders.measurements import labs, observe, smoking, vitals
from portal.demo.clinical.builders.treatment import Target, aim, perform, plan, prescribe, renew
from portal.demo.clinical.builders.visits import CHECK_UP, FOLLOW_UP, VIDEO, Visit
from portal.demo.clinical.codes import (
    DIABETES,
    EYE_SCREENING,
    FOOT_CHECK,
    HIGH_CHOLESTEROL,
    HYPERTENSION,
    NEVER_SMOKED,
    PENICILLIN,
    PNEUMOCOCCUS_ADULT,
    PROGRESS_NOTE,
    RASH,
    TDAP,
)
from portal.demo.clinical.measures import (
    ALBUMIN_RATIO,
    BLOOD_COUNT,
    DIASTOLIC,
    GLUCOSE,
    GLUCOSE_TEST,
    HBA1C,
    HBA1C_TEST,
    HDL,
    HEART_RATE,
    HEIGHT,
    KIDNEY,
    KIDNEY_URINE,
    LDL,
    LIPIDS,
    SYSTOLIC,
    TRIGLYCERIDES,
    WEIGHT,
)
from portal.demo.clinical.medicines import (
    AMLODIPINE,
    ATORVASTATIN,
    LISINOPRIL,
    LISINOPRIL_LOW,
    METFORMIN,
    METFORMIN_LOW,
)
from portal.demo.clinical.people import PROTOVILLE, SAMPLEFORD
from portal.demo.clinical.stories.routine import adult_vaccines, flu_jabs

VISITS_PER_YEAR: Final = 4
# Visits 0-3 are the year before the diabetes was found.
DIABETES_FOUND: Final = 4


def hypertension_and_diabetes(chart: Chart) -> None:
    """Seven years in which the numbers slowly come down."""
    _course(chart)
    visits = _visits(chart)
    pressure = _hypertension(visits)
    sugar = _diabetes(visits)
    _cholesterol(visits)
    _yearly_tests(visits)
    _plan(visits[-VISITS_PER_YEAR], pressure, sugar)
    _notes(visits)
    flu_jabs(chart, by=PROTOVILLE, since=6.5)
    adult_vaccines(chart, by=PROTOVILLE, given=((5.6, PNEUMOCOCCUS_ADULT), (3.3, TDAP)))


def _course(chart: Chart) -> None:
    chart.trend(HEIGHT, (7, 168.0))
    chart.trend(WEIGHT, (7, 94.6), (6, 95.4), (4, 90.8), (2, 87.1), (0, 84.3))
    chart.trend(SYSTOLIC, (7, 157), (6, 148), (4.5, 140), (2.5, 132), (0, 127))
    chart.trend(DIASTOLIC, (7, 97), (6, 92), (4.5, 87), (2.5, 82), (0, 78))
    chart.trend(HEART_RATE, (7, 80), (3, 74), (0, 70), jitter=3)
    chart.trend(HBA1C, (7, 7.9), (6, 8.8), (5, 7.8), (3.5, 7.2), (2, 6.9), (0, 6.6), jitter=0.12)
    chart.trend(GLUCOSE, (7, 152), (6, 176), (5, 150), (3, 130), (0, 115), jitter=6)
    chart.trend(LDL, (7, 152), (5.2, 149), (4, 111), (2, 88), (0, 76))
    chart.trend(HDL, (7, 41), (3, 45), (0, 49), jitter=1.5)
    chart.trend(TRIGLYCERIDES, (7, 212), (4, 176), (0, 136))
    chart.trend(ALBUMIN_RATIO, (6, 37), (3, 27), (0, 18))


def _visits(chart: Chart) -> list[Visit]:
    days = chart.every(12 / VISITS_PER_YEAR, since=7)
    kinds = (CHECK_UP, FOLLOW_UP, FOLLOW_UP, FOLLOW_UP)
    visits = []
    for number, day in enumerate(days):
        # Doctor and nurse take turns.
        who = SAMPLEFORD if number % 2 == 0 else PROTOVILLE
        reason = DIABETES if number >= DIABETES_FOUND else HYPERTENSION
        visits.append(Visit(chart, day, kinds[number % 4], by=who, reason=reason))
    for visit in visits:
        vitals(visit)
    observe(visits[0], HEIGHT)
    smoking(visits[0], NEVER_SMOKED)
    return visits


def _hypertension(visits: list[Visit]) -> str:
    found = diagnose(visits[0], HYPERTENSION)
    allergic(visits[0], PENICILLIN, "medication", Reaction(RASH, "moderate"))
    prescribe(visits[0], LISINOPRIL_LOW, reason=found, stopped="Replaced by a higher dose.")
    renew(visits[2::VISITS_PER_YEAR], LISINOPRIL, reason=found)
    renew(visits[10::VISITS_PER_YEAR], AMLODIPINE, reason=found)
    return found


def _diabetes(visits: list[Visit]) -> str:
    start = visits[DIABETES_FOUND]
    labs(visits[DIABETES_FOUND - 1], GLUCOSE_TEST)
    found = diagnose(start, DIABETES, note="Found at a routine check-up; no symptoms.")
    prescribe(start, METFORMIN_LOW, reason=found, stopped="Replaced by a higher dose.")
    renew(visits[DIABETES_FOUND + 2 :: VISITS_PER_YEAR], METFORMIN, reason=found)
    for number, visit in enumerate(visits[DIABETES_FOUND:]):
        # Every visit until the numbers were steady, twice a year since then.
        if number < 2 * VISITS_PER_YEAR or number % 2 == 0:
            labs(visit, HBA1C_TEST, GLUCOSE_TEST)
    for visit in visits[DIABETES_FOUND + 1 :: VISITS_PER_YEAR]:
        perform(visit, FOOT_CHECK, reason=found, note="Feeling and pulses normal in both feet.")
        perform(visit, EYE_SCREENING, reason=found, note="No changes in either eye.")
    return found


def _cholesterol(visits: list[Visit]) -> None:
    found = diagnose(visits[DIABETES_FOUND], HIGH_CHOLESTEROL)
    renew(visits[DIABETES_FOUND + 2 :: VISITS_PER_YEAR], ATORVASTATIN, reason=found)


def _yearly_tests(visits: list[Visit]) -> None:
    for visit in visits[::VISITS_PER_YEAR]:
        labs(visit, LIPIDS, KIDNEY, BLOOD_COUNT)
    for visit in visits[DIABETES_FOUND::VISITS_PER_YEAR]:
        labs(visit, KIDNEY_URINE)


def _plan(visit: Visit, pressure: str, sugar: str) -> None:
    goals = [
        aim(visit, Target("HbA1c below 7.0 %", HBA1C, "7.0", reached=True), about=sugar),
        aim(
            visit,
            Target("Upper blood pressure below 130", SYSTOLIC, "130", reached=True),
            about=pressure,
        ),
        aim(visit, Target("Weight below 82 kg", WEIGHT, "82.0", reached=False), about=sugar),
    ]
    steps = (
        "Walk for half an hour on five days of the week.",
        "Measure blood pressure at home twice a week.",
        "See the nurse every six months for feet and eyes.",
    )
    title = "Living well with diabetes and high blood pressure"
    plan(visit, title, about=(sugar, pressure), goals=goals, steps=steps)


def _notes(visits: list[Visit]) -> None:
    note(
        visits[0],
        PROGRESS_NOTE,
        "Blood pressure was high at three visits and on the home diary. We talked about salt,"
        " walking and sleep, and start with a low dose of lisinopril.",
        "Penicillin gave a rash years ago; recorded as an allergy.",
    )
    note(
        visits[DIABETES_FOUND],
        PROGRESS_NOTE,
        "The blood tests show type 2 diabetes. Robin feels well. We start metformin with meals,"
        " arrange eye and foot checks, and meet again in three months.",
    )
    chart = visits[-1].chart
    call = Visit(chart, chart.ago(0.02), VIDEO, by=SAMPLEFORD, reason=DIABETES)
    note(
        call,
        PROGRESS_NOTE,
        "Video visit about the latest results: HbA1c and cholesterol are where we want them."
        " Robin walks most days and sleeps better. No change of medicines.",
    )
