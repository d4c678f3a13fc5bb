"""Lives with a condition that the family practice looks after."""

from datetime import timedelta

from portal.demo.clinical.builders.chart import Chart
from portal.demo.clinical.builders.findings import Reaction, allergic, diagnose, note
from portal.demo.clinical.builders.measurements import labs, observe, vitals
from portal.demo.clinical.builders.treatment import perform, prescribe, renew
from portal.demo.clinical.builders.visits import (
    CONSULTATION,
    DAY_SURGERY,
    FOLLOW_UP,
    PROBLEM,
    VIDEO,
    Visit,
)
from portal.demo.clinical.codes import (
    ANXIETY,
    ARTHRITIS,
    CATARACT,
    CATARACT_SURGERY,
    CLINIC_LETTER,
    GOUT,
    GRASS_POLLEN,
    HAY_FEVER,
    HYPERTENSION,
    HYPOTHYROIDISM,
    IRON_DEFICIENCY,
    KIDNEY_DISEASE,
    MIGRAINE,
    OPERATION_NOTE,
    PNEUMOCOCCUS_ADULT,
    PROGRESS_NOTE,
    SHINGLES,
    SNEEZING,
    TDAP,
)
from portal.demo.clinical.measures import (
    BLOOD_COUNT,
    CELL_VOLUME,
    CREATININE,
    CRP,
    DIASTOLIC,
    FERRITIN,
    FREE_T4,
    GOUT_TEST,
    HAEMOGLOBIN,
    HEIGHT,
    INFLAMMATION,
    IRON,
    KIDNEY,
    KIDNEY_URINE,
    LIPIDS,
    LIVER,
    PAIN,
    SYSTOLIC,
    THYROID,
    TSH,
    URIC_ACID,
    WEIGHT,
    WORRY,
)
from portal.demo.clinical.medicines import (
    ALLOPURINOL,
    AMLODIPINE,
    CETIRIZINE,
    FERROUS_SULFATE,
    FOLIC_ACID,
    LEVOTHYROXINE,
    LEVOTHYROXINE_LOW,
    METHOTREXATE,
    PROPRANOLOL,
    SERTRALINE,
    SUMATRIPTAN,
)
from portal.demo.clinical.people import DOSEWELL, HADDAD, LENSWORTH, SAMPLEFORD, TRIALSON
from portal.demo.clinical.stories.routine import adult_vaccines, check_ups, flu_jabs


def underactive_thyroid(chart: Chart) -> None:
    """Tiredness, a high TSH, and a dose that is found in two steps."""
    chart.trend(HEIGHT, (6, 163.5))
    chart.trend(WEIGHT, (6, 71.4), (4.5, 69.0), (0, 66.8))
    chart.trend(TSH, (6, 9.8), (5.3, 6.1), (4.6, 3.1), (3.5, 2.3), (0, 2.0))
    chart.trend(FREE_T4, (6, 0.68), (5, 0.98), (4, 1.22))
    visits = [
        Visit(chart, day, FOLLOW_UP, by=SAMPLEFORD, reason=HYPOTHYROIDISM)
        for day in (*chart.every(2.5, since=5.9, until=5.2), *chart.every(6, since=4.8))
    ]
    observe(visits[0], HEIGHT)
    for visit in visits:
        vitals(visit)
        labs(visit, THYROID)
    found = diagnose(visits[0], HYPOTHYROIDISM)
    prescribe(visits[0], LEVOTHYROXINE_LOW, reason=found, stopped="Replaced by a higher dose.")
    renew(visits[2::2], LEVOTHYROXINE, reason=found)
    check_ups(chart, by=SAMPLEFORD, since=5, tests=(LIPIDS,), every=24)
    flu_jabs(chart, by=DOSEWELL, since=4)


def migraine(chart: Chart) -> None:
    """Attacks that grow rare; much of it by video from the day of the attack."""
    chart.trend(HEIGHT, (5, 181.0))
    chart.trend(WEIGHT, (5, 76.5), (0, 78.2))
    chart.trend(PAIN, (5, 7.5), (3, 6.0), (0, 3.4))
    first, *later = [
        Visit(chart, day, VIDEO if number % 2 else FOLLOW_UP, by=SAMPLEFORD, reason=MIGRAINE)
        for number, day in enumerate(chart.every(4, since=5))
    ]
    found = diagnose(first, MIGRAINE, note="With aura; bright light and short nights set it off.")
    observe(first, HEIGHT)
    for number, visit in enumerate((first, *later)):
        observe(visit, PAIN)
        # Nobody takes a blood pressure through a camera.
        if number % 2 == 0:
            vitals(visit)
    renew((first, *later[1::2]), SUMATRIPTAN, reason=found)
    prescribe(later[3], PROPRANOLOL, reason=found)
    note(later[3], PROGRESS_NOTE, "Five attacks last month. We try propranolol for half a year.")
    flu_jabs(chart, by=DOSEWELL, since=3)


def worry_and_low_iron(chart: Chart) -> None:
    """Anxiety that lifts with time, talking and a tablet; low iron found on the way."""
    chart.trend(HEIGHT, (6, 170.5))
    chart.trend(WEIGHT, (6, 64.0), (3, 66.5), (0, 68.1))
    chart.trend(WORRY, (5.5, 15), (4, 10), (2, 6), (0, 4))
    chart.trend(HAEMOGLOBIN, (4, 10.3), (3.5, 11.6), (3, 12.9), (0, 13.2))
    chart.trend(CELL_VOLUME, (4, 75.5), (3, 86.0), (0, 88.5))
    chart.trend(FERRITIN, (4, 8), (3, 38), (0, 62), jitter=3)
    talks = [
        Visit(chart, day, FOLLOW_UP, by=SAMPLEFORD, reason=ANXIETY)
        for day in chart.every(4, since=5.5)
    ]
    for visit in talks:
        observe(visit, WORRY)
    found = diagnose(talks[0], ANXIETY, note="Sleeps badly since a change of work.")
    renew(talks[1::3], SERTRALINE, reason=found)
    _low_iron(chart)
    check_ups(chart, by=SAMPLEFORD, since=6, tests=(LIPIDS, THYROID))
    adult_vaccines(chart, by=DOSEWELL, given=((2.1, SHINGLES), (1.8, SHINGLES), (5, TDAP)))
    flu_jabs(chart, by=DOSEWELL, since=6)


def _low_iron(chart: Chart) -> None:
    visits = [
        Visit(chart, day, PROBLEM, by=SAMPLEFORD, reason=IRON_DEFICIENCY)
        for day in chart.every(4, since=4, until=2.6)
    ]
    for visit in visits:
        vitals(visit)
        labs(visit, BLOOD_COUNT, IRON)
    found = diagnose(visits[0], IRON_DEFICIENCY, resolved=visits[-1].day)
    prescribe(visits[0], FERROUS_SULFATE, reason=found)


def rheumatoid_arthritis(chart: Chart) -> None:
    """Painful hands, calmed by methotrexate; hospital and practice share the blood tests."""
    chart.trend(HEIGHT, (6, 166.0))
    chart.trend(WEIGHT, (6, 61.2), (0, 63.4))
    chart.trend(CRP, (6, 31.0), (5.2, 18.0), (4, 7.0), (2.5, 3.6), (0, 2.6), jitter=0.9)
    chart.trend(PAIN, (6, 7), (5, 5), (3, 3), (0, 2))
    chart.trend(HAEMOGLOBIN, (6, 12.1), (3, 12.9), (0, 13.1))
    visits = []
    for number, day in enumerate(chart.every(4, since=6)):
        who, kind = (HADDAD, CONSULTATION) if number % 3 == 0 else (TRIALSON, FOLLOW_UP)
        visits.append(Visit(chart, day, kind, by=who, reason=ARTHRITIS))
    observe(visits[0], HEIGHT)
    for number, visit in enumerate(visits):
        vitals(visit)
        observe(visit, PAIN)
        labs(visit, INFLAMMATION, *((LIVER, BLOOD_COUNT) if number % 2 == 0 else ()))
    found = diagnose(visits[0], ARTHRITIS, since=visits[0].day - timedelta(days=120))
    renew(visits[::3], METHOTREXATE, reason=found)
    renew(visits[::3], FOLIC_ACID, reason=found)
    note(
        visits[3],
        CLINIC_LETTER,
        "The hands are less stiff in the morning and the blood tests have calmed. We continue"
        " methotrexate once a week, with folic acid; the practice repeats the blood tests.",
    )
    flu_jabs(chart, by=DOSEWELL, since=5.5)


def gout_and_kidneys(chart: Chart) -> None:
    """Gout, kidneys that slow down a little, and new lenses for both eyes."""
    chart.trend(HEIGHT, (7, 176.0))
    chart.trend(WEIGHT, (7, 88.3), (3, 85.9), (0, 84.0))
    chart.trend(SYSTOLIC, (7, 146), (4, 138), (0, 134))
    chart.trend(DIASTOLIC, (7, 84), (0, 77))
    chart.trend(CREATININE, (7, 1.22), (4, 1.38), (0, 1.46))
    chart.trend(URIC_ACID, (7, 9.1), (6, 7.6), (5, 6.0), (0, 5.6))
    visits = check_ups(
        chart, by=SAMPLEFORD, since=7, tests=(KIDNEY, GOUT_TEST, KIDNEY_URINE), every=6
    )
    gout = diagnose(visits[0], GOUT)
    pressure = diagnose(visits[0], HYPERTENSION, since=chart.ago(16))
    diagnose(visits[6], KIDNEY_DISEASE)
    renew(visits[1::2], ALLOPURINOL, reason=gout)
    renew(visits[::2], AMLODIPINE, reason=pressure)
    for years, eye in ((2.2, "right"), (1.9, "left")):
        _cataract(chart, years, eye)
    adult_vaccines(chart, by=DOSEWELL, given=((6.2, PNEUMOCOCCUS_ADULT), (4, SHINGLES)))
    flu_jabs(chart, by=DOSEWELL, since=7)


def _cataract(chart: Chart, years: float, eye: str) -> None:
    visit = Visit(chart, chart.ago(years), DAY_SURGERY, by=LENSWORTH, reason=CATARACT)
    found = diagnose(
        visit,
        CATARACT,
        since=chart.ago(years + 2),
        resolved=visit.day,
        note=f"{eye} eye".capitalize(),
    )
    perform(visit, CATARACT_SURGERY, reason=found, minutes=35, note=f"New lens, {eye} eye.")
    note(visit, OPERATION_NOTE, f"Clouded lens of the {eye} eye replaced without difficulty.")


def student(chart: Chart) -> None:
    """A nearly empty chart: young, well, and with hay fever in summer."""
    chart.trend(HEIGHT, (5, 172.5))
    chart.trend(WEIGHT, (5, 62.0), (0, 66.4))
    visits = check_ups(chart, by=TRIALSON, since=5, every=18)
    found = diagnose(visits[0], HAY_FEVER)
    allergic(visits[0], GRASS_POLLEN, "environment", Reaction(SNEEZING))
    renew(visits, CETIRIZINE, reason=found)
    flu_jabs(chart, by=DOSEWELL, since=2)
