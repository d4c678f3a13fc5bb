"""Refusals and sign-ins leave a trace; what was typed does not."""

from uuid import uuid4

import pytest
from django.core.cache import cache
from django.test import Client, override_settings

from accounts.tokens import token_issue
from core.audit import Actor, keyed_hash
from core.models import AuditEvent
from tests.factories.audit import told
from tests.factories.people import UserFactory, clinician
from tests.factories.records import observation, patient, patient_with_record

pytestmark = pytest.mark.django_db
SECRET = "a good long password"


def refusals() -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(name="access.refused"))


# -- refusals --------------------------------------------------------------------------------------


def test_a_foreign_record_leaves_the_route_and_no_patient(client: Client):
    about = patient()
    value = observation(about)
    _, row, _ = patient_with_record(value, about=about)
    doctor = clinician()
    client.force_login(doctor.user)
    assert client.get(f"/patients/{row.pk}/Observation/{value['id']}/").status_code == 404
    [event] = refusals()
    assert (event.actor_id, event.role, event.channel) == (doctor.user.pk, "clinician", "page")
    assert event.organisation_id == doctor.organisation.pk
    assert event.subject is None
    assert (told(event).target, told(event).reason) == ("record", "404")


def test_a_forbidden_page_leaves_a_trace(client: Client):
    client.force_login(UserFactory())
    assert client.get("/audit/").status_code == 403
    [event] = refusals()
    assert told(event).target == "audit-log"


def test_an_interface_for_programs_leaves_one_too(client: Client):
    doctor = clinician()
    headers = {"Authorization": f"Bearer {token_issue(user=doctor.user, by=Actor.system('test'))}"}
    assert client.get(f"/fhir/Observation/{uuid4()}", headers=headers).status_code == 404
    [event] = refusals()
    assert (event.actor_id, event.channel, told(event).target) == (
        doctor.user.pk, "fhir", "fhir-read",
    )  # fmt: skip


def test_a_mistyped_address_is_nobodys_business(client: Client):
    client.force_login(UserFactory())
    assert client.get("/nothing-here/").status_code == 404
    assert refusals() == []


def test_strangers_are_not_noted(client: Client):
    assert client.get(f"/fhir/Observation/{uuid4()}").status_code == 401
    assert refusals() == []


# -- where from, and which request -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "headers", "network"),
    [
        (0, {"REMOTE_ADDR": "192.0.2.77"}, "192.0.2.0/24"),
        (0, {"REMOTE_ADDR": "2001:db8:1:2::3"}, "2001:db8:1::/48"),
        (0, {"REMOTE_ADDR": "::ffff:192.0.2.77"}, "192.0.2.0/24"),
        (0, {"REMOTE_ADDR": "192.0.2.77", "HTTP_X_FORWARDED_FOR": "198.51.100.1"}, "192.0.2.0/24"),
        (1, {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.1"}, "198.51.100.0/24"),
        (2, {"HTTP_X_FORWARDED_FOR": "203.0.113.9, 198.51.100.1"}, "203.0.113.0/24"),
        (2, {"HTTP_X_FORWARDED_FOR": "203.0.113.9"}, ""),
        (1, {"HTTP_X_FORWARDED_FOR": "nonsense"}, ""),
        (0, {"REMOTE_ADDR": ""}, ""),
    ],
)
def test_the_network_is_kept_and_not_the_address(client: Client, proxies, headers, network: str):
    client.force_login(UserFactory())
    with override_settings(TRUSTED_PROXIES=proxies):
        client.get("/audit/", **headers)
    assert refusals()[0].network == network


def test_each_request_is_one_event(client: Client):
    client.force_login(UserFactory())
    client.get("/audit/")
    client.get("/audit/")
    first, second = refusals()
    assert first.request != second.request


# -- sign-ins --------------------------------------------------------------------------------------


def sign_in(client: Client, email: str, password: str):
    return client.post("/account/login/", {"login": email, "password": password})


def names() -> list[str]:
    return list(AuditEvent.objects.order_by("pk").values_list("name", flat=True))


@pytest.fixture
def person(clean_cache: None):
    made = UserFactory()
    made.set_password(SECRET)
    made.save()
    made.emailaddress_set.create(email=made.email, verified=True, primary=True)
    return made


def test_signing_in_and_out_is_noted(client: Client, person):
    sign_in(client, person.email, SECRET)
    client.post("/account/logout/")
    assert names() == ["account.signed-in", "account.signed-out"]
    assert set(AuditEvent.objects.values_list("actor_id", flat=True)) == {person.pk}


def test_a_failed_sign_in_is_noted_without_the_address(client: Client, person):
    sign_in(client, person.email, "wrong")
    event = AuditEvent.objects.get(name="account.sign-in-failed")
    assert event.actor_id is None
    assert told(event).parameters == {"address": keyed_hash(person.email)}
    assert person.email.encode() not in told(event).document


def test_being_locked_out_is_noted(client: Client, person):
    for _ in range(12):
        sign_in(client, person.email, "wrong")
    assert "account.locked-out" in names()
    cache.clear()


def test_another_password_is_noted(client: Client, person):
    client.force_login(person)
    new = {"oldpassword": SECRET, "password1": "another good one", "password2": "another good one"}
    assert client.post("/account/password/change/", new).status_code == 302
    assert "account.password-changed" in names()
