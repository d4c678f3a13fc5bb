"""Two hearts that the hospital and the practice look after together."""

from datetime import timedelta
from typing import Final

from portal.demo.clinical.builders.chart import Chart
from portal.demo.clinical.builders.findings import Reaction, allergic, diagnose, note
from portal.demo.clinical.builders.measurements import (
    acute_vitals,
    labs,
    observe,
    vitals,
)
from portal.demo.clinical.builders.treatment import Target, aim, perform, plan, prescribe, renew
from portal.demo.clinical.builders.visits import (
    CONSULTATION,
    HOME_VISIT,
    Visit,
    admission,
)
from portal.demo.clinical.codes import (
    ATRIAL_FIBRILLATION,
    CHEST_X_RAY,
    CLINIC_LETTER,
    CORONARY_STENT,
    DISCHARGE_SUMMARY,
    ECG,
    ECHO,
    FALL,
    HEART_ATTACK,
    HEART_FAILURE,
    HIVES,
    ISCHAEMIC_HEART,
    PENICILLIN,
    PNEUMOCOCCUS_ADULT,
    SHINGLES,
)
from portal.demo.clinical.measures import (
    BLOOD_COUNT,
    CREATININE,
    DIASTOLIC,
    HDL,
    HEART_RATE,
    HEART_STRAIN,
    HEIGHT,
    KIDNEY,
    LDL,
    LIPIDS,
    NT_PROBNP,
    OXYGEN,
    SYSTOLIC,
    WEIGHT,
)
from portal.demo.clinical.medicines import (
    APIXABAN,
    ASPIRIN,
    ATORVASTATIN_HIGH,
    BISOPROLOL,
    CLOPIDOGREL,
    FUROSEMIDE,
    LISINOPRIL_LOW,
)
from portal.demo.clinical.people import (
    DOSEWELL,
    HADDAD,
    MOCKWELL,
    PLACEWOOD,
    TRIALSON,
)
from portal.demo.clinical.stories.routine import (
    adult_vaccines,
    check_ups,
    emergency,
    flu_jabs,
)

ADMISSIONS: Final = (
    (
        3.42,
        "Came in short of breath with swollen legs. Water tablets through a vein for three days,"
        " four kilos lighter. Home with the nurse of the practice visiting.",
    ),
    (
        1.26,
        "Short of breath again after a chest cold. Oxygen for a day and a higher dose of water"
        " tablets; back home and on the usual dose after five nights.",
    ),
)


def heart_failure(chart: Chart) -> None:
    """Heart failure in old age: two admissions, a nurse at home, and two falls."""
    _heart_failure_course(chart)
    visits = check_ups(chart, by=TRIALSON, since=6.5, tests=(KIDNEY,), every=6)
    failure = diagnose(visits[0], HEART_FAILURE)
    rhythm = diagnose(visits[2], ATRIAL_FIBRILLATION)
    allergic(visits[0], PENICILLIN, "medication", Reaction(HIVES, "moderate", "high"))
    for medicine in (BISOPROLOL, FUROSEMIDE, LISINOPRIL_LOW):
        renew(visits[::2], medicine, reason=failure)
    renew(visits[2::2], APIXABAN, reason=rhythm)
    for years, story in ADMISSIONS:
        _heart_failure_admission(chart, years, story, failure)
    _heart_failure_clinic(chart)
    _falls(chart)
    _heart_failure_home(chart, failure)
    adult_vaccines(chart, by=PLACEWOOD, given=((6, PNEUMOCOCCUS_ADULT), (4.4, SHINGLES)))
    flu_jabs(chart, by=PLACEWOOD, since=7)


def _heart_failure_course(chart: Chart) -> None:
    """Slowly better, with the two admissions standing out."""
    chart.trend(HEIGHT, (7, 158.0))
    chart.trend(SYSTOLIC, (7, 148), (4, 136), (0, 122))
    chart.trend(DIASTOLIC, (7, 82), (0, 68))
    chart.trend(HEART_RATE, (7, 84), (3, 76), (0, 68))
    chart.trend(CREATININE, (7, 0.92), (0, 1.14))
    chart.trend(
        WEIGHT, (7, 66), (3.42, 69.4), (3.35, 65), (1.4, 63.6), (1.26, 66.3), (1.2, 63.2), (0, 62.5)
    )
    chart.trend(
        NT_PROBNP, (3.42, 3100), (3.2, 1700), (1.4, 1350), (1.26, 2450), (1.1, 1200), jitter=60
    )
    chart.trend(
        OXYGEN, (7, 97), (3.5, 96), (3.42, 91), (3.35, 96), (1.35, 96), (1.26, 92), (1.2, 96)
    )


def _heart_failure_admission(chart: Chart, years: float, story: str, failure: str) -> None:
    stay = Visit(chart, chart.ago(years), admission(5), by=HADDAD, reason=HEART_FAILURE)
    acute_vitals(stay)
    observe(stay, WEIGHT)
    labs(stay, KIDNEY, HEART_STRAIN, BLOOD_COUNT)
    for procedure in (ECG, ECHO, CHEST_X_RAY):
        perform(stay, procedure, reason=failure)
    note(stay, DISCHARGE_SUMMARY, story)


def _heart_failure_clinic(chart: Chart) -> None:
    for day in chart.every(6, since=3, until=0.2):
        clinic = Visit(chart, day, CONSULTATION, by=HADDAD, reason=HEART_FAILURE)
        vitals(clinic)
        labs(clinic, KIDNEY, HEART_STRAIN)


def _falls(chart: Chart) -> None:
    for years in (4.3, 0.72):
        visit = emergency(chart, years, FALL, by=MOCKWELL)
        diagnose(visit, FALL, resolved=visit.day, note="At home; bruises, nothing broken.")


def _heart_failure_home(chart: Chart, failure: str) -> None:
    visits = [
        Visit(chart, day, HOME_VISIT, by=PLACEWOOD, reason=HEART_FAILURE)
        for day in chart.every(3, since=3.2)
    ]
    for visit in visits:
        vitals(visit)
    weight = aim(
        visits[0], Target("Weight below 64 kg", WEIGHT, "64.0", reached=True), about=failure
    )
    steps = (
        "Step on the scales every morning and write it down.",
        "Call the practice when two kilos come on within three days.",
        "Loose rugs away, a light by the bed, good shoes.",
    )
    plan(
        visits[0], "Safe at home with heart failure", about=(failure,), goals=(weight,), steps=steps
    )


def heart_attack(chart: Chart) -> None:
    """A heart attack three years ago, a stent, and good numbers since."""
    chart.trend(HEIGHT, (7, 179.5))
    chart.trend(WEIGHT, (7, 93.5), (3.1, 96.0), (1.5, 88.5), (0, 86.0))
    chart.trend(SYSTOLIC, (7, 142), (3.1, 150), (2.5, 128), (0, 122))
    chart.trend(DIASTOLIC, (7, 88), (3.1, 92), (2.5, 79), (0, 75))
    chart.trend(HEART_RATE, (3.1, 84), (2.8, 64), (0, 60))
    chart.trend(LDL, (7, 158), (3.1, 164), (2.6, 78), (0, 58))
    chart.trend(HDL, (7, 37), (0, 44), jitter=1.5)
    check_ups(chart, by=TRIALSON, since=7, tests=(LIPIDS, KIDNEY))
    stay = Visit(chart, chart.ago(3.08), admission(4), by=HADDAD, reason=HEART_ATTACK)
    acute_vitals(stay)
    labs(stay, LIPIDS, KIDNEY, BLOOD_COUNT)
    attack = diagnose(stay, HEART_ATTACK, resolved=stay.day + timedelta(days=28))
    heart = diagnose(stay, ISCHAEMIC_HEART)
    perform(stay, ECG, reason=attack)
    perform(stay, CORONARY_STENT, reason=attack, minutes=70, note="One stent, good flow after.")
    note(
        stay,
        DISCHARGE_SUMMARY,
        "Chest pain at work; artery opened within the hour. Went home well.",
    )
    _heart_clinic(chart, stay, heart)
    flu_jabs(chart, by=DOSEWELL, since=3)


def _heart_clinic(chart: Chart, stay: Visit, heart: str) -> None:
    clinic = [
        Visit(chart, day, CONSULTATION, by=HADDAD, reason=ISCHAEMIC_HEART)
        for day in chart.every(5, since=2.8, until=0.15)
    ]
    for visit in clinic:
        vitals(visit)
        labs(visit, LIPIDS)
    for medicine in (ASPIRIN, ATORVASTATIN_HIGH, BISOPROLOL):
        renew((stay, *clinic[2::2]), medicine, reason=heart)
    # Two blood thinners for a year after a stent, one from then on.
    prescribe(stay, CLOPIDOGREL, reason=heart)
    perform(clinic[2], ECHO, reason=heart, note="Pumps almost as before.")
    note(clinic[2], CLINIC_LETTER, "Walks an hour a day without pain. Clopidogrel may stop now.")
