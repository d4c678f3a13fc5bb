"""FHIR over HTTP: the same bytes, the same gates, errors as OperationOutcome."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from accounts.tokens import token_issue
from accounts.viewer import Viewer
from chain.canonical import parse
from core.audit import Actor, own_actor, pseudonym
from core.models import AuditEvent
from records.models import Version
from records.selectors import opened, own_patient
from tests.factories.audit import told
from tests.factories.people import clinician
from tests.factories.records import observation, patient, patient_with_record

pytestmark = pytest.mark.django_db


def bearer(viewer: Viewer) -> dict[str, str]:
    token = token_issue(user=viewer.user, by=Actor.system("test"))
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def weight() -> tuple[Viewer, str]:
    """Somebody with a weight, and the weight's address."""
    about = patient()
    value = observation(about, "98.60")
    viewer, _, _ = patient_with_record(value, about=about)
    return viewer, f"/fhir/Observation/{value['id']}"


def assert_outcome(answer, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/fhir+json")
    body = answer.json()
    assert body["resourceType"] == "OperationOutcome"
    assert body["issue"][0]["code"] == code


def test_a_read_gives_the_committed_bytes(client: Client, weight):
    viewer, url = weight
    answer = client.get(url, headers=bearer(viewer))
    assert answer.status_code == 200
    row = Version.objects.get(record__type="Observation")
    assert answer.content == opened([row])[0].document
    assert b'"value":98.60' in answer.content
    assert answer["ETag"] == 'W/"1"'
    assert answer["Content-Type"].startswith("application/fhir+json")


def test_a_numbered_version_is_the_same(client: Client, weight):
    viewer, url = weight
    headers = bearer(viewer)
    newest = client.get(url, headers=headers)
    assert client.get(f"{url}/_history/1", headers=headers).content == newest.content
    assert_outcome(client.get(f"{url}/_history/2", headers=headers), 404, "not-found")


def test_what_the_caller_has_already_is_not_sent_again(client: Client, weight):
    viewer, url = weight
    answer = client.get(url, headers=bearer(viewer) | {"If-None-Match": 'W/"1"'})
    assert answer.status_code == 304
    assert answer.content == b""


def test_every_read_is_audited(client: Client, weight):
    viewer, url = weight
    patient_id = own_patient(viewer).pk
    client.get(url, headers=bearer(viewer))
    event = AuditEvent.objects.get(name="record.read")
    assert event.actor_id == own_actor(viewer.user.pk)
    assert event.channel == "fhir"
    assert event.subject == pseudonym(patient_id)
    assert told(event, patient_id).target == url.removeprefix("/fhir/")


@pytest.mark.parametrize("suffix", ["", "/_history/1", "/$proof", "/_history/1/$proof"])
def test_what_is_foreign_looks_as_if_it_were_not_there(client: Client, weight, suffix: str):
    _, url = weight
    headers = bearer(clinician())
    foreign = client.get(url + suffix, headers=headers)
    assert_outcome(foreign, 404, "not-found")
    missing = client.get(f"/fhir/Observation/{uuid4()}{suffix}", headers=headers)
    assert foreign.content == missing.content


@pytest.mark.parametrize(
    "header", [{}, {"Authorization": "Bearer salus_wrong"}, {"Authorization": "Basic eDp5"}]
)
def test_without_a_valid_token_there_is_nothing(client: Client, weight, header: dict[str, str]):
    _, url = weight
    answer = client.get(url, headers=header)
    assert_outcome(answer, 401, "login")
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_a_session_reads_too_but_a_bad_token_is_not_overlooked(client: Client, weight):
    viewer, url = weight
    client.force_login(viewer.user)
    assert client.get(url).status_code == 200
    assert client.get(url, headers={"Authorization": "Bearer nonsense"}).status_code == 401


def test_what_is_not_offered_is_said(client: Client, weight):
    viewer, url = weight
    answer = client.put(f"{url}/$proof", b"{}", "application/fhir+json", headers=bearer(viewer))
    assert_outcome(answer, 405, "not-supported")
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", ["Observashun/1", "Observashun", "Patient/1/$everything", "x/y/z"])
def test_whatever_is_not_there_is_an_outcome(client: Client, path: str):
    answer = client.get(f"/fhir/{path}", headers=bearer(clinician()))
    assert_outcome(answer, 404, "not-found")


def test_a_proof_comes_when_the_seal_is_final(
    client: Client, ledger, weight, until_final: Callable[[], None]
):
    viewer, url = weight
    headers = bearer(viewer)
    early = client.get(f"{url}/$proof", headers=headers)
    assert early.status_code == 202
    assert early["Retry-After"] == "2"
    assert early.json() == {"state": "queued"}
    until_final()
    answer = client.get(f"{url}/$proof", headers=headers)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.salus.proof+json"
    proof = answer.json()
    assert proof["format"] == "salus-proof/1"
    by_id = Version.objects.get(record__type="Observation").commitment_id
    assert client.get(f"/proofs/{by_id}.json", headers=headers).json() == proof
    assert client.get(f"/proofs/{by_id}.json", headers=bearer(clinician())).status_code == 404
    assert client.get(f"/proofs/{uuid4()}.json", headers=headers).status_code == 404


def test_metadata_is_public_and_true(client: Client):
    answer = client.get("/fhir/metadata")
    assert answer.status_code == 200
    statement = parse(answer.content)
    from records.fhir.schema import problems_of

    assert problems_of(statement) == []
    said = {
        r["type"]: {i["code"] for i in r["interaction"]} for r in statement["rest"][0]["resource"]
    }
    assert said.pop("AuditEvent") == {"read", "search-type"}
    reading = {"read", "vread", "history-instance", "history-type", "search-type"}
    assert said.pop("Consent") == reading
    assert all(
        codes == reading | {"create", "update", "patch", "delete"}
        for codes in said.values()
        if codes != reading
    )
    [observation_] = [r for r in statement["rest"][0]["resource"] if r["type"] == "Observation"]
    assert {p["name"] for p in observation_["searchParam"]} >= {"code", "date", "patient", "_tag"}
    assert statement["implementation"]["url"].endswith("/fhir/")


def test_a_read_costs_a_fixed_number_of_queries(client: Client, weight, makes_queries):
    viewer, url = weight
    headers = bearer(viewer)
    client.get(url, headers=headers)
    # token, memberships, whose transaction, version with its commitment, key, by what it reaches
    # somebody who acts for nobody else, audit row
    with makes_queries(7):
        client.get(url, headers=headers)
