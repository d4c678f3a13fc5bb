"""Decisions signed by the person's own key: by the pages, with everything that can be wrong."""

import base64
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.passkeys import passkey_add, passkey_options
from accounts.viewer import Viewer, viewer_for
from accounts.wallets import wallets_of
from chain.canonical import parse
from chain.models import Commitment
from chain.node import Node, get_node
from chain.signatures import Registry, challenge_of, typed_digest
from records.models import Consent, ConsentStatement, Custody, Patient, Scope
from records.services import signing as signing_service
from records.services.consents import (
    consent_end_draft,
    consent_grant,
    statement_document,
)
from records.services.statements import TIME_TO_SIGN, Draft
from tests.factories.people import OrganisationFactory, UserFactory
from tests.factories.records import observation, patient, patient_with_record
from tests.factories.signing import SoftPasskey, SoftWallet, rsa_key
from tests.integration.accounts.wallets import linked

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry")]
# Says that the digest in storage slot 0 is signed, and no other (EIP-1271).
AGREES = "0x6004356000541463" + "1626ba7e" + "0260e01b60005260206000f3"


def own_passkey(user: User, soft: SoftPasskey | None = None) -> SoftPasskey:
    """A passkey that the person has added."""
    made = soft or SoftPasskey()
    options, state = passkey_options(user)
    answer = made.registration(options["challenge"])
    actor = viewer_for(user).actor
    passkey_add(user=user, name="Phone", answer=answer, state=state, by=actor)
    return made


@pytest.fixture
def person() -> tuple[Viewer, Patient]:
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), about=about)
    return viewer, row


@pytest.fixture
def viewer(person: tuple[Viewer, Patient]) -> Viewer:
    return person[0]


@pytest.fixture
def signed_in(client: Client, viewer: Viewer) -> Client:
    client.force_login(viewer.user)
    return client


@pytest.fixture
def check() -> str:
    """The address of the second step."""
    answers = {
        "grantee": f"organisation:{OrganisationFactory(name='Harbour Clinic').pk}",
        "scope": "results",
        "last_day": (timezone.now().date() + timedelta(days=3)).isoformat(),
    }
    return f"/sharing/new/check/?{urlencode(answers)}"


def begun(client: Client, url: str) -> tuple[str, Draft]:
    """What a page gives to sign: its token, and the draft in it."""
    page = client.get(url)
    assert page.status_code == 200, page.content
    given = page.context["signing"]
    return given.token, given.draft


def by_passkey(soft: SoftPasskey, draft: Draft) -> dict[str, str]:
    return {"way": "passkey", **soft.fields(challenge_of(draft.statement))}


def by_wallet(draft: Draft, wallet: SoftWallet | None = None) -> dict[str, str]:
    return {"way": "wallet", **(wallet or SoftWallet()).fields(draft.typed_data)}


def refused(client: Client, url: str, sent: dict[str, str], words: str, status: int = 422) -> None:
    """Sending this is answered with these words, and changes nothing."""
    answer = client.post(url, sent)
    assert answer.status_code == status, answer.content
    assert words in answer.content.decode()
    assert not Consent.objects.exists()


def newest() -> dict[str, Any]:
    """The signature in the newest signed document."""
    return parse(statement_document(ConsentStatement.objects.latest("pk")))["signature"]


# -- sharing, each way -----------------------------------------------------------------------------


def test_the_first_step_leads_to_the_second(signed_in: Client, check: str):
    answers = dict(pair.split("=") for pair in check.partition("?")[2].split("&"))
    sent = {name: value.replace("%3A", ":") for name, value in answers.items()}
    assert signed_in.post("/sharing/new/", sent)["Location"] == check
    assert not Consent.objects.exists()


def test_the_second_step_shows_the_very_sentence(signed_in: Client, check: str):
    page = signed_in.get(check)
    text = page.context["signing"].draft.said["text"]
    assert text.startswith("I let Harbour Clinic see this until the end of ")
    assert text.endswith("Only measurements and test results.")
    assert f"<blockquote>{text}</blockquote>" in page.content.decode()
    assert not Consent.objects.exists()


def test_choices_can_be_changed_and_are_not_forgotten(signed_in: Client, check: str):
    page = signed_in.get(check.replace("/check/", "/")).content.decode()
    assert 'value="results" required id="id_scope_1" checked' in page
    assert "selected>Harbour Clinic" in page


@pytest.mark.parametrize("change", [("scope=results", "scope=all"), ("user", "user"), ("2", "1")])
def test_choices_that_were_tampered_with_are_asked_for_again(signed_in: Client, check: str, change):
    broken = (
        check.replace("organisation", "user") if change[0] == "user" else check.replace(*change)
    )
    for answer in (signed_in.get(broken), signed_in.post(broken, {"way": "portal"})):
        assert answer.status_code == 422
        assert "There is a problem" in answer.content.decode()
    assert not Consent.objects.exists()


def test_the_second_step_without_choices_leads_to_the_first(signed_in: Client):
    assert signed_in.get("/sharing/new/check/")["Location"] == "/sharing/new/"


def test_salus_records_it_for_whoever_has_no_key(signed_in: Client, check: str):
    assert signed_in.post(check, {"way": "portal"})["Location"] == "/sharing/"
    assert ConsentStatement.objects.get().custody == Custody.PORTAL
    page = signed_in.get("/sharing/").content.decode()
    assert "Shared with Harbour Clinic." in page
    assert "Recorded by Salus for you" in page


@pytest.mark.parametrize("key", [None, rsa_key()], ids=["es256", "rs256"])
def test_a_passkey_signs(signed_in: Client, viewer: Viewer, check: str, key):
    soft = own_passkey(viewer.user, SoftPasskey(key=key) if key else None)
    token, draft = begun(signed_in, check)
    answer = signed_in.post(check, {"token": token, **by_passkey(soft, draft)})
    assert answer["Location"] == "/sharing/"
    row = ConsentStatement.objects.get()
    assert row.custody == Custody.OWN
    made = newest()
    assert (made["type"], made["rp_id"]) == ("webauthn", "localhost")
    assert made["credential"] == soft.id
    document = parse(statement_document(row))
    assert base64.b64decode(document["statement"]) == draft.statement
    assert "Signed by you" in signed_in.get("/sharing/").content.decode()


def test_a_wallet_signs(signed_in: Client, check: str):
    token, draft = begun(signed_in, check)
    wallet = SoftWallet()
    signed_in.post(check, {"token": token, **by_wallet(draft, wallet)})
    assert ConsentStatement.objects.get().custody == Custody.OWN
    assert newest()["type"] == "eip712"
    assert newest()["address"] == wallet.address.lower()


def test_a_wallet_of_the_account_is_named_and_noted_as_used(
    signed_in: Client, check: str, viewer: Viewer
):
    wallet = linked(viewer.user, name="Savings")
    asked = signed_in.get(check).context["signing"].for_script
    assert asked["wallets"] == [{"address": wallet.address, "name": "Savings"}]
    token, draft = begun(signed_in, check)
    assert signed_in.post(check, {"token": token, **by_wallet(draft, wallet)}).status_code == 302
    assert wallets_of(viewer.user)[0].last_used_at is not None


def test_a_wallet_of_nobodys_account_signs_all_the_same(
    signed_in: Client, check: str, viewer: Viewer
):
    linked(viewer.user)
    linked(theirs := UserFactory())
    token, draft = begun(signed_in, check)
    assert signed_in.post(check, {"token": token, **by_wallet(draft)}).status_code == 302
    assert wallets_of(viewer.user)[0].last_used_at is None
    assert wallets_of(theirs)[0].last_used_at is None


@pytest.fixture
def agreeing() -> Callable[[bytes], str]:
    """A contract wallet on the chain of the test session that has signed a digest."""

    def deploy(digest: bytes) -> str:
        address = "0x" + UserFactory().pk.hex + "00112233"
        get_node().ask("anvil_setCode", address, AGREES)
        get_node().ask("anvil_setStorageAt", address, "0x" + "0" * 64, "0x" + digest.hex())
        return address

    return deploy


def test_a_contract_wallet_signs(signed_in: Client, check: str, agreeing):
    token, draft = begun(signed_in, check)
    sent = {"way": "wallet", "token": token, "value": "0x01", "address": agreeing(draft.digest)}
    assert signed_in.post(check, sent).status_code == 302
    assert newest() == {"type": "eip1271", "address": sent["address"], "value": "0x01"}


def test_a_contract_wallet_that_agreed_to_something_else_is_refused(
    signed_in: Client, check: str, agreeing
):
    token, draft = begun(signed_in, check)
    other = typed_digest(Registry(1, b"\x01" * 20), "Something else", draft.statement)
    sent = {"way": "wallet", "token": token, "value": "0x01", "address": agreeing(other)}
    refused(signed_in, check, sent, "not by that wallet")


def test_a_ledger_that_does_not_answer_is_said_and_keys_do_not_need_it(
    signed_in: Client, check: str, monkeypatch
):
    monkeypatch.setattr(signing_service, "get_node", lambda: Node("http://127.0.0.1:9"))
    token, draft = begun(signed_in, check)
    sent = {"way": "wallet", "token": token, "value": "0x01", "address": "0x" + "11" * 20}
    refused(signed_in, check, sent, "does not answer right now")
    assert signed_in.post(check, {"token": token, **by_wallet(draft)}).status_code == 302


# -- sharing, refused ------------------------------------------------------------------------------


def test_a_wallet_that_signed_another_draft_is_refused(signed_in: Client, check: str):
    token, _ = begun(signed_in, check)
    _, other = begun(signed_in, check)
    refused(signed_in, check, {"token": token, **by_wallet(other)}, "not by that wallet")


def test_a_passkey_that_signed_another_draft_is_refused(
    signed_in: Client, viewer: Viewer, check: str
):
    soft = own_passkey(viewer.user)
    token, _ = begun(signed_in, check)
    _, other = begun(signed_in, check)
    refused(signed_in, check, {"token": token, **by_passkey(soft, other)}, "signed something else")


def test_somebody_elses_passkey_is_refused(signed_in: Client, check: str):
    soft = own_passkey(UserFactory())
    token, draft = begun(signed_in, check)
    refused(signed_in, check, {"token": token, **by_passkey(soft, draft)}, "none of yours")


def test_a_passkey_that_only_claims_to_be_mine_is_refused(
    signed_in: Client, viewer: Viewer, check: str
):
    mine = own_passkey(viewer.user)
    token, draft = begun(signed_in, check)
    forged = SoftPasskey(credential=mine.credential)
    sent = {"token": token, **by_passkey(forged, draft)}
    refused(signed_in, check, sent, "not by that passkey")


def test_a_copied_passkey_is_noticed(signed_in: Client, viewer: Viewer, check: str):
    soft = own_passkey(viewer.user, SoftPasskey(count=5))
    token, draft = begun(signed_in, check)
    sent = {"token": token, **by_passkey(soft, draft)}
    refused(signed_in, check, sent, "may have been copied")


def test_a_removed_passkey_signs_no_more(signed_in: Client, viewer: Viewer, check: str):
    soft = own_passkey(viewer.user)
    token, draft = begun(signed_in, check)
    sent = {"token": token, **by_passkey(soft, draft)}
    viewer.user.authenticator_set.all().delete()
    refused(signed_in, check, sent, "none of yours")


def test_a_draft_lasts_fifteen_minutes(signed_in: Client, check: str, monkeypatch):
    token, draft = begun(signed_in, check)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + TIME_TO_SIGN + 1)
    refused(signed_in, check, {"token": token, **by_wallet(draft)}, "took too long")


def test_a_draft_of_somebody_else_is_refused(signed_in: Client, viewer: Viewer, check: str):
    about = patient()
    other, _row, _ = patient_with_record(observation(about), about=about)
    signed_in.force_login(other.user)
    token, draft = begun(signed_in, check)
    signed_in.force_login(viewer.user)
    refused(signed_in, check, {"token": token, **by_wallet(draft)}, "not begun by you")


@pytest.mark.parametrize("token", ["", "text", signing.dumps(["a", "b", "c"])])
def test_a_token_that_is_none_is_refused(signed_in: Client, check: str, token: str):
    _, draft = begun(signed_in, check)
    refused(signed_in, check, {"token": token, **by_wallet(draft)}, "Please start again")


@pytest.mark.parametrize("way", ["passkey", "wallet"])
def test_a_way_without_its_signature_is_explained(signed_in: Client, check: str, way: str):
    token, _ = begun(signed_in, check)
    refused(signed_in, check, {"token": token, "way": way}, "Nothing has been signed yet")


@pytest.mark.parametrize(
    "sent",
    [
        {"address": "0x12", "value": "no hex"},
        {"address": "0xzz", "value": "0x00"},
        {"address": "0x" + "11" * 20, "value": "0x" + "00" * 3000},
        {"address": "0x11", "value": "0x00"},
    ],
)
def test_nonsense_from_a_wallet_is_refused(signed_in: Client, check: str, sent):
    token, _ = begun(signed_in, check)
    refused(signed_in, check, {"way": "wallet", "token": token, **sent}, "There is a problem")


def test_after_an_error_it_can_be_signed_at_once(signed_in: Client, check: str):
    token, _ = begun(signed_in, check)
    page = signed_in.post(check, {"way": "wallet", "token": token})
    given = page.context["signing"]
    sent = {"token": given.token, **by_wallet(given.draft)}
    assert signed_in.post(check, sent).status_code == 302


# -- pressed twice ---------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["portal", "passkey", "wallet"])
def test_pressing_twice_makes_one_grant(signed_in: Client, viewer: Viewer, check: str, way: str):
    soft = own_passkey(viewer.user, SoftPasskey(count=1))
    soft.count = 2
    token, draft = begun(signed_in, check)
    made = {
        "portal": {"way": "portal"},
        "passkey": by_passkey(soft, draft),
        "wallet": by_wallet(draft),
    }[way]
    for words in ("Shared with Harbour Clinic.", "already"):
        answer = signed_in.post(check, {"token": token, **made}, follow=True)
        assert answer.redirect_chain == [("/sharing/", 302)]
        assert words in answer.content.decode()
    assert Consent.objects.count() == 1


def test_what_was_signed_counts_once_even_after_its_end(
    signed_in: Client, viewer: Viewer, check: str
):
    token, draft = begun(signed_in, check)
    sent = {"token": token, **by_wallet(draft)}
    signed_in.post(check, sent)
    consent = Consent.objects.get()
    signed_in.post(f"/sharing/{consent.pk}/end/")
    answer = signed_in.post(check, sent, follow=True)
    assert "recorded already" in answer.content.decode()
    assert Consent.objects.get().status == Consent.Status.REVOKED


# -- ending ----------------------------------------------------------------------------------------


@pytest.fixture
def consent(person: tuple[Viewer, Patient]) -> Consent:
    viewer, row = person
    return consent_grant(
        patient=row,
        grantee=OrganisationFactory(name="Harbour Clinic"),
        scope=Scope.EVERYTHING,
        last_day=timezone.now().date() + timedelta(days=3),
        by=viewer,
    )


@pytest.fixture
def end(consent: Consent) -> str:
    """The address at which it is ended."""
    return f"/sharing/{consent.pk}/end/"


def is_ended(consent: Consent) -> bool:
    consent.refresh_from_db()
    return consent.status == Consent.Status.REVOKED


@pytest.mark.parametrize("sent", [{}, {"way": "portal"}])
def test_one_click_ends_it(signed_in: Client, consent: Consent, end: str, sent):
    assert signed_in.post(end, sent)["Location"] == "/sharing/"
    assert is_ended(consent)
    assert consent.statements.get(number=2).custody == Custody.PORTAL


def test_the_end_is_signed_by_a_passkey(
    signed_in: Client, viewer: Viewer, consent: Consent, end: str
):
    soft = own_passkey(viewer.user)
    token, draft = begun(signed_in, end)
    assert draft.said["text"].startswith("Harbour Clinic may no longer see")
    signed_in.post(end, {"token": token, **by_passkey(soft, draft)})
    assert is_ended(consent)
    assert newest()["type"] == "webauthn"


def test_the_end_is_signed_by_a_wallet(signed_in: Client, consent: Consent, end: str):
    token, draft = begun(signed_in, end)
    signed_in.post(end, {"token": token, **by_wallet(draft)})
    assert is_ended(consent)
    assert newest()["type"] == "eip712"
    committed = Commitment.objects.get(kind="consent")
    assert draft.said["consent"] == "0x" + bytes(committed.digest).hex()


def test_an_end_that_is_not_signed_leaves_it_and_one_click_still_ends_it(
    signed_in: Client, consent: Consent, end: str
):
    token, _ = begun(signed_in, end)
    answer = signed_in.post(end, {"token": token, "way": "wallet"})
    assert answer.status_code == 422
    assert "Nothing has been signed yet" in answer.content.decode()
    assert "End it now" in answer.content.decode()
    assert not is_ended(consent)
    assert signed_in.post(end).status_code == 302
    assert is_ended(consent)


def test_ending_twice_is_no_error(signed_in: Client, viewer: Viewer, consent: Consent, end: str):
    soft = own_passkey(viewer.user, SoftPasskey(count=1))
    soft.count = 2
    token, draft = begun(signed_in, end)
    for _ in range(2):
        answer = signed_in.post(end, {"token": token, **by_passkey(soft, draft)})
        assert answer["Location"] == "/sharing/"
    assert consent.statements.count() == 2


def test_a_signed_grant_is_no_end(signed_in: Client, check: str):
    token, draft = begun(signed_in, check)
    sent = {"token": token, **by_wallet(draft)}
    signed_in.post(check, sent)
    made = Consent.objects.get()
    answer = signed_in.post(f"/sharing/{made.pk}/end/", sent)
    assert answer.status_code == 422
    assert "says something else" in answer.content.decode()
    assert not is_ended(made)


def test_a_signed_end_is_no_grant(signed_in: Client, consent: Consent, end: str, check: str):
    token, draft = begun(signed_in, end)
    answer = signed_in.post(check, {"token": token, **by_wallet(draft)})
    assert answer.status_code == 422
    assert "says something else" in answer.content.decode()
    assert Consent.objects.count() == 1


def test_the_end_of_one_thing_ends_no_other(
    signed_in: Client, person: tuple[Viewer, Patient], consent: Consent, end: str
):
    viewer, row = person
    other = consent_grant(
        patient=row, grantee=OrganisationFactory(), scope=Scope.VISITS,
        last_day=timezone.now().date(), by=viewer,
    )  # fmt: skip
    token, draft = begun(signed_in, f"/sharing/{other.pk}/end/")
    answer = signed_in.post(end, {"token": token, **by_wallet(draft)})
    assert answer.status_code == 422
    assert not is_ended(consent)
    assert not is_ended(other)


def test_what_salus_was_to_sign_is_signed_by_nobody_else(
    signed_in: Client, viewer: Viewer, consent: Consent, end: str
):
    draft = consent_end_draft(consent=consent, by=viewer, custody=Custody.PORTAL)
    answer = signed_in.post(end, {"token": draft.token(viewer), **by_wallet(draft)})
    assert answer.status_code == 422
    assert not is_ended(consent)


# -- what the proof's page says --------------------------------------------------------------------


def proof_page(client: Client) -> str:
    pk: UUID = Commitment.objects.get(kind="consent").pk
    return client.get(f"/proofs/{pk}/").content.decode()


def test_the_proofs_page_says_who_signed_and_what_that_shows(
    signed_in: Client, viewer: Viewer, check: str
):
    soft = own_passkey(viewer.user)
    token, draft = begun(signed_in, check)
    signed_in.post(check, {"token": token, **by_passkey(soft, draft)})
    page = proof_page(signed_in)
    assert draft.said["text"] in page
    assert "Signed by you, with a passkey" in page
    assert soft.id in page
    assert "How it was ended" not in page

    signed_in.post(f"/sharing/{Consent.objects.get().pk}/end/")
    page = proof_page(signed_in)
    assert "How it was ended" in page
    assert "Harbour Clinic may no longer see" in page
    assert "no evidence against Salus itself" in page


def test_the_proofs_page_names_the_wallet(signed_in: Client, check: str):
    token, draft = begun(signed_in, check)
    wallet = SoftWallet()
    signed_in.post(check, {"token": token, **by_wallet(draft, wallet)})
    page = proof_page(signed_in)
    assert "Signed by you, with your own wallet" in page
    assert wallet.address.lower() in page


def test_the_list_costs_the_same_for_any_number_of_grants(
    signed_in: Client, person: tuple[Viewer, Patient], makes_queries
):
    viewer, row = person
    for _ in range(2):
        for _ in range(3):
            consent_grant(
                patient=row, grantee=OrganisationFactory(), scope=Scope.VISITS,
                last_day=timezone.now().date(), by=viewer,
            )  # fmt: skip
        with makes_queries(9):
            signed_in.get("/sharing/")
