"""The FHIRPath of search parameters."""

import pytest

from records.fhir.schema import resource_types
from records.search.parameters import NOT_OFFERED, OWN_WAY, _definitions, parameters_of
from records.search.paths import Unsupported, compiled


def values(expression: str, resource: dict[str, object]) -> list[object]:
    type = str(resource["resourceType"])
    return [v for path in compiled(expression, type) for _type, v in path(type, resource)]


def test_every_official_expression_is_understood():
    for definition in _definitions():
        if definition.get("expression"):
            bases = resource_types() & set(definition["base"]) or {"Patient"}
            for type in bases:
                assert compiled(definition["expression"], type), definition["url"]


def test_each_type_has_the_parameters_that_are_defined_for_it():
    for type in resource_types():
        known = parameters_of(type)
        assert {"_profile", "_tag", "_security", "_source"} <= set(known)
        assert not known.keys() & (OWN_WAY | NOT_OFFERED)
    assert {"code", "patient", "date", "value-quantity"} <= set(parameters_of("Observation"))
    assert {"race", "ethnicity"} <= set(parameters_of("Patient"))  # US Core's


PATIENT: dict[str, object] = {
    "resourceType": "Patient",
    "name": [{"given": ["Kim", "Lee"]}, {"given": ["K"]}, None],
    "telecom": [{"system": "phone", "value": "1"}, {"system": "email", "value": "2"}],
    "deceasedBoolean": False,
    "extension": [{"url": "http://a", "valueCode": "x"}, {"url": "http://b", "valueCode": "y"}],
}
OBSERVATION: dict[str, object] = {
    "resourceType": "Observation",
    "subject": {"reference": "Patient/1"},
    "focus": [{"reference": "https://elsewhere.example/fhir/Group/2/_history/1"}],
    "valueQuantity": {"value": 1},
    "performer": [{"type": "Practitioner", "display": "somebody"}],
}


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("Patient.name.given", ["Kim", "Lee", "K"]),
        ("Patient.telecom.where(system='email').value", ["2"]),
        ("Patient.telecom[1].value | Patient.telecom[0].value", ["2", "1"]),
        ("Patient.nothing.at.all", []),
        ("Practitioner.name | Patient.deceased", [False]),
        ("Patient.extension.where(url = 'http://b').value", ["y"]),
        ("Patient.deceased.exists() and Patient.deceased != false", [False]),
        ("Patient.birthDate.exists() and Patient.birthDate != false", [False]),
        ("Patient.telecom.exists() and Patient.telecom != false", [True]),
    ],
)
def test_of_a_patient(expression: str, found: list[object]):
    assert values(expression, PATIENT) == found


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("Observation.value", [{"value": 1}]),
        ("(Observation.value as Quantity)", [{"value": 1}]),
        ("Observation.value.as(CodeableConcept)", []),
        ("Observation.subject.where(resolve() is Patient)", [{"reference": "Patient/1"}]),
        ("Observation.subject.where(resolve() is Group)", []),
        ("Observation.focus.where(resolve() is Group)", OBSERVATION["focus"]),
        ("Observation.performer.where(resolve() is Practitioner)", OBSERVATION["performer"]),
    ],
)
def test_choices_and_references(expression: str, found: list[object]):
    assert values(expression, OBSERVATION) == found


def test_a_value_comes_with_its_type():
    [path] = compiled("Observation.value", "Observation")
    assert path("Observation", OBSERVATION) == [("Quantity", {"value": 1})]


@pytest.mark.parametrize(
    "expression",
    [
        "Patient.name.first()", "Patient.", "Patient..name", "Nothing.name", "Patient.name and",
        "Patient.name.where(given contains 'x')", "Patient.name + 'x'", "iif(true, 1, 2)", "",
    ],
)  # fmt: skip
def test_what_is_not_understood_is_said(expression: str):
    with pytest.raises(Unsupported):
        compiled(expression, "Patient")
