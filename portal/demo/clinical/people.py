"""Who appears in the demo data, all of it made up; the ids below are what the portal relies on."""

from typing import Final

from portal.demo.clinical.identity import Clinician, Organisation, Person

HARBOUR = Organisation(
    "harbour-hospital",
    "Harbour General Hospital (demo)",
    "Hospital",
    "555-0101",
    "1 Imaginary Quay",
    "Port Fiction",
)
WILLOW = Organisation(
    "willow-practice",
    "Willow Lane Family Practice (demo)",
    "Family practice",
    "555-0102",
    "14 Willow Lane",
    "Little Placeholder",
)
MAPLE = Organisation(
    "maple-practice",
    "Maple Square Health Centre (demo)",
    "Family practice",
    "555-0103",
    "3 Maple Square",
    "Port Fiction",
)
BRIGHT = Organisation(
    "bright-lab",
    "Bright Laboratory (demo)",
    "Laboratory",
    "555-0104",
    "20 Pipette Road",
    "Upper Testing",
)
CORNER = Organisation(
    "corner-pharmacy",
    "Corner House Pharmacy (demo)",
    "Pharmacy",
    "555-0105",
    "2 Market Corner",
    "Little Placeholder",
)
ORGANISATIONS: Final = (HARBOUR, WILLOW, MAPLE, BRIGHT, CORNER)

HADDAD = Clinician("Amal", "Haddad", "female", "doctor", "medicine", HARBOUR)
DEMOFIELD = Clinician("Jonas", "Demofield", "male", "doctor", "orthopaedics", HARBOUR)
MOCKWELL = Clinician("Ines", "Mockwell", "female", "doctor", "emergency", HARBOUR)
TESTERLY = Clinician("Sade", "Testerly", "female", "doctor", "obstetrics", HARBOUR)
LENSWORTH = Clinician("Arun", "Lensworth", "male", "doctor", "eyes", HARBOUR)
SAMPLEFORD = Clinician("Rowan", "Sampleford", "male", "doctor", "family", WILLOW)
PROTOVILLE = Clinician("Tess", "Protoville", "female", "nurse", "", WILLOW)
TRIALSON = Clinician("Bilal", "Trialson", "male", "doctor", "family", MAPLE)
PLACEWOOD = Clinician("Kiri", "Placewood", "female", "nurse", "", MAPLE)
ASSAYWORTH = Clinician("Lena", "Assayworth", "female", "doctor", "pathology", BRIGHT)
DOSEWELL = Clinician("Omar", "Dosewell", "male", "pharmacist", "", CORNER)
CLINICIANS: Final = (
    HADDAD,
    DEMOFIELD,
    MOCKWELL,
    TESTERLY,
    LENSWORTH,
    SAMPLEFORD,
    PROTOVILLE,
    TRIALSON,
    PLACEWOOD,
    ASSAYWORTH,
    DOSEWELL,
)
NURSE_AT: Final = {WILLOW: PROTOVILLE, MAPLE: PLACEWOOD}

ROBIN = Person("Robin", "Example", "female", 47.3, "555-0110", "8 Sample Row", SAMPLEFORD)
MEI = Person("Mei", "Placeholder", "female", 32.6, "555-0111", "21 Demo Terrace", TRIALSON)
JUNO = Person(
    "Juno",
    "Placeholder",
    "female",
    0.57,
    "555-0111",
    "21 Demo Terrace",
    TRIALSON,
    guardian=MEI.name,
)
NOOR = Person(
    "Noor",
    "Testwood",
    "female",
    4.4,
    "555-0112",
    "5 Trial Close",
    SAMPLEFORD,
    language="ar",
    guardian="Salma Testwood",
)
SEUN = Person(
    "Oluwaseun",
    "Sample",
    "male",
    9.2,
    "555-0113",
    "30 Mock Street",
    TRIALSON,
    guardian="Bisi Sample",
)
LEILA = Person(
    "Leila",
    "Sampleton",
    "female",
    16.1,
    "555-0114",
    "17 Fable Avenue",
    SAMPLEFORD,
    guardian="Karim Sampleton",
)
ALEX = Person("Alex", "Ipsum", "other", 19.8, "555-0115", "2 Storybook Yard", TRIALSON)
YUKI = Person("Yuki", "Invented", "male", 23.5, "555-0116", "9 Fable Avenue", TRIALSON)
TOMASZ = Person("Tomasz", "Imaginary", "male", 29.4, "555-0117", "44 Mock Street", SAMPLEFORD)
FATIMA = Person(
    "Fatima", "Fictional", "female", 36.9, "555-0118", "12 Demo Terrace", TRIALSON, language="ar"
)
PRIYA = Person("Priya", "Specimen", "female", 39.7, "555-0119", "6 Sample Row", SAMPLEFORD)
AROHA = Person("Aroha", "Makebelieve", "female", 52.2, "555-0120", "3 Trial Close", SAMPLEFORD)
KWAME = Person("Kwame", "Demoson", "male", 58.8, "555-0121", "27 Mock Street", TRIALSON)
MATEO = Person(
    "Mateo", "Fictus", "male", 64.3, "555-0122", "1 Storybook Yard", SAMPLEFORD, language="es"
)
ROSA = Person("Rosa", "Prototype", "female", 67.6, "555-0123", "40 Fable Avenue", TRIALSON)
SAMUEL = Person("Samuel", "Notreal", "male", 70.5, "555-0124", "11 Trial Close", TRIALSON)
HENRIK = Person("Henrik", "Lorem", "male", 75.1, "555-0125", "19 Sample Row", SAMPLEFORD)
INGRID = Person("Ingrid", "Mockford", "female", 81.4, "555-0126", "2 Demo Terrace", TRIALSON)
PATIENTS: Final = (
    ROBIN,
    MEI,
    JUNO,
    NOOR,
    SEUN,
    LEILA,
    ALEX,
    YUKI,
    TOMASZ,
    FATIMA,
    PRIYA,
    AROHA,
    KWAME,
    MATEO,
    ROSA,
    SAMUEL,
    HENRIK,
    INGRID,
)

# Ids that the portal's demo accounts and pages refer to.
HARBOUR_HOSPITAL: Final = HARBOUR.id
WILLOW_PRACTICE: Final = WILLOW.id
MAPLE_PRACTICE: Final = MAPLE.id
BRIGHT_LAB: Final = BRIGHT.id
CORNER_PHARMACY: Final = CORNER.id
DEMO_PATIENT: Final = ROBIN.id
DEMO_CLINICIAN: Final = HADDAD.id

# Seen at Harbour Hospital at least once; the demo patient never was, and that must stay so:
# the demo shows a clinician there who sees nothing until the patient shares it.
HARBOUR_PATIENTS: Final = tuple(
    person.id
    for person in (MEI, JUNO, LEILA, YUKI, FATIMA, KWAME, MATEO, ROSA, SAMUEL, HENRIK, INGRID)
)
