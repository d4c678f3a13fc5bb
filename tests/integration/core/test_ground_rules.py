"""The API's ground rules: every error is a problem document, lists have links, reads have tags."""

from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from accounts.notices import notify
from core.throttling import PerToken
from tests.factories.people import UserFactory

pytestmark = pytest.mark.django_db
PREFERENCE = "/api/v1/me/notice-preferences/export-ready/"


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def api(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def assert_problem(answer, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["title"]
    return body


@pytest.mark.parametrize(
    "path", ["/api/", "/api/x", "/api/v1/", "/api/v1/nothing/", "/api/v2/me/", "/api/v1/me/x/y"]
)
@pytest.mark.parametrize("method", ["get", "post", "put", "delete"])
def test_an_unknown_address_is_a_problem_for_anybody(client: Client, path: str, method: str):
    assert_problem(getattr(client, method)(path), 404, "not-found")


def test_a_forgotten_slash_is_hinted_at(client: Client):
    body = assert_problem(client.get("/api/v1/me"), 404, "not-found")
    assert "/api/v1/me/ ?" in body["detail"]


def test_without_a_token_one_is_asked_for(client: Client):
    answer = client.get("/api/v1/me/")
    assert_problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="salus"'


@pytest.mark.parametrize(
    "header", ["Bearer salus_x", "Bearer ", "Basic YTpi", "x", "Bearer \u00e9"]
)
def test_a_wrong_token_is_told_from_none(client: Client, header: str):
    answer = client.get("/api/v1/me/", headers={"Authorization": header})
    assert_problem(answer, 401, "authentication_failed")
    assert answer["WWW-Authenticate"] == 'Bearer realm="salus", error="invalid_token"'


def test_a_session_needs_a_csrf_token_to_write(user: User):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.get("/api/v1/me/").status_code == 200
    sent = {"in_app": False, "by_mail": False}
    assert_problem(client.put(PREFERENCE, sent, "application/json"), 403, "permission_denied")
    client.get("/account/")
    token = client.cookies["csrftoken"].value
    answer = client.put(PREFERENCE, sent, "application/json", headers={"X-CSRFToken": token})
    assert answer.status_code == 200


def test_a_method_that_is_not_offered(api: APIClient):
    answer = api.delete("/api/v1/me/")
    assert_problem(answer, 405, "method_not_allowed")
    assert "GET" in answer["Allow"]


def test_a_form_of_answer_that_is_not_offered(api: APIClient):
    assert_problem(api.get("/api/v1/me/", HTTP_ACCEPT="text/html"), 406, "not_acceptable")


def test_a_form_of_question_that_is_not_read(api: APIClient):
    answer = api.put(PREFERENCE, "x", content_type="text/plain")
    assert_problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("body", ["{", "\xff", '{"in_app": tru}'])
def test_what_is_no_json(api: APIClient, body: str):
    answer = api.put(PREFERENCE, body.encode("latin-1"), content_type="application/json")
    assert_problem(answer, 400, "parse_error")


def test_what_lacks_a_field_names_it(api: APIClient):
    body = assert_problem(api.put(PREFERENCE, {"in_app": True}, "json"), 400, "invalid")
    assert [error["place"] for error in body["errors"]] == ["by_mail"]


def test_more_than_is_taken(api: APIClient, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    answer = api.put(PREFERENCE, {"in_app": True, "by_mail": True}, "json")
    assert_problem(answer, 413, "too-large")


def test_who_asks_too_often_is_told_when_to_come_back(user: User, monkeypatch, clean_cache):
    monkeypatch.setattr(PerToken, "THROTTLE_RATES", {"api": "2/min"})
    client = APIClient()
    client.force_authenticate(user)
    for _ in range(2):
        assert client.get("/api/v1/me/").status_code == 200
    answer = client.get("/api/v1/me/")
    assert_problem(answer, 429, "throttled")
    assert 1 <= int(answer["Retry-After"]) <= 61
    client.force_authenticate(UserFactory())
    assert client.get("/api/v1/me/").status_code == 200


def test_a_fault_of_ours_tells_nothing(user: User, monkeypatch):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    monkeypatch.setattr("accounts.api.views.unread_count", lambda user: 1 / 0)
    answer = client.get("/api/v1/me/")
    body = assert_problem(answer, 500, "fault")
    assert set(body) == {"title", "status", "code"}


def test_a_page_keeps_its_own_errors(client: Client):
    client.force_login(UserFactory())
    assert b"<html" in client.get("/nothing/").content


def test_lists_link_to_their_neighbours_and_can_be_cut(api: APIClient, user: User):
    for number in range(3):
        notify(user, "export-ready", about=str(number))
    first = api.get("/api/v1/me/notices/?limit=2")
    assert len(first.json()["results"]) == 2
    assert first["Link"] == f'<{first.json()["next"]}>; rel="next"'
    last = api.get(first.json()["next"])
    assert len(last.json()["results"]) == 1
    assert last["Link"].endswith('; rel="prev"')
    assert api.get("/api/v1/me/notices/?cursor=x").status_code == 404


def test_what_was_read_before_is_not_sent_again(api: APIClient, user: User):
    first = api.get("/api/v1/me/")
    again = api.get("/api/v1/me/", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    user.name = "Another"
    user.save()
    assert api.get("/api/v1/me/", headers={"If-None-Match": first["ETag"]}).status_code == 200
