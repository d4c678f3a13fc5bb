"""Decisions signed by the person's own key through the API, and the API's description of it."""

import base64
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.viewer import Viewer, viewer_for
from chain.node import Node
from chain.signatures import challenge_of
from records.models import Consent, ConsentStatement, Custody, Patient
from records.services import signing as signing_service
from tests.factories.people import OrganisationFactory, UserFactory
from tests.factories.records import observation, patient, patient_with_record
from tests.factories.signing import SoftPasskey, SoftWallet
from tests.integration.records.test_signing import own_passkey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry")]
CONSENTS = "/api/v1/consents/"
Json = dict[str, Any]


@pytest.fixture
def person() -> tuple[Viewer, Patient]:
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), about=about)
    return viewer, row


@pytest.fixture
def viewer(person: tuple[Viewer, Patient]) -> Viewer:
    return person[0]


@pytest.fixture
def api(viewer: Viewer) -> APIClient:
    client = APIClient()
    client.force_authenticate(viewer.user)
    return client


@pytest.fixture
def wanted() -> Json:
    return {
        "grantee_type": "organisation",
        "grantee_id": str(OrganisationFactory(name="Harbour Clinic").pk),
        "scope": "results",
        "last_day": (timezone.now().date() + timedelta(days=3)).isoformat(),
    }


def drafted(api: APIClient, url: str, wanted: Json | None = None) -> Json:
    answer = api.post(url, wanted or {}, format="json")
    assert answer.status_code == 201, answer.content
    return answer.json()


def by_wallet(draft: Json) -> Json:
    signature = {"type": "eip712", **SoftWallet().fields(draft["typed_data"])}
    return {"token": draft["token"], "signature": signature}


def by_passkey(draft: Json, soft: SoftPasskey) -> Json:
    signature = {"type": "webauthn", **soft.fields(draft["challenge"])}
    return {"token": draft["token"], "signature": signature}


def refused(api: APIClient, url: str, sent: Json, status: int, words: str) -> None:
    answer = api.post(url, sent, format="json")
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert words in answer.content.decode()


# -- sharing ---------------------------------------------------------------------------------------


def test_a_draft_says_what_to_sign_in_every_way(api: APIClient, viewer: Viewer, wanted: Json):
    soft = own_passkey(viewer.user)
    draft = drafted(api, f"{CONSENTS}drafts/", wanted)
    statement = base64.b64decode(draft["statement"])
    assert draft["text"].startswith("I let Harbour Clinic see this until the end of ")
    assert draft["typed_data"]["message"]["text"] == draft["text"]
    assert draft["challenge"] == challenge_of(statement)
    assert draft["credentials"] == [{"id": soft.id, "transports": ["internal"]}]
    assert draft["rp_id"] == "localhost"
    assert not Consent.objects.exists()


def test_a_wallet_signs(api: APIClient, wanted: Json):
    draft = drafted(api, f"{CONSENTS}drafts/", wanted)
    answer = api.post(CONSENTS, by_wallet(draft), format="json")
    assert answer.status_code == 201
    assert answer.json()["custody"] == Custody.OWN
    assert answer.json()["grantee_name"] == "Harbour Clinic"


def test_a_passkey_signs(api: APIClient, viewer: Viewer, wanted: Json):
    draft = drafted(api, f"{CONSENTS}drafts/", wanted)
    answer = api.post(CONSENTS, by_passkey(draft, own_passkey(viewer.user)), format="json")
    assert answer.status_code == 201
    assert answer.json()["custody"] == Custody.OWN


def test_without_a_signature_salus_records_it(api: APIClient, wanted: Json):
    answer = api.post(CONSENTS, wanted, format="json")
    assert answer.status_code == 201
    assert answer.json()["custody"] == Custody.PORTAL


def test_sending_twice_makes_one_grant(api: APIClient, wanted: Json):
    sent = by_wallet(drafted(api, f"{CONSENTS}drafts/", wanted))
    assert api.post(CONSENTS, sent, format="json").status_code == 201
    refused(api, CONSENTS, sent, 409, "already")
    refused(api, CONSENTS, wanted, 409, "already")
    refused(api, f"{CONSENTS}drafts/", wanted, 409, "already")
    assert Consent.objects.count() == 1


def test_a_draft_of_somebody_else_is_refused(api: APIClient, wanted: Json):
    about = patient()
    other, _row, _ = patient_with_record(observation(about), about=about)
    theirs = APIClient()
    theirs.force_authenticate(other.user)
    sent = by_wallet(drafted(theirs, f"{CONSENTS}drafts/", wanted))
    refused(api, CONSENTS, sent, 422, "not begun by you")


def test_a_signature_on_something_else_is_refused(api: APIClient, viewer: Viewer, wanted: Json):
    soft = own_passkey(viewer.user)
    draft, other = (drafted(api, f"{CONSENTS}drafts/", wanted) for _ in range(2))
    for sent in (by_wallet(other), by_passkey(other, soft)):
        refused(api, CONSENTS, {**sent, "token": draft["token"]}, 422, "signature")


def test_somebody_elses_passkey_is_refused(api: APIClient, wanted: Json):
    soft = own_passkey(UserFactory())
    draft = drafted(api, f"{CONSENTS}drafts/", wanted)
    refused(api, CONSENTS, by_passkey(draft, soft), 422, "none of yours")


@pytest.mark.parametrize(
    "signature",
    [
        None,
        7,
        "text",
        {},
        {"type": "x"},
        {"type": "eip712"},
        {"type": "eip712", "address": "0x11", "value": "0x00"},
        {"type": "eip712", "address": "z" * 42, "value": "0x00"},
        {"type": "eip1271", "address": "0x" + "11" * 20, "value": "00"},
        {"type": "webauthn", "credential": "AAAA"},
        {
            "type": "webauthn", "credential": "AAAA", "authenticator_data": "!",
            "client_data": "AAAA", "signature": "AAAA",
        },
        {"type": "webauthn", "credential": "AAAA", "authenticator_data": 7},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_in_detail(api: APIClient, wanted: Json, signature: Any):
    token = drafted(api, f"{CONSENTS}drafts/", wanted)["token"]
    refused(api, CONSENTS, {"token": token, "signature": signature}, 400, "signature")
    assert not Consent.objects.exists()


@pytest.mark.parametrize("sent", [{"token": "x"}, {"signature": {}}, [], "text"])
def test_half_of_it_is_refused(api: APIClient, sent: Any):
    answer = api.post(CONSENTS, sent, format="json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_a_ledger_that_does_not_answer_is_said(api: APIClient, wanted: Json, monkeypatch):
    monkeypatch.setattr(signing_service, "get_node", lambda: Node("http://127.0.0.1:9"))
    token = drafted(api, f"{CONSENTS}drafts/", wanted)["token"]
    signature = {"type": "eip1271", "address": "0x" + "11" * 20, "value": "0x00"}
    sent = {"token": token, "signature": signature}
    refused(api, CONSENTS, sent, 503, "does not answer right now")


def test_nobody_without_a_record_drafts_anything(wanted: Json):
    stranger = APIClient()
    stranger.force_authenticate(UserFactory())
    refused(stranger, f"{CONSENTS}drafts/", wanted, 403, "no record here")
    refused(APIClient(), f"{CONSENTS}drafts/", wanted, 401, "not_authenticated")


# -- ending ----------------------------------------------------------------------------------------


@pytest.fixture
def end(api: APIClient, wanted: Json) -> str:
    """The address at which a grant is ended."""
    made = api.post(CONSENTS, wanted, format="json").json()
    return f"{CONSENTS}{made['id']}/end/"


def test_the_end_is_signed(api: APIClient, viewer: Viewer, end: str):
    draft = drafted(api, f"{end}drafts/")
    assert draft["text"].startswith("Harbour Clinic may no longer see")
    answer = api.post(end, by_passkey(draft, own_passkey(viewer.user)), format="json")
    assert (answer.status_code, answer.json()["status"]) == (200, "ended")
    assert answer.json()["custody"] == Custody.OWN


def test_the_end_needs_no_signature(api: APIClient, end: str):
    for _ in range(2):
        answer = api.post(end)
        assert (answer.status_code, answer.json()["status"]) == (200, "ended")
    assert ConsentStatement.objects.latest("pk").custody == Custody.PORTAL


def test_a_wrong_signature_ends_nothing(api: APIClient, end: str):
    draft, other = (drafted(api, f"{end}drafts/") for _ in range(2))
    sent = {**by_wallet(other), "token": draft["token"]}
    refused(api, end, sent, 422, "not by that wallet")
    refused(api, end, {"token": draft["token"]}, 400, "signature")
    assert Consent.objects.get().status == Consent.Status.ACTIVE


def test_somebody_elses_grant_is_not_there(end: str):
    about = patient()
    other, _row, _ = patient_with_record(observation(about), about=about)
    client = APIClient()
    client.force_authenticate(viewer_for(other.user).user)
    for url in (end, f"{end}drafts/"):
        refused(client, url, {}, 404, "not-found")
    assert Consent.objects.get().status == Consent.Status.ACTIVE


# -- the description -------------------------------------------------------------------------------


def test_the_description_tells_all_of_it():
    out = StringIO()
    call_command("spectacular", "--validate", stdout=out)
    schema = yaml.safe_load(out.getvalue())
    paths, parts = schema["paths"], schema["components"]["schemas"]
    kinds = parts["Signature"]["discriminator"]["mapping"]
    assert set(kinds) == {"eip712", "eip1271", "webauthn"}
    taken = [one["$ref"].rpartition("/")[2] for one in parts["ConsentGranting"]["oneOf"]]
    assert taken == ["NewConsent", "Signed"]
    assert "required" not in paths["/api/v1/consents/{id}/end/"]["post"]["requestBody"]
    for path in ("/api/v1/consents/drafts/", "/api/v1/consents/{id}/end/drafts/"):
        content = paths[path]["post"]["responses"]["201"]["content"]["application/json"]
        assert content["schema"]["$ref"].endswith("/Draft")
