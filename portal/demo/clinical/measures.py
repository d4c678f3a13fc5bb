"""What is measured: codes, units, written precision, usual values and reference ranges."""

from dataclasses import dataclass, replace
from typing import Final, Literal

from portal.demo.clinical.codes import Code, loinc

Category = Literal["vital-signs", "laboratory", "exam", "survey", "procedure"]


@dataclass(frozen=True, slots=True)
class Unit:
    """A UCUM unit and how people write it."""

    ucum: str
    printed: str


@dataclass(frozen=True, slots=True)
class Range:
    """Reference limits as the laboratory writes them, so that 4.0 stays 4.0."""

    low: str | None = None
    high: str | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of observation; `typical` and `jitter` are in its unit."""

    code: Code
    unit: Unit
    places: int
    typical: float
    jitter: float
    normal: Range | None = None
    normal_female: Range | None = None
    category: Category = "laboratory"
    ceiling: float = float("inf")

    def range_for(self, gender: str) -> Range | None:
        """The reference range that applies to a person of this gender."""
        return self.normal_female if gender == "female" and self.normal_female else self.normal


@dataclass(frozen=True, slots=True)
class Panel:
    """Measures that a laboratory reports together."""

    code: Code
    measures: tuple[Measure, ...]


MG_DL = Unit("mg/dL", "mg/dL")
MMOL_L = Unit("mmol/L", "mmol/L")
MMHG = Unit("mm[Hg]", "mmHg")
PER_MINUTE = Unit("/min", "/min")
PERCENT = Unit("%", "%")
CM = Unit("cm", "cm")
SCORE = Unit("{score}", "points")
CELLS = Unit("10*3/uL", "10³/µL")


def _vital(code: Code, unit: Unit, places: int, typical: float, jitter: float) -> Measure:
    return Measure(code, unit, places, typical, jitter, category="vital-signs")


BLOOD_PRESSURE: Final = loinc("85354-9", "Blood pressure")
SYSTOLIC = _vital(loinc("8480-6", "Systolic blood pressure"), MMHG, 0, 117, 4.5)
DIASTOLIC = _vital(loinc("8462-4", "Diastolic blood pressure"), MMHG, 0, 75, 3.5)
HEART_RATE = _vital(loinc("8867-4", "Heart rate"), PER_MINUTE, 0, 70, 4)
RESPIRATION = _vital(loinc("9279-1", "Breathing rate"), PER_MINUTE, 0, 15, 1.2)
TEMPERATURE = _vital(loinc("8310-5", "Body temperature"), Unit("Cel", "°C"), 1, 36.7, 0.2)
OXYGEN = replace(
    _vital(loinc("59408-5", "Oxygen saturation (pulse oximetry)"), PERCENT, 0, 98, 0.8),
    ceiling=100,
)
WEIGHT = _vital(loinc("29463-7", "Body weight"), Unit("kg", "kg"), 1, 70, 0.5)
# Grown-ups do not change height between visits, and children never shrink.
HEIGHT = _vital(loinc("8302-2", "Body height"), CM, 1, 168, 0)
BMI = _vital(loinc("39156-5", "Body mass index"), Unit("kg/m2", "kg/m²"), 1, 24, 0)
HEAD = _vital(loinc("9843-4", "Head circumference"), CM, 1, 35, 0)

HBA1C = Measure(loinc("4548-4", "HbA1c"), PERCENT, 1, 5.3, 0.1, Range("4.0", "5.6"))
GLUCOSE = Measure(loinc("2339-0", "Glucose"), MG_DL, 0, 88, 4, Range("70", "99"))
LDL = Measure(loinc("13457-7", "LDL cholesterol"), MG_DL, 0, 96, 7, Range(high="129"))
HDL = Measure(loinc("2085-9", "HDL cholesterol"), MG_DL, 0, 56, 3, Range(low="40"))
TRIGLYCERIDES = Measure(loinc("2571-8", "Triglycerides"), MG_DL, 0, 105, 12, Range(high="149"))
CHOLESTEROL = Measure(loinc("2093-3", "Total cholesterol"), MG_DL, 0, 173, 0, Range(high="199"))
CREATININE = Measure(
    loinc("2160-0", "Creatinine"),
    MG_DL,
    2,
    0.86,
    0.04,
    Range("0.70", "1.30"),
    Range("0.50", "1.10"),
)
EGFR = Measure(
    loinc("98979-8", "Kidney function (eGFR)"),
    Unit("mL/min/{1.73_m2}", "mL/min/1.73 m²"),
    0,
    95,
    0,
    Range(low="60"),
)
SODIUM = Measure(loinc("2951-2", "Sodium"), MMOL_L, 0, 140, 1.2, Range("135", "145"))
POTASSIUM = Measure(loinc("2823-3", "Potassium"), MMOL_L, 1, 4.2, 0.2, Range("3.5", "5.1"))
ALBUMIN_RATIO = Measure(
    loinc("9318-7", "Urine albumin to creatinine ratio"),
    Unit("mg/g", "mg/g"),
    0,
    12,
    3,
    Range(high="29"),
)
TSH = Measure(
    loinc("3016-3", "TSH"), Unit("m[IU]/L", "mIU/L"), 2, 1.90, 0.25, Range("0.40", "4.00")
)
FREE_T4 = Measure(
    loinc("3024-7", "Free T4"), Unit("ng/dL", "ng/dL"), 2, 1.20, 0.07, Range("0.80", "1.80")
)
HAEMOGLOBIN = Measure(
    loinc("718-7", "Haemoglobin"),
    Unit("g/dL", "g/dL"),
    1,
    14.0,
    0.25,
    Range("13.0", "17.5"),
    Range("12.0", "15.5"),
)
WHITE_CELLS = Measure(
    loinc("6690-2", "White blood cells"), CELLS, 1, 6.4, 0.6, Range("4.0", "11.0")
)
PLATELETS = Measure(loinc("777-3", "Platelets"), CELLS, 0, 250, 15, Range("150", "400"))
CELL_VOLUME = Measure(
    loinc("787-2", "Mean cell volume"), Unit("fL", "fL"), 1, 90.0, 0.8, Range("80.0", "100.0")
)
FERRITIN = Measure(
    loinc("2276-4", "Ferritin"),
    Unit("ng/mL", "ng/mL"),
    0,
    85,
    7,
    Range("30", "400"),
    Range("15", "150"),
)
CRP = Measure(
    loinc("1988-5", "C-reactive protein"), Unit("mg/L", "mg/L"), 1, 2.0, 0.6, Range(high="5.0")
)
ALT = Measure(
    loinc("1742-6", "Alanine transaminase (ALT)"), Unit("U/L", "U/L"), 0, 21, 3, Range(high="40")
)
URIC_ACID = Measure(
    loinc("3084-1", "Uric acid"), MG_DL, 1, 5.4, 0.25, Range("3.5", "7.2"), Range("2.6", "6.0")
)
NT_PROBNP = Measure(
    loinc("33762-6", "NT-proBNP"), Unit("pg/mL", "pg/mL"), 0, 90, 15, Range(high="300")
)

PEAK_FLOW = Measure(
    loinc("19935-6", "Peak expiratory flow"), Unit("L/min", "L/min"), 0, 420, 12, category="exam"
)
FUNDAL_HEIGHT = Measure(loinc("11881-0", "Fundal height"), CM, 1, 24, 0.5, category="exam")
FETAL_HEART = Measure(loinc("55283-6", "Fetal heart rate"), PER_MINUTE, 0, 142, 5, category="exam")
PAIN = Measure(loinc("72514-3", "Pain score (0 to 10)"), SCORE, 0, 2, 0.8, None, None, "survey", 10)
WORRY = Measure(loinc("70274-6", "GAD-7 anxiety score"), SCORE, 0, 3, 0.8, None, None, "survey", 21)

HBA1C_TEST = Panel(HBA1C.code, (HBA1C,))
GLUCOSE_TEST = Panel(GLUCOSE.code, (GLUCOSE,))
LIPIDS = Panel(loinc("24331-1", "Blood lipids"), (CHOLESTEROL, HDL, TRIGLYCERIDES, LDL))
KIDNEY = Panel(loinc("51990-0", "Basic metabolic panel"), (CREATININE, EGFR, SODIUM, POTASSIUM))
KIDNEY_URINE = Panel(ALBUMIN_RATIO.code, (ALBUMIN_RATIO,))
THYROID = Panel(loinc("24348-5", "Thyroid function"), (TSH, FREE_T4))
BLOOD_COUNT = Panel(
    loinc("58410-2", "Full blood count"), (HAEMOGLOBIN, WHITE_CELLS, PLATELETS, CELL_VOLUME)
)
IRON = Panel(FERRITIN.code, (FERRITIN,))
INFLAMMATION = Panel(CRP.code, (CRP,))
LIVER = Panel(ALT.code, (ALT,))
GOUT_TEST = Panel(URIC_ACID.code, (URIC_ACID,))
HEART_STRAIN = Panel(NT_PROBNP.code, (NT_PROBNP,))
