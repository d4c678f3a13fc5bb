"""Medicines by their RxNorm ingredient, with strength and directions in plain words."""

from dataclasses import dataclass

from portal.demo.clinical.codes import RXNORM, Code


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine as prescribed; `per_day` is empty for what is taken only when needed."""

    code: Code
    name: str
    directions: str
    per_day: int | None = 1


def _medicine(
    code: str, ingredient: str, strength: str, directions: str, per_day: int | None = 1
) -> Medicine:
    name = f"{ingredient} {strength}"
    return Medicine(Code(RXNORM, code, ingredient), name, directions, per_day)


ONCE = "Take one tablet once a day."
ALENDRONATE = _medicine(
    "46041",
    "Alendronate",
    "70 mg tablet",
    "Take one tablet once a week, with a full glass of water, and stay upright for half an hour.",
    None,
)
ALLOPURINOL = _medicine("519", "Allopurinol", "200 mg tablet", ONCE)
AMLODIPINE = _medicine("17767", "Amlodipine", "5 mg tablet", ONCE)
AMOXICILLIN = _medicine(
    "723", "Amoxicillin", "250 mg/5 mL suspension", "Give 5 mL three times a day for seven days.", 3
)
APIXABAN = _medicine("1364430", "Apixaban", "5 mg tablet", "Take one tablet twice a day.", 2)
ASPIRIN = _medicine("1191", "Aspirin", "81 mg tablet", ONCE)
ATORVASTATIN = _medicine("83367", "Atorvastatin", "20 mg tablet", "Take one tablet at bedtime.")
ATORVASTATIN_HIGH = _medicine(
    "83367", "Atorvastatin", "80 mg tablet", "Take one tablet at bedtime."
)
BISOPROLOL = _medicine("19484", "Bisoprolol", "5 mg tablet", "Take one tablet every morning.")
CETIRIZINE = _medicine(
    "20610", "Cetirizine", "10 mg tablet", "Take one tablet on days with symptoms.", None
)
CLOPIDOGREL = _medicine("32968", "Clopidogrel", "75 mg tablet", ONCE)
EPINEPHRINE = _medicine(
    "3992",
    "Epinephrine",
    "0.15 mg auto-injector",
    "Use at once for a severe allergic reaction, then call for help.",
    None,
)
FERROUS_SULFATE = _medicine(
    "24947", "Ferrous sulfate", "325 mg tablet", "Take one tablet every other day.", None
)
FLUTICASONE = _medicine(
    "41126", "Fluticasone", "110 µg inhaler", "Inhale one puff twice a day with a spacer.", 2
)
FOLIC_ACID = _medicine("4511", "Folic acid", "0.4 mg tablet", ONCE)
FUROSEMIDE = _medicine("4603", "Furosemide", "40 mg tablet", "Take one tablet every morning.")
HYDROCORTISONE = _medicine(
    "5492", "Hydrocortisone", "1 % cream", "Apply thinly to sore skin, at most seven days.", None
)
IBUPROFEN = _medicine(
    "5640", "Ibuprofen", "400 mg tablet", "Take one tablet with food if the pain needs it.", None
)
LEVOTHYROXINE_LOW = _medicine(
    "10582", "Levothyroxine", "50 µg tablet", "Take one tablet before breakfast."
)
LEVOTHYROXINE = _medicine(
    "10582", "Levothyroxine", "88 µg tablet", "Take one tablet before breakfast."
)
LISINOPRIL_LOW = _medicine("29046", "Lisinopril", "10 mg tablet", ONCE)
LISINOPRIL = _medicine("29046", "Lisinopril", "20 mg tablet", ONCE)
METFORMIN_LOW = _medicine(
    "6809", "Metformin", "500 mg tablet", "Take one tablet twice a day with meals.", 2
)
METFORMIN = _medicine(
    "6809", "Metformin", "1000 mg tablet", "Take one tablet twice a day with meals.", 2
)
METHOTREXATE = _medicine(
    "6851", "Methotrexate", "15 mg", "Take once a week, always on the same day.", None
)
PARACETAMOL = _medicine(
    "161", "Acetaminophen", "500 mg tablet", "Take one or two tablets, at most eight a day.", None
)
PENICILLIN_V = _medicine(
    "7984", "Penicillin V", "250 mg tablet", "Give one tablet three times a day for ten days.", 3
)
PREDNISONE = _medicine(
    "8640", "Prednisone", "40 mg", "Take once a day for five days, then stop.", 1
)
PROPRANOLOL = _medicine("8787", "Propranolol", "80 mg capsule", "Take one capsule once a day.")
SALBUTAMOL = _medicine(
    "435", "Albuterol", "90 µg inhaler", "Inhale two puffs when breathing is tight.", None
)
SERTRALINE = _medicine("36437", "Sertraline", "50 mg tablet", "Take one tablet every morning.")
SUMATRIPTAN = _medicine(
    "37418", "Sumatriptan", "50 mg tablet", "Take one tablet when an attack begins.", None
)
TIOTROPIUM = _medicine("69120", "Tiotropium", "18 µg capsule", "Inhale one capsule once a day.")
VITAMIN_D = _medicine("2418", "Vitamin D3", "1000 units tablet", ONCE)
