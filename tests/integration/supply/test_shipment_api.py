"""Shipments for programs: the same rules, in JSON."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accounts.tokens import token_issue
from core.audit import Actor
from supply.models import EpcisEvent, Shipment, ShipmentState
from supply.services import shipment_check
from tests.factories.supply import csv_of, pharma_viewer, row, user_of

pytestmark = pytest.mark.django_db


def program_of(user) -> Client:
    token = token_issue(user=user, by=Actor.system("test"))
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def program(viewer):
    return program_of(viewer.user)


def send(program, data: bytes):
    file = SimpleUploadedFile("shipment.csv", data, "text/csv")
    return program.post(reverse("api-shipments"), {"file": file})


def url_of(shipment) -> str:
    return reverse("api-shipment", args=[shipment.id])


def test_from_the_file_to_the_recorded_shipment(
    program, good_file, product, pharmacy, recorded, django_capture_on_commit_callbacks
):
    created = send(program, good_file)
    assert created.status_code == 201
    body = created.json()
    assert (body["state"], body["line_count"], body["package_count"]) == ("checked", 2, 11)
    assert body["recipient"] == {"gln": pharmacy.gln, "name": pharmacy.name}
    assert body["anchor_state"] is None
    assert body["departures"] == []
    assert body["lines"][0] == {
        "row": 2,
        "gtin": product.gtin,
        "product": product.name,
        "lot": "L1",
        "expiry": "2099-12-31",
        "serial": "SN001-SN010",
        "quantity": 10,
        "to": {"gln": pharmacy.gln, "name": pharmacy.name},
        "event": None,
    }
    draft = Shipment.objects.get(pk=body["id"])
    record = reverse("api-shipment-record", args=[draft.id])
    with django_capture_on_commit_callbacks() as asked:
        answers = [program.post(record), program.post(record)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert [answer.json()["state"] for answer in answers] == ["recording", "recording"]
    assert len(asked) == 1
    recorded(draft)
    body = program.get(url_of(draft)).json()
    assert (body["state"], body["anchor_state"]) == ("recorded", "queued")
    events = [body["lines"][0]["event"], body["departures"][0]["event"]]
    for event in events:
        row_ = EpcisEvent.objects.get(pk=event["id"])
        assert event == {
            "id": str(row_.id),
            "anchor_state": "queued",
            "proof": f"/proofs/{row_.commitment_id}.json",
        }


def test_a_bad_file_is_a_problem_document(program, product, pharmacy):
    answer = send(program, csv_of(row(product, pharmacy.gln, "SN1", gtin="10614141123453")))
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["errors"] == [
        {"place": "Row 2, GTIN", "text": "the check digit should be 9, not 3"}
    ]
    assert (body["status"], body["code"], body["detail"]) == (422, "invalid", "1 problem")
    assert not Shipment.objects.exists()


def test_an_empty_file_and_none(program):
    assert send(program, b"").json()["errors"] == [{"place": "", "text": "the file is empty"}]
    answer = program.post(reverse("api-shipments"))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["place"] == "file"


def test_discarding(program, draft, good_file, recorded, viewer):
    assert program.delete(url_of(draft)).status_code == 204
    assert program.get(url_of(draft)).status_code == 404
    done = recorded(shipment_check(data=good_file, by=viewer))
    answer = program.delete(url_of(done))
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


def test_a_failed_shipment_tells_its_problems(program, draft, good_file, recorded, viewer):
    second = shipment_check(data=good_file, by=viewer)
    recorded(second)
    recorded(draft)
    body = program.get(url_of(draft)).json()
    assert body["state"] == ShipmentState.FAILED
    assert [problem["place"] for problem in body["problems"]] == ["Row 2, Serial", "Row 3, Serial"]
    answer = program.post(reverse("api-shipment-record", args=[draft.id]))
    assert answer.status_code == 409


def test_who_gets_in(draft, maker, pharmacy, good_file):
    assert Client().get(reverse("api-shipments")).status_code == 401
    insurer = program_of(user_of(maker, Role.PAYER))
    assert insurer.get(reverse("api-shipments")).status_code == 403
    assert insurer.get(url_of(draft)).status_code == 403
    assert send(insurer, good_file).status_code == 403
    other = program_of(pharma_viewer(pharmacy).user)
    record = reverse("api-shipment-record", args=[draft.id])
    assert other.get(reverse("api-shipments")).json()["results"] == []
    assert [
        other.get(url_of(draft)).status_code,
        other.delete(url_of(draft)).status_code,
        other.post(record).status_code,
        other.get(reverse("api-shipment", args=[uuid4()])).status_code,
    ] == [404] * 4


def test_a_list_in_pages_takes_the_same_queries(
    program, product, pharmacy, viewer, recorded, makes_queries
):
    def add(*serials):
        for serial in serials:
            data = csv_of(row(product, pharmacy.gln, serial))
            recorded(shipment_check(data=data, by=viewer))

    add("S1")
    program.get(reverse("api-shipments"))  # notes when the token was used
    with makes_queries(4):  # token with user, memberships, acting, rows
        program.get(reverse("api-shipments"))
    add("S2", "S3", "S4")
    with makes_queries(4):
        body = program.get(reverse("api-shipments")).json()
    times = [found["created_at"] for found in body["results"]]
    assert len(times) == 4
    assert times == sorted(times, reverse=True)
    assert body["next"] is None


def test_one_shipment_of_any_length_takes_the_same_queries(
    program, product, pharmacy, viewer, recorded, makes_queries
):
    for run, lines in (("A", 2), ("B", 120)):
        data = csv_of(*(row(product, pharmacy.gln, f"{run}{n}") for n in range(lines)))
        done = recorded(shipment_check(data=data, by=viewer))
        program.get(url_of(done))
        with makes_queries(6):  # token, memberships, acting, shipment, lines, departures
            assert len(program.get(url_of(done)).json()["lines"]) == lines
