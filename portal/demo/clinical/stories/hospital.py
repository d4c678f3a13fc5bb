"""Lives in which Harbour Hospital plays a part: lungs, a knee, broken bones."""

from datetime import timedelta

from portal.demo.clinical.builders.chart import Chart
from portal.demo.clinical.builders.findings import diagnose, note
from portal.demo.clinical.builders.measurements import (
    acute_vitals,
    labs,
    observe,
    smoking,
    vitals,
)
from portal.demo.clinical.builders.treatment import perform, prescribe, renew
from portal.demo.clinical.builders.visits import (
    AFTER_SURGERY,
    CONSULTATION,
    FOLLOW_UP,
    Visit,
    admission,
)
from portal.demo.clinical.codes import (
    ANKLE_FRACTURE,
    BRONCHITIS,
    CHEST_X_RAY,
    CLINIC_LETTER,
    COPD,
    DISCHARGE_SUMMARY,
    EX_SMOKER,
    FOREARM_FRACTURE,
    KNEE_ARTHRITIS,
    KNEE_REPLACEMENT,
    OPERATION_NOTE,
    OSTEOPOROSIS,
    PHYSIOTHERAPY,
    PLASTER_CAST,
    PNEUMOCOCCUS_ADULT,
    SHINGLES,
    SPIROMETRY,
    TDAP,
)
from portal.demo.clinical.measures import (
    BLOOD_COUNT,
    HAEMOGLOBIN,
    HEIGHT,
    KIDNEY,
    LIPIDS,
    OXYGEN,
    PAIN,
    PEAK_FLOW,
    RESPIRATION,
    SYSTOLIC,
    WEIGHT,
)
from portal.demo.clinical.medicines import (
    ALENDRONATE,
    IBUPROFEN,
    PARACETAMOL,
    PREDNISONE,
    SALBUTAMOL,
    TIOTROPIUM,
    VITAMIN_D,
)
from portal.demo.clinical.people import (
    DEMOFIELD,
    DOSEWELL,
    HADDAD,
    MOCKWELL,
    PROTOVILLE,
    SAMPLEFORD,
    TRIALSON,
)
from portal.demo.clinical.stories.routine import (
    adult_vaccines,
    check_ups,
    emergency,
    flu_jabs,
    short_illness,
)


def knee(chart: Chart) -> None:
    """Years of a sore knee, a new one, and walking again."""
    chart.trend(HEIGHT, (6, 174.0))
    chart.trend(WEIGHT, (6, 91.0), (1.3, 88.0), (0, 85.5))
    chart.trend(PAIN, (6, 4), (2, 7.4), (1.2, 7.6), (1.0, 4.5), (0.5, 2), (0, 1))
    chart.trend(HAEMOGLOBIN, (6, 14.8), (1.25, 14.6), (1.15, 11.2), (0.9, 13.6), (0, 14.5))
    visits = check_ups(chart, by=SAMPLEFORD, since=6, tests=(LIPIDS, BLOOD_COUNT), every=9)
    sore = diagnose(visits[0], KNEE_ARTHRITIS, since=chart.ago(8), note="Right knee.")
    for visit in visits:
        observe(visit, PAIN)
    for visit in visits[:-2]:
        prescribe(visit, IBUPROFEN, reason=sore)
    talk = Visit(chart, chart.ago(1.5), CONSULTATION, by=DEMOFIELD, reason=KNEE_ARTHRITIS)
    observe(talk, PAIN)
    note(talk, CLINIC_LETTER, "Pain at night and on stairs. We agree on a new right knee.")
    _knee_operation(chart, sore)
    flu_jabs(chart, by=PROTOVILLE, since=5)
    adult_vaccines(chart, by=PROTOVILLE, given=((3.7, SHINGLES), (3.4, SHINGLES)))


def _knee_operation(chart: Chart, sore: str) -> None:
    stay = Visit(chart, chart.ago(1.17), admission(3), by=DEMOFIELD, reason=KNEE_ARTHRITIS)
    vitals(stay)
    labs(stay, BLOOD_COUNT, KIDNEY)
    perform(stay, KNEE_REPLACEMENT, reason=sore, minutes=95)
    prescribe(stay, PARACETAMOL, reason=sore)
    note(stay, OPERATION_NOTE, "Right knee replaced. No complications; stood on the same evening.")
    for weeks in (2, 6, 13, 30):
        day = stay.day + timedelta(weeks=weeks)
        visit = Visit(chart, day, AFTER_SURGERY, by=DEMOFIELD, reason=KNEE_ARTHRITIS)
        observe(visit, PAIN)
        perform(visit, PHYSIOTHERAPY, reason=sore, minutes=15)
        labs(visit, BLOOD_COUNT)


def lungs(chart: Chart) -> None:
    """A former smoker's lungs: winters are hard, the inhaler helps."""
    chart.trend(HEIGHT, (7, 172.0))
    chart.trend(WEIGHT, (7, 74.0), (0, 70.5))
    chart.trend(OXYGEN, (7, 95), (2.15, 93), (2.06, 89), (1.98, 93))
    chart.trend(PEAK_FLOW, (7, 305), (3, 280), (0, 268))
    chart.trend(RESPIRATION, (7, 17), (0, 18))
    visits = [
        Visit(chart, day, FOLLOW_UP, by=TRIALSON, reason=COPD) for day in chart.every(5, since=7)
    ]
    observe(visits[0], HEIGHT)
    smoking(visits[0], EX_SMOKER)
    disease = diagnose(visits[0], COPD, note="Thirty years of smoking; stopped when told.")
    for visit in visits:
        vitals(visit)
        for measure in (OXYGEN, RESPIRATION, PEAK_FLOW):
            observe(visit, measure)
    for visit in visits[::3]:
        perform(visit, SPIROMETRY, reason=disease)
        labs(visit, BLOOD_COUNT)
    renew(visits[::3], TIOTROPIUM, reason=disease)
    renew(visits[::3], SALBUTAMOL, reason=disease)
    _hard_winter(chart, disease)
    adult_vaccines(chart, by=DOSEWELL, given=((6.4, PNEUMOCOCCUS_ADULT), (2.6, SHINGLES)))
    flu_jabs(chart, by=DOSEWELL, since=7)


def _hard_winter(chart: Chart, disease: str) -> None:
    short_illness(chart, 4.9, BRONCHITIS, by=TRIALSON, medicine=PREDNISONE)
    stay = Visit(chart, chart.ago(2.06), admission(4), by=HADDAD, reason=COPD)
    acute_vitals(stay)
    labs(stay, BLOOD_COUNT, KIDNEY)
    perform(stay, CHEST_X_RAY, reason=disease, note="No pneumonia.")
    prescribe(stay, PREDNISONE, reason=disease)
    note(stay, DISCHARGE_SUMMARY, "A cold went to the chest. Oxygen for two days, then home.")
    clinic = Visit(chart, stay.day + timedelta(weeks=6), CONSULTATION, by=HADDAD, reason=COPD)
    vitals(clinic)
    observe(clinic, OXYGEN)


def broken_ankle(chart: Chart) -> None:
    """A young footballer, six weeks in plaster."""
    chart.trend(HEIGHT, (5, 177.0))
    chart.trend(WEIGHT, (5, 70.0), (0, 73.5))
    chart.trend(PAIN, (2.5, 7), (2.3, 3), (2, 1))
    check_ups(chart, by=TRIALSON, since=5)
    visit = emergency(chart, 2.4, ANKLE_FRACTURE, by=MOCKWELL)
    broken = diagnose(
        visit, ANKLE_FRACTURE, resolved=visit.day + timedelta(weeks=10), note="Left; at football."
    )
    observe(visit, PAIN)
    perform(visit, PLASTER_CAST, reason=broken)
    prescribe(visit, PARACETAMOL, reason=broken)
    for weeks in (2, 6, 10):
        later = Visit(chart, visit.day + timedelta(weeks=weeks), FOLLOW_UP, by=DEMOFIELD)
        observe(later, PAIN)
        if weeks > 2:
            perform(later, PHYSIOTHERAPY, reason=broken, minutes=30)
    adult_vaccines(chart, by=DOSEWELL, given=((4.2, TDAP),))
    flu_jabs(chart, by=DOSEWELL, since=3)


def osteoporosis(chart: Chart) -> None:
    """A broken forearm that led to the reason behind it."""
    chart.trend(HEIGHT, (6, 162.0), (0, 160.5))
    chart.trend(WEIGHT, (6, 58.0), (0, 56.8))
    chart.trend(SYSTOLIC, (6, 128), (0, 132))
    visits = check_ups(chart, by=TRIALSON, since=6, tests=(LIPIDS, KIDNEY), every=9)
    visit = emergency(chart, 4.1, FOREARM_FRACTURE, by=MOCKWELL)
    broken = diagnose(
        visit, FOREARM_FRACTURE, resolved=visit.day + timedelta(weeks=8), note="Right; icy path."
    )
    perform(visit, PLASTER_CAST, reason=broken)
    prescribe(visit, PARACETAMOL, reason=broken)
    clinic = Visit(chart, visit.day + timedelta(weeks=7), CONSULTATION, by=HADDAD)
    bones = diagnose(clinic, OSTEOPOROSIS)
    vitals(clinic)
    later = [one for one in visits if one.day > clinic.day]
    for medicine in (ALENDRONATE, VITAMIN_D):
        renew((clinic, *later), medicine, reason=bones)
    note(clinic, CLINIC_LETTER, "The bone scan shows osteoporosis. Alendronate for five years.")
    flu_jabs(chart, by=DOSEWELL, since=6)
    adult_vaccines(chart, by=DOSEWELL, given=((2.2, PNEUMOCOCCUS_ADULT), (3, SHINGLES)))
