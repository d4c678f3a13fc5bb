"""FHIR's REST interface as programs use it: write, read back, search, change, delete, in one or many."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse
from uuid import uuid4

import msgspec
import pytest
from django.test import Client

from accounts.models import Role
from accounts.tokens import token_issue
from accounts.viewer import Viewer, viewer_for
from chain.canonical import parse
from core.audit import Actor
from records.models import Patient, Version
from records.services.people import patient_link
from tests.factories.people import UserFactory, clinician, member
from tests.factories.records import observation, organization
from tests.factories.registering import registered, registrar

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry", "clean_cache")]
Json = dict[str, Any]
ENCODER = msgspec.json.Encoder(decimal_format="number")
PATCH = "application/json-patch+json"


class Fhir:
    """A program with a token."""

    def __init__(self, client: Client, viewer: Viewer) -> None:
        self.client = client
        token = token_issue(user=viewer.user, by=Actor.system("test"))
        self.headers = {"Authorization": f"Bearer {token}"}

    def __call__(
        self, method: str, path: str, body: Any = None, *, type: str = "", **headers: str
    ) -> Any:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        sent: Json = {}
        if body is not None:
            data = body if isinstance(body, str | bytes) else ENCODER.encode(body)
            sent = {"data": data, "content_type": type or "application/fhir+json"}
        path = urlparse(path)._replace(scheme="", netloc="").geturl() if "://" in path else path
        path = path if path.startswith("/") else f"/fhir/{path}"
        act = getattr(self.client, method.lower())
        return act(path, headers={**self.headers, **more}, **sent)

    def pages(self, path: str) -> Iterator[Json]:
        """All entries of all pages."""
        while path:
            body = self("GET", path).json()
            yield from body.get("entry", [])
            path = next((u["url"] for u in body["link"] if u["relation"] == "next"), "")


@pytest.fixture
def doctor() -> Viewer:
    return clinician()


@pytest.fixture
def kim(doctor: Viewer) -> str:
    """A patient of the doctor's hospital."""
    return str(registered(registrar(doctor.organisation)).pk)


@pytest.fixture
def fhir(client: Client, doctor: Viewer) -> Fhir:
    return Fhir(client, doctor)


def weight(of: str, value: str = "80.50", **more: Any) -> Json:
    made = observation({"id": of}, value, subject={"reference": f"Patient/{of}"}, **more)
    del made["id"]
    return made


def code_of(answer: Any) -> str:
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome", body
    code: str = body["issue"][0]["code"]
    return code


# -- one resource ----------------------------------------------------------------------------------


def test_what_is_written_is_read_back_to_the_digit(fhir: Fhir, kim: str):
    made = fhir("POST", "Observation", weight(kim, "80.50"))
    assert made.status_code == 201, made.content
    assert b'"value":80.50' in made.content
    assert made["ETag"] == 'W/"1"'
    assert made["Location"].endswith("/_history/1")
    read = fhir("GET", made["Location"])
    assert read.content == made.content
    assert parse(read.content)["meta"]["versionId"] == "1"
    newest = fhir("GET", made["Location"].partition("/_history")[0])
    assert newest.content == read.content
    assert newest["Last-Modified"]


def test_the_next_version_and_the_one_before(fhir: Fhir, kim: str):
    made = fhir("POST", "Observation", weight(kim)).json()
    path = f"Observation/{made['id']}"
    changed = fhir("PUT", path, {**made, "status": "amended"}, If_Match='W/"1"')
    assert (changed.status_code, changed["ETag"]) == (200, 'W/"2"')
    assert fhir("GET", path).json()["status"] == "amended"
    assert fhir("GET", f"{path}/_history/1").json()["status"] == "final"
    stale = fhir("PUT", path, {**made, "status": "final"}, If_Match='W/"1"')
    assert (stale.status_code, code_of(stale)) == (412, "conflict")
    wrong = fhir("PUT", path, made, If_Match="newest")
    assert wrong.status_code == 400
    past = fhir("GET", f"{path}/_history").json()
    assert past["type"] == "history"
    assert past["total"] == 2
    assert [e["request"]["method"] for e in past["entry"]] == ["PUT", "POST"]
    assert [e["resource"]["meta"]["versionId"] for e in past["entry"]] == ["2", "1"]


def test_what_one_has_already_is_not_sent_again(fhir: Fhir, kim: str):
    made = fhir("POST", "Observation", weight(kim)).json()
    path = f"Observation/{made['id']}"
    answer = fhir("GET", path)
    assert fhir("GET", path, If_None_Match=answer["ETag"]).status_code == 304
    since = answer["Last-Modified"]
    assert fhir("GET", path, If_Modified_Since=since).status_code == 304
    assert fhir("GET", path, If_None_Match='W/"7"').status_code == 200


def test_under_an_id_of_ones_own_choice(fhir: Fhir, kim: str):
    resource = {**weight(kim), "id": "my-own.1"}
    made = fhir("PUT", "Observation/my-own.1", resource)
    assert (made.status_code, made["ETag"]) == (201, 'W/"1"')
    assert fhir("PUT", "Observation/my-own.1", resource).status_code == 200
    other = fhir("PUT", "Observation/another", resource)
    assert (other.status_code, code_of(other)) == (400, "invalid")


def test_what_is_deleted_is_gone_and_its_history_stays(fhir: Fhir, kim: str):
    made = fhir("POST", "Observation", weight(kim)).json()
    path = f"Observation/{made['id']}"
    done = fhir("DELETE", path)
    assert (done.status_code, done["ETag"]) == (204, 'W/"2"')
    assert fhir("DELETE", path).status_code == 204
    gone = fhir("GET", path)
    assert (gone.status_code, code_of(gone)) == (410, "deleted")
    assert fhir("GET", f"{path}/_history/2").status_code == 410
    past = fhir("GET", f"{path}/_history").json()["entry"]
    assert [e["request"]["method"] for e in past] == ["DELETE", "POST"]
    assert "resource" not in past[0]
    assert fhir("GET", "Observation").json()["total"] == 0
    again = fhir("PUT", path, {**made, "status": "amended"})
    assert (again.status_code, again["ETag"]) == (200, 'W/"3"')
    assert fhir("GET", path).status_code == 200


def test_a_patch_changes_what_it_names(fhir: Fhir, kim: str):
    made = fhir("POST", "Observation", weight(kim)).json()
    path = f"Observation/{made['id']}"
    operations = [
        {"op": "test", "path": "/status", "value": "final"},
        {"op": "replace", "path": "/status", "value": "amended"},
        {"op": "add", "path": "/note", "value": [{"text": "Weighed again"}]},
    ]
    done = fhir("PATCH", path, operations, type=PATCH)
    assert done.status_code == 200, done.content
    assert done.json()["note"] == [{"text": "Weighed again"}]
    assert b'"value":80.50' in done.content
    for bad, status in (
        (operations, 422),  # the test does not hold any more
        ([{"op": "replace", "path": "/id", "value": "x"}], 422),
        ([{"op": "remove", "path": "/status"}], 422),
        ([{"op": "dance"}], 422),
        ({"op": "add"}, 422),
    ):
        assert fhir("PATCH", path, bad, type=PATCH).status_code == status, bad
    assert fhir("GET", path)["ETag"] == 'W/"2"'


@pytest.mark.parametrize(
    ("prefer", "back"),
    [("return=minimal", b""), ("return=representation", b"Observation"),
     ("return=OperationOutcome", b"OperationOutcome")],
)  # fmt: skip
def test_one_says_what_one_wants_back(fhir: Fhir, kim: str, prefer: str, back: bytes):
    made = fhir("POST", "Observation", weight(kim), Prefer=prefer)
    assert made.status_code == 201
    assert made["Location"]
    assert (back in made.content) if back else made.content == b""


# -- conditions ------------------------------------------------------------------------------------

NUMBER: Json = {"identifier": [{"system": "urn:test", "value": "17"}]}


def test_what_is_there_is_not_made_twice(fhir: Fhir, kim: str):
    condition = {"If_None_Exist": "identifier=urn:test|17"}
    first = fhir("POST", "Observation", weight(kim, **NUMBER), **condition)
    second = fhir("POST", "Observation", weight(kim, **NUMBER), **condition)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first["Location"] == second["Location"]
    fhir("POST", "Observation", weight(kim, **NUMBER))
    several = fhir("POST", "Observation", weight(kim, **NUMBER), **condition)
    assert (several.status_code, code_of(several)) == (412, "multiple-matches")
    for wrong in ("nothing=1", "_count=1"):
        refused = fhir("POST", "Observation", weight(kim), If_None_Exist=wrong)
        assert refused.status_code == 400, wrong
    assert Version.objects.filter(type="Observation").count() == 2


def test_updated_patched_and_deleted_by_a_condition(fhir: Fhir, kim: str):
    where = "Observation?identifier=urn:test|17"
    made = fhir("PUT", where, weight(kim, **NUMBER))
    assert made.status_code == 201
    changed = fhir("PUT", where, weight(kim, **NUMBER, status="amended"))
    assert (changed.status_code, changed["ETag"]) == (200, 'W/"2"')
    operations = [{"op": "replace", "path": "/status", "value": "corrected"}]
    assert fhir("PATCH", where, operations, type=PATCH).json()["status"] == "corrected"
    assert fhir("DELETE", where).status_code == 204
    assert fhir("DELETE", where).status_code == 204
    assert fhir("PATCH", where, operations, type=PATCH).status_code == 404
    assert fhir("DELETE", "Observation").status_code == 400


# -- search ----------------------------------------------------------------------------------------


def test_pages_follow_each_other_and_say_how_many_there_are(fhir: Fhir, kim: str):
    for number in range(7):
        fhir("POST", "Observation", weight(kim, str(number), effectiveDateTime=f"202{number}"))
    first = fhir("GET", f"Observation?patient={kim}&_sort=-date&_count=3").json()
    assert (first["type"], first["total"], len(first["entry"])) == ("searchset", 7, 3)
    assert first["entry"][0]["search"] == {"mode": "match"}
    assert kim not in str(next(u["url"] for u in first["link"] if u["relation"] == "next"))
    found = list(fhir.pages(f"Observation?patient=Patient/{kim}&_sort=-date&_count=3"))
    assert [e["resource"]["effectiveDateTime"] for e in found] == [
        f"202{n}" for n in range(6, -1, -1)
    ]
    posted = fhir(
        "POST", "Observation/_search", f"patient={kim}&_count=3",
        type="application/x-www-form-urlencoded",
    ).json()  # fmt: skip
    assert (posted["total"], len(posted["entry"])) == (7, 3)


def test_a_page_is_nobody_elses(client: Client, fhir: Fhir, kim: str):
    for _ in range(3):
        fhir("POST", "Observation", weight(kim))
    page = fhir("GET", "Observation?_count=1").json()
    [url] = [u["url"] for u in page["link"] if u["relation"] == "next"]
    other = Fhir(client, clinician())
    assert other("GET", url).status_code == 400
    assert fhir("GET", url.replace("Observation?", "Condition?")).status_code == 400
    assert fhir("GET", url[:-4]).status_code == 400


def test_what_is_sent_along(fhir: Fhir, kim: str):
    fhir("POST", "Observation", weight(kim))
    found = fhir("GET", "Observation?_include=Observation:patient").json()
    assert [(e["resource"]["resourceType"], e["search"]["mode"]) for e in found["entry"]] == [
        ("Observation", "match"), ("Patient", "include"),
    ]  # fmt: skip
    back = fhir("GET", f"Patient?_id={kim}&_revinclude=Observation:patient").json()
    assert [e["search"]["mode"] for e in back["entry"]] == ["match", "include"]
    assert back["total"] == 1


def test_the_number_alone_a_part_and_what_is_unknown(fhir: Fhir, kim: str):
    fhir("POST", "Observation", weight(kim))
    counted = fhir("GET", "Observation?_summary=count").json()
    assert counted["total"] == 1
    assert "entry" not in counted
    [part] = fhir("GET", "Observation?_elements=valueQuantity").json()["entry"]
    assert set(part["resource"]) == {
        "resourceType",
        "id",
        "meta",
        "status",
        "code",
        "valueQuantity",
    }
    assert part["resource"]["meta"]["tag"][-1]["code"] == "SUBSETTED"
    [short] = fhir("GET", "Observation?_summary=true").json()["entry"]
    assert "note" not in short["resource"]
    lenient = fhir("GET", "Observation?nothing=1").json()
    assert lenient["entry"][-1]["resource"]["issue"][0]["code"] == "not-supported"
    assert "nothing" not in str(lenient["link"])
    strict = fhir("GET", "Observation?nothing=1", Prefer="handling=strict")
    assert strict.status_code == 400
    for wrong in ("_summary=some", "_count=x", "date=soon", "_sort=nothing", "code:exact=x"):
        answer = fhir("GET", f"Observation?{wrong}")
        assert (answer.status_code, code_of(answer)) == (400, "invalid"), wrong


# -- many at once ----------------------------------------------------------------------------------


def entry(method: str, url: str, resource: Json | None = None, **more: Any) -> Json:
    full_url = more.pop("fullUrl", None)
    made: Json = {"request": {"method": method, "url": url, **more}}
    if resource is not None:
        made["resource"] = resource
    return made | ({"fullUrl": full_url} if full_url else {})


def bundle(kind: str, *entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def test_a_transaction_leads_its_references_to_new_ids(fhir: Fhir, kim: str):
    visit, urn = f"urn:uuid:{uuid4()}", f"urn:uuid:{uuid4()}"
    encounter = {
        "resourceType": "Encounter", "status": "finished", "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/{kim}"},
    }  # fmt: skip
    about = weight(kim, encounter={"reference": visit})
    done = fhir("POST", "/fhir/", bundle(
        "transaction",
        entry("POST", "Observation", about, fullUrl=urn),
        entry("POST", "Encounter", encounter, fullUrl=visit),
        entry("GET", f"Patient/{kim}"),
    ))  # fmt: skip
    assert done.status_code == 200, done.content
    first, second, third = done.json()["entry"]
    assert first["response"]["status"] == second["response"]["status"] == "201 Created"
    assert third["resource"]["id"] == kim
    read = fhir("GET", first["response"]["location"]).json()
    assert (
        second["response"]["location"]
        .partition("/_history")[0]
        .endswith(read["encounter"]["reference"])
    )


def test_a_transaction_happens_as_a_whole_or_not_at_all(fhir: Fhir, kim: str):
    before = Version.objects.count()
    for wrong in (
        entry("POST", "Observation", weight(str(uuid4()))),
        entry("POST", "Observation", {**weight(kim), "status": "nonsense"}),
        entry("PUT", "Observation/x", weight(kim)),
        entry("POST", "Observation", weight(kim, encounter={"reference": f"urn:uuid:{uuid4()}"})),
        entry("DELETE", f"Observation/{uuid4()}"),
        entry("POST", "Observation", weight(kim, encounter={"reference": "Encounter?status=x"})),
    ):
        done = fhir(
            "POST",
            "/fhir/",
            bundle("transaction", entry("POST", "Observation", weight(kim)), wrong),
        )
        assert 400 <= done.status_code < 500, wrong
        assert done.json()["issue"][0]["expression"][0].startswith("Bundle.entry[1]"), done.content
    assert Version.objects.count() == before


def test_a_batch_does_what_it_can(fhir: Fhir, kim: str):
    done = fhir("POST", "/fhir/", bundle(
        "batch",
        entry("POST", "Observation", weight(kim)),
        entry("POST", "Observation", {"resourceType": "Observation"}),
        entry("GET", "Observation?_count=5"),
        entry("GET", f"Observation/{uuid4()}"),
    ))  # fmt: skip
    statuses = [e["response"]["status"] for e in done.json()["entry"]]
    assert statuses == ["201 Created", "422", "200 OK", "404"]
    assert done.json()["entry"][1]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert done.json()["entry"][2]["resource"]["total"] == 1


def test_conditions_patches_and_twice_the_same_in_a_transaction(fhir: Fhir, kim: str):
    made = fhir("POST", "Observation", weight(kim, **NUMBER)).json()
    operations = ENCODER.encode([{"op": "replace", "path": "/status", "value": "amended"}])
    binary = {
        "resourceType": "Binary", "contentType": PATCH, "data": b64encode(operations).decode(),
    }  # fmt: skip
    done = fhir("POST", "/fhir/", bundle(
        "transaction",
        entry("POST", "Observation", weight(kim, **NUMBER), ifNoneExist="identifier=urn:test|17"),
        entry("PATCH", f"Observation/{made['id']}", binary),
        entry("POST", "Observation", weight(kim, derivedFrom=[
            {"reference": "Observation?identifier=urn:test|17"}
        ])),
    ))  # fmt: skip
    assert done.status_code == 200, done.content
    assert [e["response"]["status"] for e in done.json()["entry"]] == [
        "200 OK",
        "200 OK",
        "201 Created",
    ]
    twice = entry("PUT", f"Observation/{made['id']}", made)
    assert fhir("POST", "/fhir/", bundle("transaction", twice, twice)).status_code == 422


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 400), ({"resourceType": "Patient"}, 400), (bundle("searchset"), 422),
        (bundle("batch", {"resource": {}}), 422), ({**bundle("batch"), "entry": {}}, 422),
        (bundle("batch", entry("GET", "Nothing/x")), 422),
        (bundle("batch", entry("DANCE", "Patient/x")), 422),
        (bundle("transaction", entry("POST", "Patient/x/y", {})), 422),
    ],
)  # fmt: skip
def test_what_is_no_bundle_is_said(fhir: Fhir, body: Any, status: int):
    assert fhir("POST", "/fhir/", body).status_code == status


@pytest.mark.parametrize("size", [5, 200_000])
def test_a_file_comes_back_as_it_was_and_as_a_resource(
    client: Client, fhir: Fhir, kim: str, size: int
):
    data = bytes(range(256)) * (size // 256 + 1)
    who = {"X_Security_Context": f"Patient/{kim}"}
    made = fhir("POST", "Binary", data, type="image/png", **who)
    assert made.status_code == 201, made.content
    path = made["Location"].partition("/_history")[0]
    back = fhir("GET", path, Accept="image/png")
    assert b"".join(back.streaming_content) == data
    assert back["Content-Type"] == "image/png"
    assert back["Content-Disposition"].startswith("attachment")
    assert "sandbox" in back["Content-Security-Policy"]
    resource = fhir("GET", path, Accept="application/fhir+json").json()
    assert resource["contentType"] == "image/png"
    assert ("data" in resource) == (size < 65_536)
    stranger = Fhir(client, clinician())
    assert stranger("GET", path, Accept="image/png").status_code == 404
    assert stranger("POST", "Binary", data, type="image/png", **who).status_code == 422
    for wrong in ({}, {"X_Security_Context": "nobody"}):
        assert fhir("POST", "Binary", data, type="image/png", **wrong).status_code == 422


# -- who may ---------------------------------------------------------------------------------------


def test_a_foreign_record_is_neither_written_nor_read(client: Client, fhir: Fhir, kim: str):
    made = fhir("POST", "Observation", weight(kim)).json()
    stranger = Fhir(client, clinician())
    path = f"Observation/{made['id']}"
    assert stranger("POST", "Observation", weight(kim)).status_code == 422
    for method, body in (("GET", None), ("PUT", made), ("DELETE", None)):
        assert stranger(method, path, body).status_code == 404, method
    assert stranger("GET", f"{path}/_history").status_code == 404
    assert stranger("GET", f"Patient/{kim}/$everything").status_code == 404
    assert stranger("GET", "Observation").json()["total"] == 0
    assert stranger("PUT", "Observation?code=29463-7", weight(kim)).status_code == 422
    known = fhir(
        "POST", "Observation", weight(kim, encounter={"reference": f"Encounter/{uuid4()}"})
    )
    assert known.status_code == 422


def test_only_the_author_changes_a_version(client: Client, doctor: Viewer, fhir: Fhir, kim: str):

    account = UserFactory(own_role=Role.PATIENT)
    patient_link(patient=Patient.objects.get(pk=kim), account=account)
    person = Fhir(client, viewer_for(account))
    made = fhir("POST", "Observation", weight(kim)).json()
    path = f"Observation/{made['id']}"
    assert person("GET", path).status_code == 200
    refused = person("PUT", path, made)
    assert (refused.status_code, code_of(refused)) == (403, "forbidden")
    assert person("DELETE", path).status_code == 403
    own = person("POST", "Observation", weight(kim, "81"))
    assert own.status_code == 201
    assert (
        person("POST", "MedicationRequest", {"resourceType": "MedicationRequest"}).status_code
        == 422
    )
    assert fhir("GET", own["Location"]).status_code == 404  # not shared with the hospital
    other = person("POST", "Observation", weight(str(registered(registrar()).pk)))
    assert other.status_code == 422


def test_who_only_reads_writes_nothing(client: Client, kim: str):
    for role in (Role.PAYER, Role.RESEARCHER, Role.BILLER):
        program = Fhir(client, member(role))
        assert program("POST", "Observation", weight(kim)).status_code == 403, role


def test_registrars_write_who_somebody_is_and_managers_the_directory(
    client: Client, doctor: Viewer
):
    office = Fhir(client, registrar(doctor.organisation))
    person = {
        "resourceType": "Patient",
        "name": [{"family": "Newcomer"}],
        "birthDate": "1990-01-01",
    }
    made = office("POST", "Patient", person)
    assert made.status_code == 201, made.content
    assert office("POST", "Observation", weight(made.json()["id"])).status_code == 403
    treating = Fhir(client, doctor)
    assert treating("POST", "Observation", weight(made.json()["id"])).status_code == 201
    assert treating("DELETE", f"Patient/{made.json()['id']}").status_code == 409
    assert office("PUT", "Patient/no-uuid", {**person, "id": "no-uuid"}).status_code == 422
    boss = Fhir(client, member(Role.MANAGER, doctor.organisation))
    place = organization()
    assert boss("PUT", f"Organization/{place['id']}", place).status_code == 201
    assert boss("POST", "Patient", person).status_code == 403


def test_a_session_reads_and_does_not_write(client: Client, doctor: Viewer, kim: str):
    client.force_login(doctor.user)
    assert client.get("/fhir/Observation").status_code == 200
    answer = client.post("/fhir/Observation", b"{}", content_type="application/fhir+json")
    assert answer.status_code == 401


# -- operations, formats, errors -------------------------------------------------------------------


def test_all_of_a_record_in_pages(fhir: Fhir, kim: str):
    for _ in range(4):
        fhir("POST", "Observation", weight(kim))
    body = fhir("GET", f"Patient/{kim}/$everything?_count=2").json()
    assert (body["total"], len(body["entry"])) == (5, 2)
    found = list(fhir.pages(f"Patient/{kim}/$everything?_count=2"))
    assert len(found) == 5
    some = fhir("GET", f"Patient/{kim}/$everything?_type=Observation").json()
    assert some["total"] == 4


def test_the_patient_summary_is_a_document_that_is_whole_in_itself(fhir: Fhir, kim: str):
    system = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
    allergy = {
        "resourceType": "AllergyIntolerance", "patient": {"reference": f"Patient/{kim}"},
        "clinicalStatus": {"coding": [{"system": system, "code": "active"}]},
        "code": {"text": "Penicillin"},
    }  # fmt: skip
    vital = [{"coding": [{"code": "vital-signs"}]}]
    assert fhir("POST", "AllergyIntolerance", allergy).status_code == 201
    fhir(
        "POST", "Observation", weight(kim, "80.50", category=vital, effectiveDateTime="2026-11-01")
    )
    fhir(
        "POST", "Observation", weight(kim, "70.50", category=vital, effectiveDateTime="2001-01-01")
    )
    body = fhir("GET", f"Patient/{kim}/$summary")
    assert b"80.50" in body.content
    assert b"70.50" not in body.content  # too long ago
    document = body.json()
    resources = [e["resource"] for e in document["entry"]]
    composition = resources[0]
    assert (document["type"], composition["resourceType"]) == ("document", "Composition")
    sections = {s["code"]["coding"][0]["code"]: s for s in composition["section"]}
    assert list(sections) == ["48765-2", "10160-0", "11450-4", "8716-3"]
    assert "<li>Penicillin</li>" in sections["48765-2"]["text"]["div"]
    named = {f"{r['resourceType']}/{r['id']}" for r in resources}
    for section in sections.values():
        assert {e["reference"] for e in section["entry"]} <= named
    [unknown] = [r for r in resources if r["resourceType"] == "MedicationStatement"]
    assert unknown["medicationCodeableConcept"]["coding"][0]["code"] == "no-medication-info"


def test_validate_says_what_is_wrong_and_writes_nothing(fhir: Fhir, kim: str):
    before = Version.objects.count()
    assert fhir("POST", "Observation/$validate", weight(kim)).status_code == 200
    wrong = {**weight(kim), "status": "nonsense"}
    answer = fhir("POST", "$validate", {
        "resourceType": "Parameters", "parameter": [{"name": "resource", "resource": wrong}],
    })  # fmt: skip
    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Observation.status"]
    assert fhir("POST", "Condition/$validate", weight(kim)).status_code == 422
    profile = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-body-weight"
    strict = fhir("POST", f"Observation/$validate?profile={profile}", weight(kim))
    assert strict.status_code == 422
    assert Version.objects.count() == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Accept": "application/fhir+xml"}, 406), ({"Accept": "application/fhir+json"}, 200),
     ({"Accept": "text/html,*/*"}, 200)],
)  # fmt: skip
def test_only_json_is_spoken(fhir: Fhir, headers: dict[str, str], status: int):
    assert fhir("GET", "Observation", **headers).status_code == status


def test_other_formats_and_broken_json_are_refused(fhir: Fhir):
    assert (
        fhir("POST", "Observation", "<Observation/>", type="application/fhir+xml").status_code
        == 415
    )
    for body in ("{", '{"a":1,"a":2}', "[]", '"x"', "\x00"):
        assert fhir("POST", "Observation", body).status_code == 400, body
    assert fhir("POST", "Observation", {"resourceType": "Condition"}).status_code == 400
    assert fhir("POST", "Nothing", {"resourceType": "Nothing"}).status_code == 404
    assert fhir("GET", "Observation?_format=xml").status_code == 406
    assert fhir("PUT", "Observation", {"resourceType": "Observation"}).status_code == 400
