"""The profiles of US Core 6.1.0, asked for by their URL."""

from datetime import date
from typing import Any

import pytest

from portal.demo.clinical.bundles import bundles
from records.fhir.definitions import elements
from records.fhir.us_core import CANONICAL, PROFILES
from records.fhir.validation import validated

Json = dict[str, Any]
TERMS = "http://terminology.hl7.org/CodeSystem/"
LOINC = "http://loinc.org"
SUBJECT = {"reference": "Patient/a"}


def concept(system: str, *codes: str) -> Json:
    return {"coding": [{"system": system, "code": code} for code in codes]}


def category(code: str, system: str = "observation-category") -> list[Json]:
    return [concept(TERMS + system, code)]


def quantity(unit: str) -> Json:
    return {"value": 1, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit}


def vital(*codes: str, unit: str = "/min") -> Json:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": category("vital-signs"),
        "code": concept(LOINC, *codes),
        "subject": SUBJECT,
        "effectiveDateTime": "2026-03-01",
        "valueQuantity": quantity(unit),
    }


def component(code: str) -> Json:
    return {"code": concept(LOINC, code), "valueQuantity": quantity("mm[Hg]")}


PRESSURE = {key: part for key, part in vital("85354-9").items() if key != "valueQuantity"}
CONDITION = {"resourceType": "Condition", "code": {"text": "a"}, "subject": SUBJECT}
REPORT = {
    "resourceType": "DiagnosticReport",
    "status": "final",
    "category": category("LAB", "v2-0074"),
    "code": {"text": "a"},
    "subject": SUBJECT,
}
PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": "http://a", "value": "1"}],
    "name": [{"family": "A"}],
    "gender": "other",
}


def origin(kind: str, *parts: Json) -> Json:
    return {"url": CANONICAL + kind, "extension": list(parts)}


def omb(code: str) -> Json:
    coding = {"system": "urn:oid:2.16.840.1.113883.6.238", "code": code}
    return {"url": "ombCategory", "valueCoding": coding}


TEXT = {"url": "text", "valueString": "a"}

VALID: dict[str, Json] = {
    "us-core-allergyintolerance": {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": concept(TERMS + "allergyintolerance-clinical", "active"),
        "code": {"text": "a"},
        "patient": SUBJECT,
    },
    "us-core-careplan": {
        "resourceType": "CarePlan",
        "status": "active",
        "intent": "plan",
        "category": [
            concept("http://hl7.org/fhir/us/core/CodeSystem/careplan-category", "assess-plan")
        ],
        "subject": SUBJECT,
    },
    "us-core-careteam": {
        "resourceType": "CareTeam",
        "subject": SUBJECT,
        "participant": [{"role": [{"text": "a"}], "member": {"reference": "Practitioner/a"}}],
    },
    "us-core-condition-encounter-diagnosis": {
        **CONDITION,
        "category": category("encounter-diagnosis", "condition-category"),
    },
    "us-core-condition-problems-health-concerns": {
        **CONDITION,
        "category": category("problem-list-item", "condition-category"),
    },
    "us-core-diagnosticreport-lab": REPORT,
    "us-core-diagnosticreport-note": REPORT,
    "us-core-documentreference": {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"text": "a"},
        "category": [{"text": "a"}],
        "subject": SUBJECT,
        "content": [{"attachment": {"url": "http://a"}}],
    },
    "us-core-encounter": {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"code": "AMB"},
        "type": [{"text": "a"}],
        "subject": SUBJECT,
    },
    "us-core-goal": {
        "resourceType": "Goal",
        "lifecycleStatus": "active",
        "description": {"text": "a"},
        "subject": SUBJECT,
    },
    "us-core-immunization": {
        "resourceType": "Immunization",
        "status": "completed",
        "vaccineCode": {"text": "a"},
        "patient": SUBJECT,
        "occurrenceDateTime": "2026",
    },
    "us-core-medicationrequest": {
        "resourceType": "MedicationRequest",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "a"},
        "subject": SUBJECT,
        "requester": {"reference": "Practitioner/a"},
    },
    "us-core-observation-lab": {
        **vital("1-8"),
        "category": category("laboratory"),
    },
    "us-core-organization": {"resourceType": "Organization", "name": "A", "active": True},
    "us-core-patient": {
        **PATIENT,
        "extension": [
            origin("us-core-race", omb("2106-3"), omb("2028-9"), TEXT),
            origin("us-core-ethnicity", omb("2186-5"), TEXT),
            {"url": CANONICAL + "us-core-birthsex", "valueCode": "F"},
        ],
    },
    "us-core-practitioner": {
        "resourceType": "Practitioner",
        "identifier": [{"system": "http://hl7.org/fhir/sid/us-npi", "value": "1"}],
        "name": [{"family": "A"}],
    },
    "us-core-procedure": {
        "resourceType": "Procedure",
        "status": "completed",
        "code": {"text": "a"},
        "subject": SUBJECT,
        "performedDateTime": "2026",
    },
    "us-core-smokingstatus": {
        **{key: part for key, part in vital("72166-2").items() if key != "valueQuantity"},
        "category": category("social-history"),
        "valueCodeableConcept": {"text": "a"},
    },
    "us-core-vital-signs": vital("1-8"),
    "us-core-blood-pressure": {
        **PRESSURE,
        "component": [component("8480-6"), component("8462-4")],
    },
    "us-core-bmi": vital("39156-5", unit="kg/m2"),
    "us-core-body-height": vital("8302-2", unit="cm"),
    "us-core-body-temperature": vital("8310-5", unit="Cel"),
    "us-core-body-weight": vital("29463-7", unit="kg"),
    "us-core-head-circumference": vital("9843-4", unit="cm"),
    "us-core-heart-rate": vital("8867-4"),
    "us-core-pulse-oximetry": vital("59408-5", "2708-6", unit="%"),
    "us-core-respiratory-rate": vital("9279-1"),
    "head-occipital-frontal-circumference-percentile": vital("8289-1", unit="%"),
    "pediatric-bmi-for-age": vital("59576-9", unit="%"),
    "pediatric-weight-for-height": vital("77606-2", unit="%"),
}


def problems(name: str, /, **changes: Any) -> list[tuple[str, str]]:
    """The places and texts for a valid resource with changes; None takes an element away."""
    resource = {**VALID[name], **changes}
    resource = {key: part for key, part in resource.items() if part is not None}
    return [(p.place, p.text) for p in validated(resource, profiles=[CANONICAL + name])]


@pytest.mark.parametrize("name", PROFILES)
def test_each_profile_has_resources_that_are_valid_by_it(name):
    assert problems(name) == []


@pytest.mark.parametrize("name", PROFILES)
def test_what_a_profile_needs_is_missed(name):
    resource = VALID[name]
    for path in PROFILES[name].needed:
        first = path.partition(".")[0]
        for key in [k for k in resource if k == first or k.startswith(first.removesuffix("[x]"))]:
            assert problems(name, **{key: None}), path


@pytest.mark.parametrize("name", PROFILES)
def test_the_paths_of_a_profile_are_r4s(name):
    profile = PROFILES[name]
    paths = {element["path"] for element in elements(profile.type)}
    for path in (*profile.needed, *profile.codes, *profile.targets, *dict(profile.having)):
        first = path.partition(".")[0]
        assert f"{profile.type}.{first}" in paths, path


WRONG: list[tuple[str, str, Json]] = [
    ("us-core-patient", "Patient.gender", {"gender": None}),
    ("us-core-patient", "Patient.identifier[0].system", {"identifier": [{"value": "1"}]}),
    ("us-core-patient", "Patient.name[0]", {"name": [{"text": "A"}]}),
    ("us-core-patient", "Patient.telecom[0].value", {"telecom": [{"system": "phone"}]}),
    ("us-core-patient", "Patient.extension[0]",
     {"extension": [origin("us-core-race", omb("2106-3"))]}),  # no text
    ("us-core-patient", "Patient.extension[0]",
     {"extension": [origin("us-core-race", omb("2186-5"), TEXT)]}),  # an ethnicity
    ("us-core-patient", "Patient.extension[0]",
     {"extension": [origin("us-core-ethnicity", omb("2135-2"), omb("2186-5"), TEXT)]}),
    ("us-core-patient", "Patient.extension[0]",
     {"extension": [{"url": CANONICAL + "us-core-birthsex", "valueCode": "X"}]}),
    ("us-core-careplan", "CarePlan.category", {"category": [{"text": "a"}]}),
    ("us-core-careplan", "CarePlan.text.status",
     {"text": {"status": "empty", "div": "<div xmlns='http://www.w3.org/1999/xhtml'>a</div>"}}),
    ("us-core-careteam", "CareTeam.participant[0].member",
     {"participant": [{"role": [{"text": "a"}]}]}),
    ("us-core-condition-problems-health-concerns", "Condition.category",
     {"category": category("encounter-diagnosis", "condition-category")}),
    ("us-core-condition-encounter-diagnosis", "Condition.subject",
     {"subject": {"reference": "Group/a"}}),
    ("us-core-documentreference", "DocumentReference.content[0].attachment",
     {"content": [{"attachment": {"title": "a"}}]}),
    ("us-core-encounter", "Encounter.identifier[0].value", {"identifier": [{"system": "http://a"}]}),
    ("us-core-medicationrequest", "MedicationRequest", {"requester": None}),
    ("us-core-procedure", "Procedure", {"performedDateTime": None}),
    ("us-core-observation-lab", "Observation", {"valueQuantity": None}),
    ("us-core-observation-lab", "Observation.category", {"category": category("vital-signs")}),
    ("us-core-smokingstatus", "Observation.status", {"status": "amended"}),
    ("us-core-smokingstatus", "Observation.effectivePeriod",
     {"effectiveDateTime": None, "effectivePeriod": {"start": "2026"}}),
    ("us-core-heart-rate", "Observation", {"effectiveDateTime": "2026-03"}),
    ("us-core-heart-rate", "Observation", {"valueQuantity": None}),
    ("us-core-heart-rate", "Observation.code", {"code": concept(LOINC, "8302-2")}),
    ("us-core-heart-rate", "Observation.valueQuantity", {"valueQuantity": quantity("mm")}),
    ("us-core-heart-rate", "Observation.valueQuantity", {"valueQuantity": {"value": 1}}),
    ("us-core-heart-rate", "Observation.valueString",
     {"valueQuantity": None, "valueString": "a"}),
    ("us-core-pulse-oximetry", "Observation.code", {"code": concept(LOINC, "59408-5")}),
    ("us-core-blood-pressure", "Observation.component.code",
     {"component": [component("8480-6")]}),
    ("us-core-blood-pressure", "Observation.component[1]",
     {"component": [component("8480-6"), {"code": concept(LOINC, "8462-4")}]}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "place", "changes"), WRONG)
def test_each_rule_of_a_profile_is_kept(name, place, changes):
    ((found, text),) = problems(name, **changes)
    assert found == place
    assert text


def test_why_a_name_is_absent_may_stand_for_it():
    url = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
    name = {"extension": [{"url": url, "valueCode": "masked"}]}
    assert problems("us-core-patient", name=[name]) == []


def test_the_version_may_be_named_and_must_be_this_one():
    url = CANONICAL + "us-core-patient"
    assert validated(PATIENT, profiles=[url + "|6.1.0"]) == []
    assert validated(PATIENT, profiles=[url + "|3.1.1"])


@pytest.mark.parametrize("url", [CANONICAL + "us-core-goal", CANONICAL + "nothing", "", "patient"])
def test_a_profile_that_does_not_fit_or_is_unknown_is_a_problem(url):
    assert len(validated(PATIENT, profiles=[url])) == 1


def test_no_profile_is_asked_for_what_is_not_even_valid():
    broken = {**PATIENT, "gender": "x", "name": None}
    assert [p.place for p in validated(broken, profiles=[CANONICAL + "us-core-goal"])] == [
        p.place for p in validated(broken)
    ]


def test_what_the_demonstration_records_of_people_is_us_core():
    """Most of it, by the profiles that have no category to choose between them."""
    names = {
        "Patient": "us-core-patient", "Practitioner": "us-core-practitioner",
        "Organization": "us-core-organization", "Encounter": "us-core-encounter",
        "AllergyIntolerance": "us-core-allergyintolerance", "Goal": "us-core-goal",
        "Immunization": "us-core-immunization", "Procedure": "us-core-procedure",
        "MedicationRequest": "us-core-medicationrequest", "CareTeam": "us-core-careteam",
    }  # fmt: skip
    for bundle in bundles(today=date(2026, 11, 1)):
        entries: Any = bundle["entry"]
        for entry in entries:
            if name := names.get(entry["resource"]["resourceType"]):
                assert validated(entry["resource"], profiles=[CANONICAL + name]) == []
