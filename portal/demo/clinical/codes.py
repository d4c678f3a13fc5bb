"""The few codes that the stories use; the display texts are our own plain words."""

from dataclasses import dataclass
from typing import Final

HL7: Final = "http://terminology.hl7.org/CodeSystem/"
SNOMED: Final = "http://snomed.info/sct"
LOINC: Final = "http://loinc.org"
RXNORM: Final = "http://www.nlm.nih.gov/research/umls/rxnorm"
CVX: Final = "http://hl7.org/fhir/sid/cvx"
UCUM: Final = "http://unitsofmeasure.org"


@dataclass(frozen=True, slots=True)
class Code:
    """A concept in a code system."""

    system: str
    code: str
    display: str


def snomed(code: str, display: str) -> Code:
    """A SNOMED CT concept."""
    return Code(SNOMED, code, display)


def loinc(code: str, display: str) -> Code:
    """A LOINC concept."""
    return Code(LOINC, code, display)


# Conditions
ANXIETY = snomed("197480006", "Anxiety disorder")
ARTHRITIS = snomed("69896004", "Rheumatoid arthritis")
ASTHMA = snomed("195967001", "Asthma")
ATRIAL_FIBRILLATION = snomed("49436004", "Atrial fibrillation")
BRONCHITIS = snomed("10509002", "Acute bronchitis")
CATARACT = snomed("193570009", "Cataract")
COPD = snomed("13645005", "Chronic obstructive pulmonary disease")
DIABETES = snomed("44054006", "Type 2 diabetes")
EAR_INFECTION = snomed("65363002", "Middle ear infection")
ECZEMA = snomed("24079001", "Atopic eczema")
FALL = snomed("217082002", "Accidental fall")
ANKLE_FRACTURE = snomed("16114001", "Fracture of ankle")
FOREARM_FRACTURE = snomed("65966004", "Fracture of forearm")
GOUT = snomed("90560007", "Gout")
HAY_FEVER = snomed("367498001", "Hay fever")
HEART_ATTACK = snomed("22298006", "Heart attack")
HEART_FAILURE = snomed("84114007", "Heart failure")
HIGH_CHOLESTEROL = snomed("55822004", "High blood lipids")
HYPERTENSION = snomed("59621000", "Essential hypertension")
HYPOTHYROIDISM = snomed("40930008", "Underactive thyroid")
IRON_DEFICIENCY = snomed("87522002", "Iron deficiency anaemia")
ISCHAEMIC_HEART = snomed("414545008", "Ischaemic heart disease")
KIDNEY_DISEASE = snomed("433144002", "Chronic kidney disease, stage 3")
KNEE_ARTHRITIS = snomed("239873007", "Osteoarthritis of the knee")
MIGRAINE = snomed("37796009", "Migraine")
OSTEOPOROSIS = snomed("64859006", "Osteoporosis")
PREGNANCY = snomed("72892002", "Normal pregnancy")
SORE_THROAT = snomed("43878008", "Streptococcal sore throat")

# Allergies and reactions
GRASS_POLLEN = snomed("418689008", "Allergy to grass pollen")
HOUSE_DUST = snomed("232350006", "Allergy to house dust mites")
PEANUT = snomed("91935009", "Allergy to peanut")
PENICILLIN = snomed("91936005", "Allergy to penicillin")
RASH = snomed("271807003", "Rash")
HIVES = snomed("126485001", "Hives")
SNEEZING = snomed("76067001", "Sneezing")

# Procedures
CATARACT_SURGERY = snomed("54885007", "Cataract surgery")
CHEST_X_RAY = snomed("399208008", "X-ray of the chest")
CHILDBIRTH = snomed("66348005", "Childbirth")
CORONARY_STENT = snomed("415070008", "Opening of a coronary artery, with stent")
ECG = snomed("29303009", "Electrocardiogram")
ECHO = snomed("40701008", "Ultrasound of the heart")
EYE_SCREENING = snomed("134395001", "Diabetic eye screening")
FOOT_CHECK = snomed("401191002", "Diabetic foot check")
KNEE_REPLACEMENT = snomed("609588000", "Total knee replacement")
PLASTER_CAST = snomed("274474001", "Plaster cast")
PHYSIOTHERAPY = snomed("91251008", "Physiotherapy")
PREGNANCY_SCAN = snomed("268445003", "Ultrasound scan in pregnancy")
SPIROMETRY = snomed("127783003", "Breathing test (spirometry)")

# Smoking status
EX_SMOKER = snomed("8517006", "Ex-smoker")
NEVER_SMOKED = snomed("266919005", "Never smoked")
SMOKING_STATUS = loinc("72166-2", "Tobacco smoking status")

# Documents
DISCHARGE_SUMMARY = loinc("18842-5", "Discharge summary")
OPERATION_NOTE = loinc("11504-8", "Operation note")
PROGRESS_NOTE = loinc("11506-3", "Progress note")
CLINIC_LETTER = loinc("11488-4", "Consultation note")

# Vaccines
CHICKENPOX = Code(CVX, "21", "Chickenpox")
DTAP = Code(CVX, "20", "Diphtheria, tetanus and whooping cough")
HEPATITIS_A = Code(CVX, "83", "Hepatitis A")
HEPATITIS_B = Code(CVX, "08", "Hepatitis B")
HIB = Code(CVX, "48", "Haemophilus influenzae type b")
HPV = Code(CVX, "165", "Human papillomavirus")
INFLUENZA = Code(CVX, "150", "Seasonal influenza")
MENINGOCOCCUS = Code(CVX, "114", "Meningococcus A, C, W and Y")
MMR = Code(CVX, "03", "Measles, mumps and rubella")
PNEUMOCOCCUS = Code(CVX, "133", "Pneumococcus (conjugate)")
PNEUMOCOCCUS_ADULT = Code(CVX, "33", "Pneumococcus (polysaccharide)")
POLIO = Code(CVX, "10", "Poliomyelitis")
ROTAVIRUS = Code(CVX, "119", "Rotavirus")
SHINGLES = Code(CVX, "187", "Shingles")
TDAP = Code(CVX, "115", "Tetanus, diphtheria and whooping cough booster")
