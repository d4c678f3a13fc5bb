"""Passkeys: what may be added, by whom; what the pages ask for; and what is noted."""

import json
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from django.test import Client
from fido2.cose import ES256, ES384, RS256, CoseKey, EdDSA

from accounts.models import User
from accounts.passkeys import (
    Passkey,
    access_passkey,
    passkey_add,
    passkey_options,
    passkey_remove,
    passkey_that_signed,
    passkey_used,
    passkeys_of,
)
from accounts.viewer import viewer_for
from core.errors import Conflict, Invalid, NotFound
from core.models import AuditEvent
from tests.factories.audit import told
from tests.factories.people import UserFactory
from tests.factories.signing import PRESENT, SoftPasskey, rsa_key

pytestmark = pytest.mark.django_db
PASSWORD = "a long password of a test"


def add(user: User, soft: SoftPasskey, **changes: Any) -> Passkey:
    """Add a passkey as the page does."""
    options, state = passkey_options(user)
    answer = changes.pop("answer", None) or soft.registration(options["challenge"], **changes)
    actor = viewer_for(user).actor
    return passkey_add(user=user, name="Phone", answer=answer, state=state, by=actor)


# -- what may be added -----------------------------------------------------------------------------


@pytest.mark.parametrize("key", [None, rsa_key()], ids=["es256", "rs256"])
def test_a_passkey_is_kept_with_the_key_that_checks_it(key):
    user = UserFactory()
    soft = SoftPasskey(key=key) if key else SoftPasskey()
    passkey = add(user, soft)
    assert passkey.credential == soft.id
    assert passkey.key.public_numbers() == soft.key.public_key().public_numbers()
    assert passkey.transports == ["internal"]
    assert passkeys_of(user) == [passkey]
    assert passkey_that_signed(user, soft.id) == passkey


def test_a_device_is_asked_for_what_anybody_can_check_and_for_the_person():
    user = UserFactory()
    add(user, soft := SoftPasskey())
    options, _ = passkey_options(user)
    assert [p["alg"] for p in options["pubKeyCredParams"]] == [-7, -257]
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["rp"] == {"id": "localhost", "name": "Salus"}
    assert [c["id"] for c in options["excludeCredentials"]] == [soft.id]


def test_allauth_can_read_the_row_later():
    row = add(UserFactory(), soft := SoftPasskey()).row
    assert row.wrap().authenticator_data.credential_data.credential_id == soft.credential
    assert row.wrap().is_passwordless is True


def cose_of_ed25519() -> CoseKey:
    return EdDSA.from_cryptography_key(ed25519.Ed25519PrivateKey.generate().public_key())


def cose_of_p384() -> CoseKey:
    return ES384.from_cryptography_key(ec.generate_private_key(ec.SECP384R1()).public_key())


def off_the_curve() -> CoseKey:
    cose = SoftPasskey().cose
    return ES256({**cose, -3: bytes(32)})


def short_rsa() -> CoseKey:
    return RS256.from_cryptography_key(rsa.generate_private_key(65537, 1024).public_key())


@pytest.mark.parametrize("cose", [cose_of_ed25519, cose_of_p384, off_the_curve, short_rsa])
def test_a_kind_of_key_that_others_could_not_check_is_refused(cose):
    with pytest.raises(Invalid, match="could not be added"):
        add(UserFactory(), SoftPasskey(), cose=cose())
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize(
    "soft",
    [
        SoftPasskey(flags=PRESENT),
        SoftPasskey(flags=0),
        SoftPasskey(host="elsewhere.example"),
        SoftPasskey(origin="https://elsewhere.example"),
        SoftPasskey(origin="http://127.0.0.1:8000"),
    ],
    ids=["person not checked", "nobody there", "another host", "another page", "by number"],
)
def test_a_passkey_made_elsewhere_or_without_the_person_is_refused(soft: SoftPasskey):
    with pytest.raises(Invalid):
        add(UserFactory(), soft)


def test_an_answer_to_an_older_question_is_refused():
    user = UserFactory()
    options, _ = passkey_options(user)
    with pytest.raises(Invalid):
        add(user, SoftPasskey(), answer=SoftPasskey().registration(options["challenge"]))


@pytest.mark.parametrize(
    "change",
    [
        {"id": "AAAA"},
        {"rawId": "AAAA"},
        {"id": "AAAA", "rawId": "AAAA"},
        {"response": {}},
        {"response": None},
        {"response": {"clientDataJSON": "AAAA", "attestationObject": "AAAA"}},
        {"clientExtensionResults": "text"},
        {"rawId": 7},
    ],
)
def test_an_answer_that_was_tampered_with_is_refused(change):
    user = UserFactory()
    options, state = passkey_options(user)
    answer = SoftPasskey().registration(options["challenge"]) | change
    with pytest.raises(Invalid):
        passkey_add(user=user, name="Phone", answer=answer, state=state, by=viewer_for(user).actor)
    assert not Authenticator.objects.exists()


def test_a_passkey_is_added_once_by_anybody():
    soft = SoftPasskey()
    add(UserFactory(), soft)
    with pytest.raises(Conflict):
        add(UserFactory(), soft)


# -- whose it is, and what it counts -----------------------------------------------------------------


def test_somebody_elses_passkey_is_none_of_mine():
    theirs = add(UserFactory(), soft := SoftPasskey())
    with pytest.raises(NotFound):
        access_passkey(UserFactory(), theirs.row.pk)
    with pytest.raises(Invalid, match="none of yours"):
        passkey_that_signed(UserFactory(), soft.id)


@pytest.mark.parametrize("counts", [[0, 0, 0], [1, 2, 7]])
def test_a_count_that_grows_or_stays_out_is_fine(counts: list[int]):
    passkey = add(UserFactory(), SoftPasskey())
    for count in counts:
        passkey_used(passkey=passkey, count=count)
    (kept,) = passkeys_of(passkey.row.user)
    assert kept.row.data["sign_count"] == counts[-1]
    assert kept.used_at is not None


@pytest.mark.parametrize("later", [5, 4, 0])
def test_a_count_that_does_not_grow_shows_a_copy(later: int):
    passkey = add(UserFactory(), SoftPasskey(count=5))
    with pytest.raises(Invalid, match="copied"):
        passkey_used(passkey=passkey, count=later)


def test_adding_and_removing_is_audited():
    user = UserFactory()
    user.set_password(PASSWORD)
    user.save()
    passkey = add(user, SoftPasskey())
    pk = str(passkey.row.pk)
    codes = str(Authenticator.objects.get(type="recovery_codes").pk)
    passkey_remove(passkey=passkey, by=viewer_for(user).actor)
    found = AuditEvent.objects.order_by("pk")
    assert [(e.name, e.actor_id, told(e).target) for e in found] == [
        ("account.passkey-added", user.pk, pk),
        ("account.codes-made", user.pk, codes),
        ("account.passkey-removed", user.pk, pk),
    ]
    assert passkeys_of(user) == []
    assert not Authenticator.objects.exists()  # recovery codes stand in for nothing any more


def test_the_only_way_in_is_not_removed():
    user = UserFactory()  # without a password
    first = add(user, SoftPasskey())
    with pytest.raises(Conflict, match="only way to sign in"):
        passkey_remove(passkey=first, by=viewer_for(user).actor)
    add(user, SoftPasskey())
    passkey_remove(passkey=first, by=viewer_for(user).actor)
    assert len(passkeys_of(user)) == 1


# -- the pages -------------------------------------------------------------------------------------


@pytest.fixture
def user() -> User:
    made = UserFactory()
    made.set_password(PASSWORD)
    made.save()
    return made


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def confirmed(signed_in: Client) -> Client:
    """Somebody who has just entered the password once more."""
    answer = signed_in.post("/account/reauthenticate/", {"password": PASSWORD})
    assert answer.status_code == 302
    return signed_in


@pytest.mark.parametrize("path", ["", "add/", "1/rename/", "1/remove/"])
def test_without_a_sign_in_the_sign_in_page_comes(client: Client, path: str):
    answer = client.get(f"/account/passkeys/{path}")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


def test_the_password_is_asked_for_before_a_passkey_is_added_or_removed(
    signed_in: Client, user: User
):
    passkey = add(user, SoftPasskey())
    for path in ("add/", f"{passkey.row.pk}/remove/"):
        for send in (signed_in.get, signed_in.post):
            answer = send(f"/account/passkeys/{path}")
            assert answer.status_code == 302
            assert answer["Location"].startswith("/account/reauthenticate/")
    assert passkeys_of(user) == [passkey]


def test_the_password_counts_for_some_minutes_alone(confirmed: Client, monkeypatch):
    assert confirmed.get("/account/passkeys/add/").status_code == 200
    later = time.time() + 3600
    monkeypatch.setattr(time, "time", lambda: later)
    assert confirmed.get("/account/passkeys/add/").status_code == 302


def post_new(client: Client, soft: SoftPasskey, **more: str) -> Any:
    """Make a passkey for what the page asks, and send it."""
    options = client.get("/account/passkeys/add/").context["options"]
    answer = json.dumps(soft.registration(options["challenge"]))
    return client.post("/account/passkeys/add/", {"name": "Phone", "credential": answer, **more})


def test_a_passkey_is_added_by_the_page(confirmed: Client, user: User):
    answer = post_new(confirmed, SoftPasskey())
    assert (answer.status_code, answer["Location"]) == (302, "/account/recovery-codes/")
    page = confirmed.get("/account/passkeys/").content.decode()
    assert "Phone" in page
    assert "You can sign with it now" in page
    assert "Not used yet" in page


@pytest.mark.parametrize(
    ("next", "to"),
    [
        ("/sharing/new/check/?grantee=user%3A1", "/sharing/new/check/?grantee=user%3A1"),
        ("https://elsewhere.example/", "/account/passkeys/"),
        ("//elsewhere.example/", "/account/passkeys/"),
    ],
)
def test_one_comes_back_to_where_one_was_on_this_site(confirmed: Client, next: str, to: str):
    first = post_new(confirmed, SoftPasskey(), next=next)
    assert first["Location"].startswith("/account/recovery-codes/")
    page = confirmed.get(first["Location"]).content.decode()
    assert (f'href="{to}"' in page) == (to == next)
    assert post_new(confirmed, SoftPasskey(), next=next)["Location"] == to


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "made no passkey"),
        ({"credential": "[]"}, "made no passkey"),
        ({"credential": "{"}, "valid JSON"),
        ({"credential": "{}"}, "could not be added"),
        ({"credential": '{"response": "text"}'}, "could not be added"),
        ({"name": ""}, "required"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(confirmed: Client, sent, words: str):
    confirmed.get("/account/passkeys/add/")
    answer = confirmed.post("/account/passkeys/add/", {"name": "Phone"} | sent)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Authenticator.objects.exists()


def test_an_answer_counts_once(confirmed: Client, user: User):
    options = confirmed.get("/account/passkeys/add/").context["options"]
    sent = {
        "name": "Phone",
        "credential": json.dumps(SoftPasskey().registration(options["challenge"])),
    }
    assert confirmed.post("/account/passkeys/add/", sent).status_code == 302
    other = {
        "name": "Other",
        "credential": json.dumps(SoftPasskey().registration(options["challenge"])),
    }
    assert confirmed.post("/account/passkeys/add/", other).status_code == 422
    assert len(passkeys_of(user)) == 1


def test_a_passkey_is_renamed_and_removed(confirmed: Client, user: User):
    pk = add(user, SoftPasskey()).row.pk
    assert confirmed.post(f"/account/passkeys/{pk}/rename/", {"name": ""}).status_code == 422
    assert confirmed.post(f"/account/passkeys/{pk}/rename/", {"name": "Tablet"}).status_code == 302
    assert [passkey.name for passkey in passkeys_of(user)] == ["Tablet"]
    assert "Tablet" in confirmed.get(f"/account/passkeys/{pk}/remove/").content.decode()
    assert confirmed.post(f"/account/passkeys/{pk}/remove/").status_code == 302
    assert passkeys_of(user) == []


def test_somebody_elses_passkey_can_be_neither_renamed_nor_removed(confirmed: Client):
    theirs = add(UserFactory(), SoftPasskey())
    for path in ("rename/", "remove/"):
        url = f"/account/passkeys/{theirs.row.pk}/{path}"
        assert confirmed.get(url).status_code == 404
        assert confirmed.post(url, {"name": "Mine"}).status_code == 404
    assert passkeys_of(theirs.row.user)[0].name == "Phone"


def test_staff_can_give_nobody_a_passkey(client: Client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/mfa/authenticator/").status_code == 404
