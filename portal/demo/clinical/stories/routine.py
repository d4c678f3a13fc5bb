"""What recurs in many lives: check-ups, flu jabs, growing up."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from portal.demo.clinical.builders.chart import Chart
from portal.demo.clinical.builders.findings import diagnose
from portal.demo.clinical.builders.measurements import (
    acute_vitals,
    growth,
    labs,
    observe,
    smoking,
    vitals,
)
from portal.demo.clinical.builders.treatment import prescribe, vaccinate
from portal.demo.clinical.builders.visits import (
    CHECK_UP,
    CHILD_CHECK,
    EMERGENCY,
    PROBLEM,
    VACCINATION,
    Visit,
    VisitKind,
)
from portal.demo.clinical.codes import (
    CHICKENPOX,
    DTAP,
    HEPATITIS_A,
    HEPATITIS_B,
    HIB,
    HPV,
    INFLUENZA,
    MENINGOCOCCUS,
    MMR,
    NEVER_SMOKED,
    PNEUMOCOCCUS,
    POLIO,
    ROTAVIRUS,
    TDAP,
    Code,
)
from portal.demo.clinical.identity import Clinician
from portal.demo.clinical.measures import (
    DIASTOLIC,
    HEAD,
    HEART_RATE,
    HEIGHT,
    SYSTOLIC,
    TEMPERATURE,
    WEIGHT,
    Panel,
)
from portal.demo.clinical.medicines import Medicine

# Age in months, and the vaccines then due with their number in the series.
CHILD_VACCINES: Final[dict[float, tuple[tuple[Code, int], ...]]] = {
    2: ((HEPATITIS_B, 2), (DTAP, 1), (HIB, 1), (PNEUMOCOCCUS, 1), (POLIO, 1), (ROTAVIRUS, 1)),
    4: ((DTAP, 2), (HIB, 2), (PNEUMOCOCCUS, 2), (POLIO, 2), (ROTAVIRUS, 2)),
    6: ((HEPATITIS_B, 3), (DTAP, 3), (PNEUMOCOCCUS, 3), (POLIO, 3)),
    12: ((MMR, 1), (CHICKENPOX, 1), (HEPATITIS_A, 1), (PNEUMOCOCCUS, 4)),
    15: ((DTAP, 4), (HIB, 3)),
    18: ((HEPATITIS_A, 2),),
    48: ((DTAP, 5), (POLIO, 4), (MMR, 2), (CHICKENPOX, 2)),
    132: ((TDAP, 1), (HPV, 1), (MENINGOCOCCUS, 1)),
    144: ((HPV, 2),),
    192: ((MENINGOCOCCUS, 2),),
}
CHILD_CHECK_MONTHS: Final = (0.5, 2, 4, 6, 9, 12, 15, 18, 24, 30, *range(36, 217, 12))

# Middle of the growth charts: age in years, weight in kg, height in cm, head in cm.
GROWTH: Final = (
    (0.0, 3.4, 50.0, 34.6),
    (0.17, 5.3, 57.8, 38.7),
    (0.33, 6.7, 63.0, 41.1),
    (0.5, 7.6, 66.7, 42.8),
    (0.75, 8.6, 71.0, 44.4),
    (1.0, 9.3, 75.0, 45.5),
    (1.5, 10.7, 81.5, 46.8),
    (2.0, 12.0, 87.0, 47.6),
    (3.0, 14.2, 95.5, 48.8),
    (4.0, 16.2, 102.5, 49.6),
    (6.0, 20.5, 115.5, 51.0),
    (8.0, 25.8, 127.5, 52.0),
    (10.0, 32.5, 138.5, 53.0),
    (12.0, 41.5, 150.0, 54.0),
    (14.0, 50.0, 159.5, 54.8),
    (16.0, 55.5, 163.5, 55.0),
    (18.0, 58.0, 164.5, 55.2),
)


def grow(chart: Chart, *, size: float) -> None:
    """Let a child grow along the middle line, a little above or below it by `size`."""
    ages = [(chart.aged(age), rest) for age, *rest in GROWTH]
    chart.trend(WEIGHT, *((day, kg * size**2) for day, (kg, _, _) in ages), jitter=0.08)
    chart.trend(HEIGHT, *((day, cm * size) for day, (_, cm, _) in ages))
    chart.trend(HEAD, *((day, head * size) for day, (_, _, head) in ages))
    chart.trend(SYSTOLIC, (chart.aged(3), 94), (chart.aged(10), 104), (chart.aged(16), 113))
    chart.trend(DIASTOLIC, (chart.aged(3), 56), (chart.aged(10), 64), (chart.aged(16), 70))
    chart.trend(HEART_RATE, (chart.aged(0), 138), (chart.aged(4), 104), (chart.aged(16), 74))


def child_checks(chart: Chart, *, by: Clinician, since_years: float = 7.5) -> list[Visit]:
    """Well child visits with growth and the vaccines that are due."""
    visits = []
    for months in CHILD_CHECK_MONTHS:
        day = chart.aged(months / 12) + timedelta(days=chart.rng.randint(0, 5))
        if chart.ago(since_years) <= day <= chart.latest:
            visit = Visit(chart, day, CHILD_CHECK, by=by)
            growth(visit)
            for vaccine, dose in CHILD_VACCINES.get(months, ()):
                vaccinate(visit, vaccine, dose)
            visits.append(visit)
    return visits


def child_illness(
    chart: Chart,
    age: float,
    condition: Code,
    medicine: Medicine,
    *,
    by: Clinician,
) -> None:
    """A short illness of a child, treated and over within ten days."""
    visit = Visit(chart, chart.aged(age), PROBLEM, by=by, reason=condition)
    chart.trend(TEMPERATURE, (visit.day, 38.4), jitter=0.4)
    observe(visit, TEMPERATURE)
    observe(visit, HEART_RATE)
    found = diagnose(visit, condition, resolved=visit.day + timedelta(days=10))
    prescribe(visit, medicine, reason=found)


def check_ups(
    chart: Chart, *, by: Clinician, since: float, tests: Sequence[Panel] = (), every: float = 12
) -> list[Visit]:
    """Regular check-ups of an adult; the first also asks about smoking and takes the height."""
    visits: list[Visit] = []
    for day in chart.every(every, since=since, until=0.4):
        visit = Visit(chart, day, CHECK_UP, by=by)
        if not visits:
            observe(visit, HEIGHT)
            smoking(visit, NEVER_SMOKED)
        vitals(visit)
        labs(visit, *tests)
        visits.append(visit)
    return visits


def flu_jabs(chart: Chart, *, by: Clinician, since: float) -> None:
    """A flu vaccine every autumn."""
    for day in chart.autumns(since=since):
        vaccinate(Visit(chart, day, VACCINATION, by=by), INFLUENZA)


def adult_vaccines(chart: Chart, *, by: Clinician, given: Iterable[tuple[float, Code]]) -> None:
    """Single vaccines, each given so many years ago."""
    for years, vaccine in given:
        vaccinate(Visit(chart, chart.ago(years), VACCINATION, by=by), vaccine)


def short_illness(
    chart: Chart, years: float, condition: Code, *, by: Clinician, medicine: Medicine | None = None
) -> None:
    """An adult's short illness, over within two weeks."""
    visit = Visit(chart, chart.ago(years), PROBLEM, by=by, reason=condition)
    acute_vitals(visit)
    found = diagnose(visit, condition, resolved=visit.day + timedelta(days=14))
    if medicine:
        prescribe(visit, medicine, reason=found)


def emergency(
    chart: Chart, years: float, reason: Code, *, by: Clinician, kind: VisitKind = EMERGENCY
) -> Visit:
    """An unplanned visit with the vital signs that go with it."""
    visit = Visit(chart, chart.ago(years), kind, by=by, reason=reason)
    acute_vitals(visit)
    return visit
