"""AuditEvent: one resource for each request, for the person themselves and for auditors."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import User
from accounts.viewer import Viewer
from chain.canonical import parse
from core import audit
from core.models import AuditEvent
from records.fhir.schema import problems_of
from records.models import Patient
from tests.factories.people import UserFactory, clinician, enrol
from tests.factories.records import patient_with_record

pytestmark = pytest.mark.django_db
URL = "/fhir/AuditEvent"


@pytest.fixture
def record() -> tuple[Viewer, Patient]:
    viewer, row, _ = patient_with_record()
    return viewer, row


@pytest.fixture
def auditor() -> User:
    return enrol(UserFactory(own_role="auditor", name="Test Auditor"))


def look(by: Viewer, *rows: Patient, **more: Any) -> None:
    """One request, about one patient or several."""
    with audit.origin("192.0.2.0/24"):
        for row in rows:
            audit.record(
                audit.Name.RECORD_READ, by=by.actor, subject=row.pk, target="Observation/7",
                count=1, **more,
            )  # fmt: skip


def resources(client: Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(URL, query)
    assert answer.status_code == 200, answer.content
    bundle = parse(answer.content)
    assert problems_of(bundle) == []
    return [entry["resource"] for entry in bundle.get("entry", [])]


def test_a_patient_sees_who_looked_at_what(client: Client, record):
    viewer, row = record
    doctor = clinician()
    look(doctor, row, purpose=audit.Purpose.EMERGENCY)
    client.force_login(viewer.user)
    newest, *_ = resources(client, patient=f"Patient/{row.pk}")
    assert newest["resourceType"] == "AuditEvent"
    [agent] = newest["agent"]
    assert (agent["name"], agent["altId"]) == ("Dr Test", str(doctor.user.pk))
    assert agent["network"] == {"address": "192.0.2.0/24", "type": "2"}
    assert agent["role"][0]["coding"][0]["code"] == "clinician"
    assert newest["purposeOfEvent"][0]["coding"][0]["code"] == "ETREAT"
    assert newest["action"] == "R"
    assert newest["outcome"] == "0"
    whats = [entity["what"] for entity in newest["entity"]]
    assert whats == [{"reference": f"Patient/{row.pk}"}, {"reference": "Observation/7"}]


def test_an_auditor_sees_pseudonyms_and_no_targets(client: Client, record, auditor):
    _, row = record
    look(clinician(), row)
    client.force_login(auditor)
    pseudonym = str(audit.pseudonym(row.pk))
    answer = client.get(URL, {"patient": pseudonym}).content.decode()
    assert str(pseudonym) in answer
    assert str(row.pk) not in answer
    assert "Observation/7" not in answer


def test_a_request_about_many_is_one_resource(client: Client, record, auditor):
    _, first = record
    second = patient_with_record()[1]
    look(clinician(), first, second)
    client.force_login(auditor)
    found = [r for r in resources(client) if r.get("action") == "R" and "entity" in r]
    looked = [r for r in found if len(r["entity"]) == 2]
    assert len(looked) == 1


def test_of_a_request_about_many_each_sees_themselves(client: Client, record):
    viewer, first = record
    second = patient_with_record()[1]
    look(clinician(), first, second)
    client.force_login(viewer.user)
    body = client.get(URL).content.decode()
    assert str(second.pk) not in body
    assert str(audit.pseudonym(second.pk)) not in body


def test_every_kind_of_event_is_valid(client: Client, record, auditor):
    viewer, row = record
    for name in AuditEvent.Name:
        for subject in (None, row.pk):
            with audit.origin():
                audit.record(name, by=viewer.actor, subject=subject, target="x", reason="y")
    audit.record(audit.Name.RECORD_WRITTEN, by=audit.Actor.system("import"), subject=row.pk)
    client.force_login(auditor)
    assert len(resources(client, _count=200)) >= 2 * len(AuditEvent.Name)
    client.force_login(viewer.user)
    assert len(resources(client, _count=200)) >= len(AuditEvent.Name)


def test_one_is_read_by_its_id(client: Client, record, auditor):
    viewer, row = record
    look(clinician(), row)
    request = AuditEvent.objects.get(name="record.read").request
    for user in (viewer.user, auditor):
        client.force_login(user)
        answer = client.get(f"{URL}/{request}")
        assert answer.status_code == 200
        assert problems_of(parse(answer.content)) == []
        assert answer.json()["id"] == str(request)
        assert client.get(f"{URL}/{uuid4()}").status_code == 404


def test_others_see_nothing(client: Client, record):
    _, row = record
    look(clinician(), row)
    request = AuditEvent.objects.get(name="record.read").request
    other, _, _ = patient_with_record()
    client.force_login(other.user)
    assert client.get(URL, {"patient": row.pk}).status_code == 404
    assert client.get(f"{URL}/{request}").status_code == 404
    client.force_login(clinician().user)
    assert client.get(URL, {"patient": row.pk}).status_code == 403
    assert client.get(f"{URL}/{request}").status_code == 404
    assert Client().get(URL).status_code == 401


def test_pages_follow_each_other_and_no_request_comes_twice(client: Client, record):
    viewer, row = record
    doctor = clinician()
    for _ in range(5):
        with audit.origin():
            for _ in range(3):
                audit.record(audit.Name.RECORD_READ, by=doctor.actor, subject=row.pk)
    client.force_login(viewer.user)
    url, seen = f"{URL}?_count=4", []
    for _ in range(20):
        bundle = client.get(url).json()
        seen += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        if "next" not in links:
            break
        url = links["next"].removeprefix("http://localhost:8000")
        url = url[url.index("/fhir") :]
    mine = AuditEvent.objects.filter(subject=audit.pseudonym(row.pk)).values("request").distinct()
    assert len(seen) == len(set(seen)) == mine.count()


@pytest.mark.parametrize(
    "query", [{"patient": "x"}, {"date": "soon"}, {"date": "ge2026"}, {"_count": "x"},
              {"_count": "0"}, {"_cursor": "?"}, {"agent": "x"}],
)  # fmt: skip
def test_a_wrong_search_is_an_outcome(client: Client, record, query):
    client.force_login(record[0].user)
    answer = client.get(URL, query)
    assert answer.status_code == 422
    assert answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    ("date", "fits"), [("ge2020-01-01", True), ("le2020-01-01", False), ("2020-01-01", False),
                       ("gt2020-01-01", True), ("lt2020-01-01", False), ("eq2020-01-01", False)],
)  # fmt: skip
def test_days_narrow_it(client: Client, record, date: str, fits: bool):
    client.force_login(record[0].user)
    assert bool(resources(client, date=date)) is fits


def test_the_auditors_look_is_noted(client: Client, auditor):
    client.force_login(auditor)
    resources(client)
    event = AuditEvent.objects.get(name="audit.read")
    assert (event.actor_id, event.channel) == (auditor.pk, "fhir")
