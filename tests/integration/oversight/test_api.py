"""The trail for programs."""

from io import StringIO

import pytest
import yaml
from django.core.management import call_command
from django.test import Client

from accounts.tokens import token_issue
from core import audit
from core.models import AuditEvent
from tests.factories.people import UserFactory, clinician, enrol
from tests.factories.records import patient_with_record

pytestmark = pytest.mark.django_db


def bearer(user) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_issue(user=user, by=audit.Actor.system('test'))}"}


@pytest.fixture
def record():
    viewer, row, _ = patient_with_record()
    for _ in range(3):
        audit.record(
            audit.Name.RECORD_READ, by=clinician().actor, subject=row.pk, target="Observation/1"
        )
    return viewer, row


def test_auditors_search_it(client: Client, record):
    _, row = record
    headers = bearer(enrol(UserFactory(own_role="auditor")))
    answer = client.get("/api/v1/audit/", {"what": "record.read"}, headers=headers)
    assert answer.status_code == 200
    rows = answer.json()["results"]
    assert {r["patient"] for r in rows} == {str(audit.pseudonym(row.pk))}
    assert [r["who"] for r in rows] == ["Dr Test"] * 3
    assert str(row.pk) not in answer.content.decode()
    assert AuditEvent.objects.filter(name="audit.read", channel="api").count() == 1


def test_others_do_not(client: Client, record):
    viewer, _ = record
    for user in (viewer.user, clinician().user):
        answer = client.get("/api/v1/audit/", headers=bearer(user))
        assert answer.status_code == 403
        assert answer["Content-Type"].startswith("application/problem+json")
    assert client.get("/api/v1/audit/").status_code == 401


@pytest.mark.parametrize("query", [{"what": "x"}, {"patient": "x"}, {"first_day": "x"}])
def test_a_wrong_search_is_a_problem(client: Client, query):
    headers = bearer(enrol(UserFactory(own_role="auditor")))
    answer = client.get("/api/v1/audit/", query, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["place"] == next(iter(query))


def test_pages_follow_by_cursor(client: Client, record):
    headers = bearer(enrol(UserFactory(own_role="auditor")))
    _, row = record
    for _ in range(60):
        audit.record(audit.Name.RECORD_READ, by=clinician().actor, subject=row.pk)
    query = {"what": "record.read"}
    first = client.get("/api/v1/audit/", query, headers=headers).json()
    second = client.get(first["next"], headers=headers).json()
    ids = [r["id"] for r in first["results"] + second["results"]]
    assert len(ids) == len(set(ids)) == 63


def test_a_patient_sees_who_read_the_record(client: Client, record):
    viewer, _ = record
    answer = client.get("/api/v1/me/readers/", headers=bearer(viewer.user))
    newest = answer.json()["results"][0]
    assert (newest["who"], newest["did"]) == ("Dr Test", "looked at your results")
    assert newest["by_you"] is False


def test_without_a_record_there_are_no_readers(client: Client):
    answer = client.get("/api/v1/me/readers/", headers=bearer(UserFactory()))
    assert answer.status_code == 403


def test_lists_cost_the_same_for_any_number(client: Client, record, makes_queries):
    viewer, row = record
    client.force_login(viewer.user)
    for count in (1, 30):
        for _ in range(count):
            audit.record(audit.Name.RECORD_READ, by=clinician().actor, subject=row.pk)
        client.get("/api/v1/me/readers/")
        with makes_queries(8):
            client.get("/api/v1/me/readers/")


def test_both_are_described():
    out = StringIO()
    call_command("spectacular", "--validate", stdout=out)
    paths = yaml.safe_load(out.getvalue())["paths"]
    asked = {p["name"] for p in paths["/api/v1/audit/"]["get"]["parameters"]}
    assert {"person", "organisation", "patient", "what", "purpose", "first_day", "cursor"} <= asked
    assert "/api/v1/me/readers/" in paths
