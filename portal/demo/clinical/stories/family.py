"""Children, and a pregnancy from the first visit to the sixth week after."""

from datetime import date, timedelta
from typing import Final

from portal.demo.clinical.builders.chart import Chart
from portal.demo.clinical.builders.findings import Reaction, allergic, diagnose, note
from portal.demo.clinical.builders.measurements import (
    acute_vitals,
    growth,
    labs,
    observe,
    vitals,
)
from portal.demo.clinical.builders.treatment import perform, prescribe, renew, vaccinate
from portal.demo.clinical.builders.visits import (
    ANTENATAL,
    FIRST_ANTENATAL,
    FOLLOW_UP,
    POSTNATAL,
    Visit,
    admission,
)
from portal.demo.clinical.codes import (
    ASTHMA,
    CHILDBIRTH,
    DISCHARGE_SUMMARY,
    EAR_INFECTION,
    ECZEMA,
    HEPATITIS_B,
    HIVES,
    HOUSE_DUST,
    PEANUT,
    PREGNANCY,
    PREGNANCY_SCAN,
    PROGRESS_NOTE,
    SNEEZING,
    SORE_THROAT,
    SPIROMETRY,
    TDAP,
)
from portal.demo.clinical.measures import (
    BLOOD_COUNT,
    FETAL_HEART,
    FUNDAL_HEIGHT,
    GLUCOSE_TEST,
    HAEMOGLOBIN,
    HEART_RATE,
    HEIGHT,
    IRON,
    OXYGEN,
    PEAK_FLOW,
    WEIGHT,
)
from portal.demo.clinical.medicines import (
    AMOXICILLIN,
    EPINEPHRINE,
    FLUTICASONE,
    FOLIC_ACID,
    HYDROCORTISONE,
    PENICILLIN_V,
    PREDNISONE,
    SALBUTAMOL,
    VITAMIN_D,
)
from portal.demo.clinical.people import (
    JUNO,
    MOCKWELL,
    PROTOVILLE,
    SAMPLEFORD,
    TESTERLY,
    TRIALSON,
)
from portal.demo.clinical.stories.routine import (
    check_ups,
    child_checks,
    child_illness,
    emergency,
    flu_jabs,
    grow,
)

FULL_TERM: Final = timedelta(weeks=39, days=6)
ANTENATAL_WEEKS: Final = (12, 16, 20, 24, 28, 31, 34, 36, 38, 39)


def newborn(chart: Chart) -> None:
    """Born at the hospital, then weighed and vaccinated at the practice."""
    grow(chart, size=1.01)
    birth = Visit(chart, chart.born, admission(2), by=TESTERLY)
    growth(birth)
    observe(birth, HEART_RATE)
    vaccinate(birth, HEPATITIS_B, 1)
    note(birth, DISCHARGE_SUMMARY, "A healthy girl at full term. Feeds well; home with parents.")
    visits = child_checks(chart, by=TRIALSON)
    prescribe(visits[0], VITAMIN_D, active=True)


def small_child(chart: Chart) -> None:
    """Growing well; a few ear infections, as many have them."""
    grow(chart, size=0.985)
    visits = child_checks(chart, by=SAMPLEFORD)
    for age in (1.4, 2.3, 3.1):
        child_illness(chart, age, EAR_INFECTION, AMOXICILLIN, by=SAMPLEFORD)
    flu_jabs(chart, by=PROTOVILLE, since=3.5)
    note(visits[-1], PROGRESS_NOTE, "Speaks in whole stories, hops on one leg. All well.")


def school_child(chart: Chart) -> None:
    """Eczema that fades, a peanut allergy, and sore throats in winter."""
    grow(chart, size=1.02)
    visits = child_checks(chart, by=TRIALSON)
    eczema = diagnose(visits[0], ECZEMA, since=chart.aged(0.8))
    for visit in visits[::2]:
        prescribe(visit, HYDROCORTISONE, reason=eczema)
    allergic(visits[1], PEANUT, "food", Reaction(HIVES, "severe", "high"))
    renew(visits[1:], EPINEPHRINE)
    for age in (5.1, 6.6, 7.9):
        child_illness(chart, age, SORE_THROAT, PENICILLIN_V, by=TRIALSON)
    flu_jabs(chart, by=TRIALSON, since=6)


def asthma_teen(chart: Chart) -> None:
    """Asthma from age nine: two nights in the emergency room, then good control."""
    grow(chart, size=1.005)
    chart.trend(PEAK_FLOW, (7, 215), (5, 262), (3, 338), (0, 412))
    child_checks(chart, by=SAMPLEFORD)
    visits = [
        Visit(chart, day, FOLLOW_UP, by=SAMPLEFORD, reason=ASTHMA)
        for day in chart.every(4, since=6.8)
    ]
    for visit in visits:
        for measure in (PEAK_FLOW, OXYGEN, HEART_RATE):
            observe(visit, measure)
    asthma = diagnose(visits[0], ASTHMA)
    allergic(visits[1], HOUSE_DUST, "environment", Reaction(SNEEZING))
    perform(visits[0], SPIROMETRY, reason=asthma, note="Better after the inhaler: asthma.")
    renew(visits[::3], FLUTICASONE, reason=asthma)
    renew(visits[::3], SALBUTAMOL, reason=asthma)
    for years in (5.55, 3.62):
        _asthma_attack(chart, years, asthma)
    flu_jabs(chart, by=PROTOVILLE, since=6.5)


def _asthma_attack(chart: Chart, years: float, asthma: str) -> None:
    calm = chart.ago(years - 0.1)
    attack = chart.ago(years)
    before = chart.ago(years + 0.1)
    chart.trend(OXYGEN, (before, 98), (attack, 92), (calm, 98))
    visit = emergency(chart, years, ASTHMA, by=MOCKWELL)
    prescribe(visit, PREDNISONE, reason=asthma)
    note(visit, DISCHARGE_SUMMARY, "Short of breath after a cold. Inhalers helped within hours.")


def pregnancy(chart: Chart) -> None:
    """A first pregnancy without trouble; the child is a patient of the demo as well."""
    delivery = JUNO.born(chart.today)
    # Weeks are counted from the last period, as everybody does.
    start = delivery - FULL_TERM
    _pregnancy_course(chart, start, delivery)
    check_ups(chart, by=TRIALSON, since=6)
    first = Visit(chart, start + timedelta(weeks=8), FIRST_ANTENATAL, by=TRIALSON)
    vitals(first)
    labs(first, BLOOD_COUNT, IRON)
    pregnant = diagnose(first, PREGNANCY, since=start, resolved=delivery)
    prescribe(first, FOLIC_ACID, reason=pregnant)
    for week in ANTENATAL_WEEKS:
        _antenatal(chart, start, week, pregnant)
    _birth(chart, delivery, pregnant)
    after = Visit(chart, delivery + timedelta(weeks=6), POSTNATAL, by=TRIALSON)
    vitals(after)
    labs(after, BLOOD_COUNT)
    flu_jabs(chart, by=TRIALSON, since=4)


def _pregnancy_course(chart: Chart, start: date, delivery: date) -> None:
    weeks = [(start + timedelta(weeks=week), week) for week in (20, 30, 40)]
    chart.trend(HEIGHT, (6, 161.5))
    chart.trend(
        WEIGHT,
        (6, 57.5),
        (start, 58.8),
        (delivery - timedelta(days=7), 71.2),
        (delivery + timedelta(days=3), 65.5),
        (delivery + timedelta(weeks=20), 60.3),
    )
    chart.trend(HAEMOGLOBIN, (6, 13.2), (start, 13.1), (weeks[1][0], 11.4), (0, 12.8))
    # From the twentieth week on the height in cm is about the week.
    chart.trend(FUNDAL_HEIGHT, *((day, week - 0.5) for day, week in weeks))


def _antenatal(chart: Chart, start: date, week: int, pregnant: str) -> None:
    visit = Visit(chart, start + timedelta(weeks=week), ANTENATAL, by=TESTERLY)
    vitals(visit)
    observe(visit, FETAL_HEART)
    if week >= 20:
        observe(visit, FUNDAL_HEIGHT)
    if week in (12, 20):
        perform(visit, PREGNANCY_SCAN, reason=pregnant, note="Growth as expected.")
    if week == 28:
        labs(visit, BLOOD_COUNT, GLUCOSE_TEST)
        vaccinate(visit, TDAP)


def _birth(chart: Chart, delivery: date, pregnant: str) -> None:
    visit = Visit(chart, delivery, admission(2), by=TESTERLY, reason=PREGNANCY)
    acute_vitals(visit)
    perform(visit, CHILDBIRTH, reason=pregnant, minutes=55)
    note(visit, DISCHARGE_SUMMARY, "A healthy girl was born at full term. Mother and child well.")
