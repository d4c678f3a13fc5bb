"""FHIR bundles: checked as a whole, written as a whole, read back digit by digit."""

import gzip
import json
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from chain.canonical import NotCanonical, parse
from chain.commitments import commitment
from chain.models import Commitment
from core.audit import Actor, pseudonym
from core.errors import Conflict, Invalid
from core.keys import Owner, Tampered, sealer_for
from core.models import AuditEvent
from records.models import ImportedBundle, Patient, Record, Version
from records.selectors import opened
from records.services.importing import import_bundle
from tests.factories.records import (
    Json,
    allergy,
    bundle,
    imported,
    observation,
    organization,
    patient,
    written_by,
)

pytestmark = pytest.mark.django_db
BY = Actor.system("test")
SHARED = Path(__file__).parents[4] / "shared" / "data" / "fhir"


def refused(content: Any) -> list[str]:
    """Import it, expect a refusal that changes nothing; gives the places named."""
    with pytest.raises((Invalid, Conflict, NotCanonical)) as refusal:
        import_bundle(content, by=BY)
    assert not Version.objects.exists()
    assert not Commitment.objects.exists()
    assert not ImportedBundle.objects.exists()
    return [p.place for p in refusal.value.problems]


def stored(resource: Json) -> Json:
    row = Version.objects.get(record__fhir_id=resource["id"])
    found: Json = parse(opened([row])[0].document)
    return found


def test_a_bundle_is_stored_encrypted_and_committed():
    person = patient()
    weight = observation(person)
    imported(person, weight)
    row = Version.objects.get(record__fhir_id=weight["id"])
    document = opened([row])[0].document
    assert b"valueQuantity" in document
    assert b"valueQuantity" not in bytes(row.sealed)
    sealer = sealer_for(Owner.patient(Patient.objects.get().pk))
    reference = row.commitment.reference
    salt = sealer.open(row.commitment.sealed_salt, f"salt fhir {reference}")
    expected = commitment(salt=salt, kind="fhir", reference=reference, document=document)
    assert bytes(row.commitment.digest) == expected


@pytest.mark.parametrize("written", ["1.00", "0.000001", "98.60", "1E+2", "-0.0", "7", "1E-8"])
def test_decimals_keep_every_digit(written: str):
    person = patient()
    weight = observation(person, written)
    imported(person, weight)
    value = stored(weight)["valueQuantity"]["value"]
    assert str(value) == written


def test_references_lead_to_what_was_imported():
    person = patient()
    weight = observation(person)
    imported(person, weight)
    assert stored(weight)["subject"] == {"reference": f"Patient/{person['id']}"}


def test_a_second_import_adds_nothing():
    content = bundle(p := patient(), observation(p))
    assert import_bundle(content, by=BY).created == 2
    assert import_bundle(content, by=BY).repeated
    assert Version.objects.count() == 2


def test_directory_entries_are_shared_and_stay_as_they_are():
    clinic = organization()
    imported(clinic)
    person = patient()
    done = import_bundle(bundle(clinic | {"name": "Other"}, person), by=BY)
    assert (done.created, done.known) == (1, 1)
    assert stored(clinic)["name"] == "Somewhere"


def test_a_resource_that_is_here_already_is_not_overwritten():
    person = patient()
    imported(person)
    with pytest.raises(Conflict) as refusal:
        import_bundle(bundle(person | {"gender": "female"}), by=BY)
    assert [p.place for p in refusal.value.problems] == ["Bundle.entry[0]"]
    assert Version.objects.count() == 1


def test_who_wrote_it_is_taken_from_the_resource():
    clinic, person = uuid4(), patient()
    imported(organization(clinic), person, observation(person, **written_by(clinic)))
    assert Version.objects.get(record__type="Observation").author_id == clinic


def test_one_audit_row_says_what_was_imported():
    imported(p := patient(), observation(p), allergy(p))
    event = AuditEvent.objects.get()
    assert (event.name, event.count) == ("record.written", 3)
    assert event.subject == pseudonym(UUID(p["id"]))


def test_an_unknown_field_names_its_place():
    person = patient()
    wrong = observation(person) | {"colour": "red"}
    assert refused(bundle(person, wrong)) == ["Bundle.entry[1].resource"]


def test_an_unknown_resource_type_names_its_place():
    wrong = {"resourceType": "Observashun", "id": str(uuid4())}
    assert refused(bundle(patient(), wrong)) == ["Bundle.entry[1].resource.resourceType"]


def test_a_wrong_type_of_value_names_its_place():
    person = patient()
    wrong = observation(person) | {"valueQuantity": {"value": "heavy"}}
    assert refused(bundle(person, wrong)) == ["Bundle.entry[1].resource.valueQuantity.value"]


def test_a_problem_in_a_contained_resource_names_its_place():
    wrong = patient(contained=[{"resourceType": "Organization", "nam": "x"}])
    assert refused(bundle(wrong)) == ["Bundle.entry[0].resource.contained[0]"]


def test_a_reference_to_nothing_names_its_place():
    person = patient()
    wrong = observation(person, encounter={"reference": f"urn:uuid:{uuid4()}"})
    assert refused(bundle(person, wrong)) == ["Bundle.entry[1].resource.encounter.reference"]


def test_a_resource_of_nobody_is_refused():
    wrong = observation(patient())
    del wrong["subject"]
    assert refused(bundle(wrong)) == ["Bundle.entry[0]"]


def test_two_entries_of_one_id_are_refused():
    person = patient()
    assert refused(bundle(person, person)) == ["Bundle.entry[1].fullUrl"]


@pytest.mark.parametrize(
    "content",
    [None, [], {}, {"resourceType": "Patient"}, {"resourceType": "Bundle", "type": "batch"}],
)
def test_what_is_no_transaction_bundle_is_refused(content: Any):
    assert refused(content)


def test_problems_never_quote_a_value():
    person = patient(birthDate="Secretfield 1980")
    with pytest.raises(Invalid) as refusal:
        import_bundle(bundle(person), by=BY)
    assert "Secretfield" not in str(refusal.value)


def test_a_changed_ciphertext_does_not_open():
    imported(p := patient())
    row = Version.objects.get(record__fhir_id=p["id"])
    row.sealed = bytes([*row.sealed[:-1], row.sealed[-1] ^ 1])
    with pytest.raises(Tampered):
        opened([row])


def test_a_ciphertext_does_not_open_as_another_version():
    imported(p := patient(), observation(p))
    first, second = Version.objects.order_by("pk")
    first.sealed = second.sealed
    with pytest.raises(Tampered):
        opened([first])


# -- the command -----------------------------------------------------------------------------------


def run(path: Path) -> str:
    out = StringIO()
    call_command("import_fhir", str(path), stdout=out, stderr=out, verbosity=0)
    return out.getvalue()


def fails(path: Path) -> str:
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("import_fhir", str(path), stdout=out, stderr=out, verbosity=0)
    assert not Version.objects.exists()
    return out.getvalue()


def written(path: Path, *resources: Json) -> Path:
    path.write_text(json.dumps(bundle(*resources), default=float))
    return path


def test_files_plain_and_gzipped_in_a_folder(tmp_path: Path):
    person = patient()
    written(tmp_path / "a.json", person, observation(person))
    (tmp_path / "b.json.gz").write_bytes(gzip.compress(json.dumps(bundle(patient())).encode()))
    assert run(tmp_path).startswith("2 bundles: 3 resources of 2 patients encrypted")


def test_a_bundle_may_come_before_what_it_refers_to(tmp_path: Path):
    clinic, person = organization(), patient()
    written(tmp_path / "a.json", person | {"managingOrganization": {
        "reference": f"Organization/{clinic['id']}"}})  # fmt: skip
    written(tmp_path / "z.json", clinic)
    run(tmp_path)
    assert Record.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "names"),
    [
        (b'{"resourceType": "Bundle", "type": "tran', "line 1, column 36"),
        (b'{"resourceType": "Bundle", "type": 1, "type": 2}', "“type” stands here twice"),
        (b"\xff\xfe", "not UTF-8"),
        (gzip.compress(b"{}")[:-5], "damaged"),
        (b"", "not JSON"),
        (b'{"resourceType": "Bundle", "a": NaN}', "not a JSON number"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, content: bytes, names: str):
    (tmp_path / "broken.json").write_bytes(content)
    said = fails(tmp_path)
    assert "broken.json: not imported, nothing was changed." in said
    assert names in said


def test_a_path_that_does_not_exist_is_refused(tmp_path: Path):
    fails(tmp_path / "nowhere")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared Synthea patients are not here")
def test_the_shared_synthea_patients_read_back_with_the_same_values():
    from django.db.models import Count

    from records.fhir.resources import DIRECTORY_TYPES

    run(SHARED)
    seen: dict[str, Json] = {}
    for path in sorted(SHARED.glob("*.gz"), key=lambda p: not p.name.startswith(("hosp", "prac"))):
        for row in parse(gzip.decompress(path.read_bytes()))["entry"]:
            seen.setdefault(row["resource"]["id"], row["resource"])
    assert Version.objects.count() == len(seen)
    found = {o.version.record.fhir_id: parse(o.document) for o in opened(
        Version.objects.select_related("record"))}  # fmt: skip
    types = {id: r["resourceType"] for id, r in seen.items()}
    for id, resource in seen.items():
        assert without_meta(found[id]) == without_meta(expected(resource, types)), resource
    patients = Patient.objects.annotate(n=Count("records"))
    own = sum(1 for r in seen.values() if r["resourceType"] not in DIRECTORY_TYPES)
    assert sum(p.n for p in patients) == own
    assert len(patients) == 10


def expected(value: Any, types: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {k: expected(v, types) for k, v in value.items()}
    if isinstance(value, list):
        return [expected(v, types) for v in value]
    if isinstance(value, str) and value.startswith("urn:uuid:"):
        id = value.removeprefix("urn:uuid:")
        return f"{types[id]}/{id}"
    if isinstance(value, Decimal):
        return str(value)
    return value


def without_meta(value: Json) -> Json:
    meta = {k: v for k, v in value.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    return digits({**value, "meta": meta})


def digits(value: Any) -> Any:
    """Decimals as text, so that 1.0 and 1.00 differ."""
    if isinstance(value, dict):
        return {k: digits(v) for k, v in value.items()}
    if isinstance(value, list):
        return [digits(v) for v in value]
    return str(value) if isinstance(value, Decimal) else value
