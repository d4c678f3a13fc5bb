"""The same write asked for twice: one effect, one answer."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.api import views
from accounts.models import Membership, NoticePreference, Role, User
from core.errors import Unavailable
from core.idempotency import keys_forget
from core.models import AuditEvent, IdempotencyKey
from records.models import Consent
from supply.models import Shipment
from tests.factories.people import OrganisationFactory, UserFactory
from tests.factories.records import observation, patient, patient_with_record
from tests.factories.supply import OrganisationFactory as MakerFactory
from tests.factories.supply import csv_of, pharma_viewer

pytestmark = pytest.mark.django_db
PREFERENCE = "/api/v1/me/notice-preferences/export-ready/"
CONSENTS = "/api/v1/consents/"
OFF = {"in_app": False, "by_mail": False}


def api_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def api(user: User) -> APIClient:
    return api_of(user)


@pytest.fixture
def sharing(registry) -> tuple[APIClient, dict[str, str]]:
    """Somebody with a record, and a grant that they may make."""
    about = patient()
    viewer, _, _ = patient_with_record(observation(about), about=about)
    wanted = {
        "grantee_type": "organisation",
        "grantee_id": str(OrganisationFactory().pk),
        "scope": "results",
        "last_day": (timezone.now().date() + timedelta(days=3)).isoformat(),
    }
    return api_of(viewer.user), wanted


def put(api: APIClient, sent: Any = OFF, key: str = "k1", url: str = PREFERENCE) -> Any:
    return api.put(url, sent, format="json", headers={"Idempotency-Key": key})


def test_the_first_answer_comes_again_and_nothing_happens_twice(sharing):
    api, wanted = sharing
    headers = {"Idempotency-Key": "a-key"}
    first = api.post(CONSENTS, wanted, format="json", headers=headers)
    events = AuditEvent.objects.count()
    again = api.post(CONSENTS, wanted, format="json", headers=headers)
    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again["Content-Type"] == first["Content-Type"]
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Consent.objects.count() == 1
    assert AuditEvent.objects.count() == events


def test_a_refusal_comes_again_too_and_changes_nothing(sharing):
    api, wanted = sharing
    bad = wanted | {"last_day": "2020-01-01"}
    headers = {"Idempotency-Key": "a-key"}
    first = api.post(CONSENTS, bad, format="json", headers=headers)
    again = api.post(CONSENTS, bad, format="json", headers=headers)
    assert first.status_code == again.status_code == 422
    assert again["Content-Type"] == "application/problem+json"
    assert again["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("sent", "url"),
    [
        ({"in_app": True, "by_mail": False}, PREFERENCE),
        (OFF, "/api/v1/me/notice-preferences/record-read/"),
        (OFF, PREFERENCE + "?x=1"),
        ([], PREFERENCE),
    ],
)
def test_a_key_is_for_one_request(api: APIClient, sent: Any, url: str):
    assert put(api).status_code == 200
    answer = put(api, sent, url=url)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["place"] == "Idempotency-Key"
    assert NoticePreference.objects.get().in_app is False


def test_the_order_of_what_is_sent_does_not_matter(api: APIClient):
    for text in ('{"in_app": false, "by_mail": false}', '{"by_mail":false,"in_app":false}'):
        headers = {"Idempotency-Key": "k1"}
        answer = api.put(PREFERENCE, text, content_type="application/json", headers=headers)
        assert answer.status_code == 200
    assert answer["Idempotency-Replayed"] == "true"


def test_keys_of_two_people_have_nothing_to_do_with_each_other(api: APIClient):
    put(api)
    other = put(api_of(UserFactory()), {"in_app": True, "by_mail": True})
    assert other.status_code == 200
    assert "Idempotency-Replayed" not in other


def test_reading_takes_no_key(api: APIClient):
    for _ in range(2):
        answer = api.get("/api/v1/me/", headers={"Idempotency-Key": "k1"})
        assert answer.status_code == 200
        assert "Idempotency-Replayed" not in answer
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256])
def test_a_key_that_is_none_is_refused(api: APIClient, key: str):
    assert put(api, key=key).status_code == 400
    assert not NoticePreference.objects.exists()


def test_what_cannot_be_read_is_kept_as_no_answer(api: APIClient):
    headers = {"Idempotency-Key": "k1"}
    answer = api.put(PREFERENCE, "{", content_type="application/json", headers=headers)
    assert answer.status_code == 400
    assert put(api).status_code == 200


def test_where_a_part_is_away_it_may_be_tried_again(api: APIClient, monkeypatch):
    def away(**_: Any) -> None:
        raise Unavailable

    with monkeypatch.context() as patched:
        patched.setattr(views, "preference_set", away)
        assert put(api).status_code == 503
    assert not IdempotencyKey.objects.exists()
    assert put(api).status_code == 200


def test_a_fault_of_ours_undoes_all_of_it(api: APIClient, monkeypatch):
    def half(**wanted: Any) -> None:
        NoticePreference.objects.create(user=wanted["user"], type="x", in_app=True, by_mail=True)
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(views, "preference_set", half)
        with pytest.raises(ZeroDivisionError):
            put(api)
    assert not IdempotencyKey.objects.exists()
    assert not NoticePreference.objects.exists()


def test_the_stored_answer_cannot_be_read_in_the_database(api: APIClient):
    put(api)
    row = IdempotencyKey.objects.get()
    assert b"export-ready" not in bytes(row.sealed_answer)
    assert b"k1" not in bytes(row.digest)


def test_a_day_later_the_key_is_free_again(api: APIClient):
    put(api)
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    again = put(api, {"in_app": True, "by_mail": True})
    assert again.status_code == 200
    assert "Idempotency-Replayed" not in again
    assert IdempotencyKey.objects.count() == 1


def test_the_sweep_forgets_what_is_a_day_old(api: APIClient):
    put(api, key="old")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    put(api, key="new")
    assert keys_forget() == 1
    assert keys_forget() == 0
    assert IdempotencyKey.objects.count() == 1


def test_a_file_that_is_sent_again_is_the_same_file():
    viewer = pharma_viewer(MakerFactory())
    api = api_of(viewer.user)
    answers = []
    for content in (csv_of(), csv_of(), csv_of() + b"x"):
        file = SimpleUploadedFile("s.csv", content, "text/csv")
        headers = {"Idempotency-Key": "k1"}
        answers.append(api.post("/api/v1/shipments/", {"file": file}, headers=headers))
    first, again, other = answers
    assert first.status_code == again.status_code == 422  # a file without lines
    assert again["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert other.json()["errors"][0]["place"] == "Idempotency-Key"
    assert not Shipment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_the_first_is_under_way_the_second_is_told_to_wait(monkeypatch):
    user = UserFactory()
    began, go_on = Event(), Event()
    really = views.preference_set

    def slow(**wanted: Any) -> None:
        really(**wanted)
        began.set()
        assert go_on.wait(10)

    def first() -> Any:
        try:
            return put(api_of(user))
        finally:
            connection.close()

    monkeypatch.setattr(views, "preference_set", slow)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(first)
        assert began.wait(10)
        second = put(api_of(user))
        go_on.set()
        done = running.result(10)
    assert (second.status_code, second.json()["code"]) == (409, "in-progress")
    assert second["Retry-After"] == "1"
    assert done.status_code == 200
    third = put(api_of(user))
    assert (third.status_code, third["Idempotency-Replayed"]) == (200, "true")
    assert json.loads(third.content) == done.json()


def test_the_same_write_for_another_organisation_is_another_request(api: APIClient, user: User):
    place = OrganisationFactory()
    Membership.objects.create(user=user, organisation=place, role=Role.PHARMA)
    key = {"Idempotency-Key": "k"}
    assert api.put(PREFERENCE, OFF, format="json", headers=key).status_code == 200
    named = key | {"Salus-Acting-For": str(place.pk)}
    assert api.put(PREFERENCE, OFF, format="json", headers=named).status_code == 422
