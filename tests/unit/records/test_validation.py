"""Whether a resource is valid FHIR R4: what the JSON schema says, and what it can't."""

import copy
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.demo.clinical.bundles import bundles
from records.fhir.definitions import elements, value_set
from records.fhir.elements import check_of, leads_somewhere
from records.fhir.invariants import RULES
from records.fhir.schema import MOST_PROBLEMS, resource_types
from records.fhir.validation import validated

Json = dict[str, Any]
TERMS = "http://terminology.hl7.org/CodeSystem/"


def concept(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def of(type: str, /, **elements: Any) -> Json:
    """A resource that is valid but for what is given; None takes an element away."""
    resource = {"resourceType": type, **copy.deepcopy(VALID.get(type, {})), **elements}
    return {key: value for key, value in resource.items() if value is not None}


VALID: dict[str, Json] = {
    "AllergyIntolerance": {
        "clinicalStatus": concept(TERMS + "allergyintolerance-clinical", "active"),
        "patient": {"reference": "Patient/a"},
    },
    "Bundle": {"type": "collection"},
    "Condition": {"subject": {"reference": "Patient/a"}},
    "Consent": {
        "status": "active",
        "scope": {"text": "a"},
        "category": [{"text": "b"}],
        "policyRule": {"text": "c"},
    },
    "MedicationRequest": {
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "a"},
        "subject": {"reference": "Patient/a"},
    },
    "Observation": {"status": "final", "code": concept("http://loinc.org", "1234-5")},
    "Organization": {"name": "Somewhere"},
}
WRONG = concept(TERMS + "condition-ver-status", "entered-in-error")
NOT_AN_ALLERGY = concept(TERMS + "allergyintolerance-verification", "entered-in-error")


@pytest.mark.parametrize("type", [*VALID, "Patient"])
def test_what_the_cases_start_from_is_valid(type):
    assert validated(of(type)) == []


def patient(**elements: Any) -> Json:
    return of("Patient", **elements)


def observation(**elements: Any) -> Json:
    return of("Observation", **elements)


def timing(**repeat: Any) -> Json:
    return of("MedicationRequest", dosageInstruction=[{"timing": {"repeat": repeat}}])


def bundle(*entries: Json, **elements: Any) -> Json:
    return of("Bundle", entry=list(entries), **elements)


REPEATS: list[tuple[str, Json]] = [
    ("tim-1", {"duration": 1}),
    ("tim-2", {"period": 1}),
    ("tim-4", {"duration": -1, "durationUnit": "h"}),
    ("tim-5", {"period": Decimal("-0.5"), "periodUnit": "h"}),
    ("tim-6", {"periodMax": 1}),
    ("tim-7", {"durationMax": 1}),
    ("tim-8", {"countMax": 2}),
    ("tim-9", {"offset": 5}),
    ("tim-9", {"offset": 5, "when": ["CM"]}),
    ("tim-10", {"timeOfDay": ["10:00:00"], "when": ["AC"]}),
]

PROBLEMS: list[tuple[str, Json, str]] = [
    # What is required, and the schema misses
    ("no status", observation(status=None), "Observation.status"),
    (
        "an extension for a code",
        observation(status=None, _status={"extension": [{"url": "http://a", "valueCode": "b"}]}),
        "Observation.status",
    ),
    (
        "no choice",
        of("MedicationRequest", medicationCodeableConcept=None),
        "MedicationRequest.medication[x]",
    ),
    ("in a part", patient(link=[{"other": {"reference": "Patient/b"}}]), "Patient.link[0].type"),
    ("in a type", patient(extension=[{"valueCode": "a"}]), "Patient.extension[0].url"),
    # Required bindings
    ("code", patient(gender="woman"), "Patient.gender"),
    ("no object", of("Organization", type=[False]), "Organization.type[0]"),
    ("no object in an object", patient(name=[{"period": "2024"}]), "Patient.name[0].period"),
    ("code of a type", patient(name=[{"use": "pen"}]), "Patient.name[0].use"),
    (
        "concept of another set",
        of("Condition", clinicalStatus=concept(TERMS + "condition-clinical", "better")),
        "Condition.clinicalStatus",
    ),
    (
        "concept of another system",
        of("Condition", clinicalStatus=concept("http://a", "active")),
        "Condition.clinicalStatus",
    ),
    ("text alone", of("Condition", clinicalStatus={"text": "a"}), "Condition.clinicalStatus"),
    # Primitives
    ("no leap year", patient(birthDate="2023-02-29"), "Patient.birthDate"),
    ("no such day", observation(effectiveDateTime="2024-02-30"), "Observation.effectiveDateTime"),
    ("instant", observation(issued="2024-04-31T10:00:00Z"), "Observation.issued"),
    ("in a period", patient(name=[{"period": {"start": "2023-06-31"}}]),
     "Patient.name[0].period.start"),
    ("bad id", patient(id="a b"), "Patient.id"),
    ("half a person", patient(multipleBirthInteger=1.5), "Patient.multipleBirthInteger"),
    ("too large", patient(multipleBirthInteger=2**31), "Patient.multipleBirthInteger"),
    ("zeroth", patient(telecom=[{"rank": 0}]), "Patient.telecom[0].rank"),
    # ele-1
    ("empty list", patient(name=[]), "Patient.name"),
    ("empty list of texts", patient(name=[{"given": []}]), "Patient.name[0].given"),
    ("empty object", patient(maritalStatus={}), "Patient.maritalStatus"),
    ("only an id", patient(name=[{"id": "a"}]), "Patient.name[0]"),
    ("empty text", patient(language=""), "Patient.language"),
    ("empty extras", patient(gender="other", _gender={}), "Patient._gender"),
    # References
    ("no form", patient(managingOrganization={"reference": "somewhere"}),
     "Patient.managingOrganization.reference"),
    ("no type", patient(managingOrganization={"reference": "Hospital/a"}),
     "Patient.managingOrganization.reference"),
    ("not contained", patient(managingOrganization={"reference": "#a"}),
     "Patient.managingOrganization.reference"),
    # contained
    (
        "contained without id",
        patient(contained=[{"resourceType": "Organization", "name": "a"}]),
        "Patient.contained[0].id",
    ),
    (
        "contained in contained",
        patient(
            contained=[of("Organization", id="a", contained=[of("Organization", id="b")])],
            managingOrganization={"reference": "#a"},
        ),
        "Patient.contained[0].contained",
    ),
    (
        "contained with a version",
        patient(
            contained=[of("Organization", id="a", meta={"versionId": "1"})],
            managingOrganization={"reference": "#a"},
        ),
        "Patient.contained[0].meta.versionId",
    ),
    (
        "contained with a label",
        patient(
            contained=[of("Organization", id="a", meta={"security": [{"code": "R"}]})],
            managingOrganization={"reference": "#a"},
        ),
        "Patient.contained[0].meta.security",
    ),
    ("contained for nobody", patient(contained=[of("Organization", id="a")]),
     "Patient.contained[0]"),
    # Invariants of types
    ("per-1", patient(name=[{"period": {"start": "2024-03-02", "end": "2024-03-01"}}]),
     "Patient.name[0].period"),
    ("per-1", patient(name=[{"period": {"start": "2024-03", "end": "2024-02-28"}}]),
     "Patient.name[0].period"),
    ("qty-3", observation(valueQuantity={"value": 1, "code": "kg"}), "Observation.valueQuantity"),
    ("rng-2", observation(valueRange={"low": {"value": 2}, "high": {"value": 1}}),
     "Observation.valueRange"),
    ("rat-1", observation(valueRatio={"numerator": {"value": 1}}), "Observation.valueRatio"),
    ("att-1", patient(photo=[{"data": "YQ=="}]), "Patient.photo[0]"),
    ("cpt-2", patient(telecom=[{"value": "1"}]), "Patient.telecom[0]"),
    ("ext-1", patient(extension=[{"url": "http://a"}]), "Patient.extension[0]"),
    *[
        (key, timing(**repeat), "MedicationRequest.dosageInstruction[0].timing.repeat")
        for key, repeat in REPEATS
    ],
    # Invariants of resources
    ("ait-1", of("AllergyIntolerance", clinicalStatus=None), "AllergyIntolerance"),
    ("ait-2", of("AllergyIntolerance", verificationStatus=NOT_AN_ALLERGY), "AllergyIntolerance"),
    ("con-1", of("Condition", stage=[{"type": {"text": "a"}}]), "Condition.stage[0]"),
    ("con-2", of("Condition", evidence=[{"extension": [{"url": "http://a", "valueCode": "b"}]}]),
     "Condition.evidence[0]"),
    (
        "con-4",
        of("Condition", abatementDateTime="2024",
           clinicalStatus=concept(TERMS + "condition-clinical", "active")),
        "Condition",
    ),
    (
        "con-5",
        of("Condition", verificationStatus=WRONG,
           clinicalStatus=concept(TERMS + "condition-clinical", "active")),
        "Condition",
    ),
    ("obs-3", observation(referenceRange=[{"type": {"text": "a"}}]),
     "Observation.referenceRange[0]"),
    ("obs-6", observation(valueString="a", dataAbsentReason={"text": "b"}), "Observation"),
    (
        "obs-7",
        observation(valueString="a", component=[{"code": concept("http://loinc.org", "1234-5")}]),
        "Observation",
    ),
    ("org-1", of("Organization", name=None, active=True), "Organization"),
    ("org-3", of("Organization", telecom=[{"system": "phone", "value": "1", "use": "home"}]),
     "Organization"),
    ("pat-1", patient(contact=[{"gender": "other"}]), "Patient.contact[0]"),
    ("ppc-1", of("Consent", policyRule=None), "Consent"),
    # Bundles
    ("bdl-1", bundle({"resource": patient()}, total=1), "Bundle"),
    ("bdl-2", bundle({"resource": patient(), "search": {"mode": "match"}}), "Bundle"),
    ("bdl-3", bundle({"resource": patient()}, type="transaction"), "Bundle.entry[0]"),
    ("bdl-3", bundle({"resource": patient(), "request": {"method": "POST", "url": "Patient"}}),
     "Bundle.entry[0]"),
    ("bdl-4", bundle({"resource": patient(), "response": {"status": "200"}}),
     "Bundle.entry[0]"),
    ("bdl-5", bundle({"fullUrl": "http://a/Patient/b"}), "Bundle.entry[0]"),
    ("bdl-7", bundle(*[{"fullUrl": "http://a/Patient/b", "resource": patient()}] * 2),
     "Bundle.entry[1].fullUrl"),
    ("bdl-8", bundle({"fullUrl": "http://a/Patient/b/_history/1", "resource": patient()}),
     "Bundle.entry[0]"),
    ("bdl-9", bundle({"resource": patient()}, type="document"), "Bundle"),
    ("bdl-12", bundle({"resource": patient()}, type="message"), "Bundle"),
    ("within", bundle({"resource": observation(status=None)}),
     "Bundle.entry[0].resource.status"),
]  # fmt: skip


@pytest.mark.parametrize(("why", "resource", "place"), PROBLEMS)
def test_each_rule_is_kept(why, resource, place):
    (problem,) = validated(resource)
    assert problem.place == place
    if "-" in why:  # the key of an invariant
        assert problem.text.endswith(f"({why})")


FINE: list[tuple[str, Json]] = [
    (
        "an extension says why a date is absent",
        patient(_birthDate={"extension": [{"url": "http://a", "valueCode": "unknown"}]}),
    ),
    ("a leap year", patient(birthDate="2024-02-29")),
    ("only a month", patient(birthDate="2024-02")),
    ("another language than the preferred ones", patient(language="tlh")),
    ("what the set does not list beside what it does", of("Condition", clinicalStatus={
        "coding": [{"system": "http://a", "code": "b"},
                   {"system": TERMS + "condition-clinical", "code": "active"}]})),
    ("a month that a day lies in", patient(
        name=[{"period": {"start": "2024-03", "end": "2024-03-01"}}])),
    ("the same moment in two zones", patient(name=[{"period": {
        "start": "2024-03-01T12:00:00+02:00", "end": "2024-03-01T10:00:00Z"}}])),
    ("other units", observation(valueRange={
        "low": {"value": 9, "unit": "mg"}, "high": {"value": 1, "unit": "g"}})),
    ("an end, resolved", of(
        "Condition", abatementDateTime="2024",
        clinicalStatus=concept(TERMS + "condition-clinical", "resolved"))),
    ("an error has no status", of("AllergyIntolerance", clinicalStatus=None,
                                  verificationStatus=NOT_AN_ALLERGY)),
    ("a component of another code", observation(
        valueString="a", component=[{"code": concept("http://loinc.org", "9-9")}])),
    ("contained and named", patient(
        contained=[of("Organization", id="a")], managingOrganization={"reference": "#a"})),
    ("contained, and names who contains it", patient(
        contained=[of("Organization", id="a", partOf={"reference": "#"})])),
    ("contained, and named by what is beside it", patient(
        contained=[of("Organization", id="a", partOf={"reference": "#b"}),
                   of("Organization", id="b")],
        managingOrganization={"reference": "#a"})),
    ("the same address in two versions", bundle(
        *[{"fullUrl": "http://a/Patient/b", "resource": patient(meta={"versionId": version})}
          for version in "12"])),
    ("a search that found one", bundle(
        {"resource": patient(), "search": {"mode": "match"}}, type="searchset", total=1)),
    ("contained in an entry", bundle({"resource": patient(
        contained=[of("Organization", id="a")], managingOrganization={"reference": "#a"})})),
    ("exact numbers", observation(valueQuantity={"value": Decimal("1.50")})),
]  # fmt: skip


@pytest.mark.parametrize(("why", "resource"), FINE)
def test_what_is_right_is_let_through(why, resource):
    assert validated(resource) == []


@pytest.mark.parametrize(
    ("target", "leads"),
    [
        ("Patient/a", True),
        ("Patient/a/_history/2", True),
        ("Practitioner?identifier=http://a|1", True),
        ("https://example.org/fhir/Patient/a", True),
        ("urn:uuid:7c7e9c2e-6a34-4b0a-9d5a-3f1a6d2a0b11", True),
        ("urn:oid:1.2.3", True),
        ("Patient", False),
        ("Patient/", False),
        ("/Patient/a", False),
        ("Patient/a/b", False),
        ("Patient/a b", False),
        (f"Patient/{'a' * 65}", False),
        ("Login/a", False),  # a type of the package's own server
        ("urn:uuid:7c7e9c2e", False),
        ("urn:oid:a", False),
    ],
)
def test_references_have_a_form_that_leads_somewhere(target, leads):
    assert leads_somewhere(target) is leads


@pytest.mark.parametrize("value", [None, 1, "Patient", [], {}, {"resourceType": "Login"}])
def test_what_is_no_resource_is_a_problem(value):
    assert len(validated(value)) == 1


def test_problems_are_counted_by_place_and_end_somewhere():
    names = [{"use": "pen", "period": {"start": "2024-02-30"}} for _ in range(100)]
    problems = validated(patient(name=names))
    assert len({problem.place for problem in problems}) == len(problems) == MOST_PROBLEMS


def test_a_place_can_be_said_beforehand():
    (problem,) = validated(observation(status=None), "upload")
    assert problem.place == "upload.status"


def test_what_is_nested_without_end_is_a_problem():
    inner: Json = {"url": "http://a", "valueCode": "b"}
    for _ in range(100_000):  # far beyond what the stack of a process holds
        inner = {"url": "http://a", "extension": [inner]}
    (problem,) = validated(patient(extension=[inner]))
    assert problem.place == ""


# -- the definitions -------------------------------------------------------------------------------


def test_each_type_can_be_checked():
    for type in resource_types():
        assert elements(type)[0]["path"] == type
        assert check_of(type) is check_of(type)  # compiled once


def test_the_rules_are_about_elements_that_exist():
    for path in RULES:
        assert any(element["path"] == path for element in elements(path.partition(".")[0]))


def test_most_required_bindings_can_be_checked():
    bindings = [
        element["binding"].get("valueSet", "")
        for type in resource_types()
        for element in elements(type)
        if element.get("binding", {}).get("strength") == "required"
    ]
    unknown = {url.partition("|")[0] for url in bindings if value_set(url) is None}
    assert len(bindings) > 300
    assert unknown <= {
        f"http://hl7.org/fhir/ValueSet/{name}"
        for name in ("mimetypes", "ucum-units", "currencies", "characteristic-combination")
    } | {"http://loinc.org/vs/LL379-9"}


# -- what the demonstration holds ------------------------------------------------------------------


@cache
def demo() -> list[Json]:
    return list(bundles(today=date(2026, 11, 1)))


@cache
def resources() -> list[Json]:
    """One resource of each type, in each form that it has."""
    seen: dict[tuple[str, ...], Json] = {}
    for one in demo():
        for entry in one["entry"]:
            seen.setdefault((entry["resource"]["resourceType"], *sorted(entry["resource"])),
                            entry["resource"])  # fmt: skip
    return list(seen.values())


def test_the_demonstration_is_valid():
    for one in demo():
        assert validated(one) == []


@cache
def required() -> list[tuple[Json, str]]:
    """Each resource with each of the elements that it must have."""
    return [
        (resource, key)
        for resource in resources()
        for element in elements(resource["resourceType"])
        for key in resource
        if element["min"] and element["path"].count(".") == 1
        and _names(element["path"].partition(".")[2], key)
    ]  # fmt: skip


def _names(name: str, key: str) -> bool:
    return key.startswith(name[:-3]) if name.endswith("[x]") else key == name


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
    | st.sampled_from(["#", "#a", "final", "2024-02-30", "Patient/a", "urn:uuid:a"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.text(max_size=5) | st.sampled_from(["resourceType", "id", "reference", "coding", "_id",
                                               "contained", "start", "extension", "value"]),
        inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
SLOW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.data_too_large])


@SLOW
@given(data=st.data())
def test_a_required_element_that_is_taken_away_is_missed(data):
    resource, key = data.draw(st.sampled_from(required()))
    without = {name: value for name, value in resource.items() if name != key}
    assert validated(without), key


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        value.items() if isinstance(value, dict)
        else enumerate(value) if isinstance(value, list) else ()
    )  # fmt: skip
    return [path] * bool(path) + [p for key, part in inner for p in places(part, (*path, key))]


@SLOW
@given(data=st.data())
def test_whatever_stands_in_a_resource_it_is_judged_and_not_quoted(data):
    resource = copy.deepcopy(data.draw(st.sampled_from(resources())))
    for _ in range(data.draw(st.integers(1, 3))):
        *path, last = data.draw(st.sampled_from(places(resource)))
        holder: Any = resource
        for key in path:
            holder = holder[key]
        holder[last] = data.draw(anything)
    for problem in validated(resource):
        assert problem.text
        assert isinstance(problem.place, str)


@pytest.mark.parametrize(
    "resource",
    [
        observation(status="SECRET"),
        patient(birthDate="1999-02-30", gender="SECRET"),
        patient(managingOrganization={"reference": "SECRET"}),
        of("Condition", clinicalStatus=concept("http://a", "SECRET")),
    ],
)
def test_no_text_quotes_a_value(resource):
    problems = validated(resource)
    assert problems
    assert not any("SECRET" in str(problem) or "1999" in str(problem) for problem in problems)
