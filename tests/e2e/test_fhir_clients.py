"""Public FHIR clients, as their authors publish them, against the running product."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhirclient import client as smart
from fhirclient.models import observation as model
from fhirclient.models.fhirabstractbase import FHIRValidationError
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import OperationOutcome, ResourceNotFound

from portal.stack.state import ROOT
from tests.e2e.product import Product

HERE = Path(__file__).parent
SYSTEM = "http://loinc.org"


@pytest.fixture(scope="module")
def token(product: Product) -> str:
    """Of the demo's clinician."""
    return product.manage("issue_token", "clinician@salus.example").strip().splitlines()[-1]


@pytest.fixture(scope="module")
def fhirpy(site: str, token: str) -> SyncFHIRClient:
    return SyncFHIRClient(f"{site}/fhir", authorization=f"Bearer {token}")


@pytest.fixture(scope="module")
def office(product: Product) -> str:
    """A token of the demo's registrar."""
    return product.manage("issue_token", "registrar@salus.example").strip().splitlines()[-1]


@pytest.fixture
def patient_id(site: str, office: str) -> str:
    """A new patient of the clinician's hospital."""
    writer = SyncFHIRClient(f"{site}/fhir", authorization=f"Bearer {office}")
    person = writer.resource("Patient", name=[{"family": "Clientson"}], birthDate="1970-01-01")
    person.save()
    return str(person.id)


def weight(patient_id: str, value: float, **more: Any) -> dict[str, Any]:
    return {
        "status": "final",
        "code": {"coding": [{"system": SYSTEM, "code": "29463-7"}], "text": "Weight"},
        "subject": {"reference": f"Patient/{patient_id}"},
        "valueQuantity": {"value": value, "unit": "kg"},
    } | more


# -- fhirpy ----------------------------------------------------------------------------------------


def test_fhirpy_writes_reads_changes_patches_and_deletes(fhirpy: SyncFHIRClient, patient_id: str):
    row = fhirpy.resource("Observation", **weight(patient_id, 80.5))
    row.save()
    assert row.id
    read = fhirpy.reference("Observation", row.id).to_resource()
    assert read["valueQuantity"]["value"] == 80.5
    read["status"] = "amended"
    read.save()
    assert read["meta"]["versionId"] == "2"
    read.refresh()
    assert read["status"] == "amended"
    read.delete()
    with pytest.raises((ResourceNotFound, OperationOutcome)):
        fhirpy.reference("Observation", row.id).to_resource()


def test_fhirpy_searches_in_pages_and_includes(fhirpy: SyncFHIRClient, patient_id: str):
    for number in range(7):
        fhirpy.resource(
            "Observation", **weight(patient_id, number, effectiveDateTime=f"201{number}-05-01")
        ).save()
    found = fhirpy.resources("Observation").search(patient=patient_id, code=f"{SYSTEM}|29463-7")
    assert found.count() == 7
    dates = [row["effectiveDateTime"] for row in found.sort("-date").limit(3)]
    assert dates == [f"201{n}-05-01" for n in (6, 5, 4, 3, 2, 1, 0)]
    late = found.search(date__ge="2014").fetch_all()
    assert len(late) == 3
    bundle = found.include("Observation", "patient").fetch_raw()
    assert {e["resource"]["resourceType"] for e in bundle["entry"]} == {"Observation", "Patient"}
    first = fhirpy.resources("Patient").search(_id=patient_id).first()
    assert first
    assert first["name"][0]["family"] == "Clientson"


def test_fhirpy_makes_one_of_several_and_transactions(fhirpy: SyncFHIRClient, patient_id: str):
    numbered = weight(patient_id, 1, identifier=[{"system": "urn:fhirpy", "value": "1"}])
    search = fhirpy.resources("Observation").search(identifier="urn:fhirpy|1")
    row, made = search.get_or_create(fhirpy.resource("Observation", **numbered))
    again, made_again = search.get_or_create(fhirpy.resource("Observation", **numbered))
    assert (made, made_again, row["id"]) == (True, False, again["id"])
    bundle = fhirpy.resource(
        "Bundle",
        type="transaction",
        entry=[
            {"request": {"method": "POST", "url": "Observation"},
             "resource": {"resourceType": "Observation", **weight(patient_id, 2)}},
            {"request": {"method": "DELETE", "url": f"Observation/{row['id']}"}},
        ],
    )  # fmt: skip
    answer = fhirpy.execute("", method="post", data=bundle.serialize())
    statuses = [entry["response"]["status"][:3] for entry in answer["entry"]]
    assert statuses == ["201", "204"]
    with pytest.raises(OperationOutcome):
        fhirpy.resource("Observation", **weight("nobody", 1)).save()


# -- fhirclient ------------------------------------------------------------------------------------


@pytest.fixture
def smarting(site: str, token: str) -> Iterator[Any]:
    """The SMART client, with a token instead of its own sign-in."""
    found = smart.FHIRClient(settings={"app_id": "salus-test", "api_base": f"{site}/fhir/"})
    found.server.session.headers["Authorization"] = f"Bearer {token}"
    yield found.server
    found.server.session.close()


def test_fhirclient_understands_what_it_is_given(smarting: Any, patient_id: str):
    row = model.Observation(weight(patient_id, 70.25))
    made = row.create(smarting)
    assert made
    read = model.Observation.read(made["id"], smarting)
    assert read.valueQuantity.value == 70.25
    read.status = "amended"
    changed = read.update(smarting)
    assert changed["meta"]["versionId"] == "2"
    search = model.Observation.where({"patient": patient_id, "_count": "5"})
    assert [one.id for one in search.perform_resources_iter(smarting)] == [made["id"]]
    read.delete(smarting)
    assert [one.id for one in search.perform_resources_iter(smarting)] == []
    with pytest.raises(FHIRValidationError):
        model.Observation({"status": 7})


# -- fhir-kit-client -------------------------------------------------------------------------------


def test_fhir_kit_client_does_all_that_it_can(site: str, token: str, patient_id: str):
    said = json.dumps({"base": f"{site}/fhir", "token": token, "patient": patient_id})
    done = subprocess.run(
        ["node", HERE / "fhir_kit.mjs"], input=said, capture_output=True, text=True, check=False,
        cwd=ROOT, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    assert json.loads(done.stdout) == {
        "capabilities": "4.0.1", "created": 201, "read": 60.5, "vread": "1", "updated": "2",
        "patched": "corrected", "history": 3, "typeHistory": True, "pages": 6, "batch": ["201", "200"],
        "transaction": ["201"], "deleted": 204, "gone": 410, "resolved": "Clientson",
    }  # fmt: skip
