"""Anyone can check: in the visitor's own browser, with a file of theirs, and without JavaScript."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import proofs
from tests.e2e.browsing import Visitors, sign_in
from tests.e2e.keys import VirtualAuthenticator, WalletExtension
from tests.e2e.test_deciding import (
    SENTENCE,
    add_passkey,
    choose,
    end_sharing,
    open_proof,
    past,
    remove_passkeys,
    standing,
)

PageAs = Callable[..., Page]


def verdict(page: Page) -> Any:
    return page.locator(".verdict")


def check_file(page: Page, content: Any, name: str = "proof.json") -> None:
    """Choose a file of one's own; the page has taken it once its name is shown."""
    upload = proofs.as_upload(content, name)
    page.locator('input[type=file][data-file="proof"]').set_input_files(upload)
    expect(page.get_by_text(f"Checked: {name}")).to_be_visible()


@pytest.fixture
def sample(visit: PageAs) -> proofs.Proof:
    """The demo's sample proof."""
    found: proofs.Proof = visit().request.get("/verify/sample.json").json()
    return found


@pytest.fixture
def trust(visit: PageAs) -> proofs.Proof:
    """The portal's trust file."""
    found: proofs.Proof = visit().request.get("/.well-known/salus-trust.json").json()
    return found


def test_a_visitor_checks_the_sample_and_sees_each_change_fail(
    visit: PageAs, axe: Callable[..., None]
) -> None:
    # Given a visitor, and a note of whatever the page sends
    page = visit("/verify/")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or ""))

    # When they take the sample
    page.get_by_role("button", name="Use a sample proof").click()

    # Then it is proven, step by step
    expect(verdict(page)).to_have_attribute("data-verdict", "proven")
    expect(verdict(page)).to_contain_text("has not changed since")
    assert page.locator(".verify-step").count() >= 8
    assert set(page.locator(".verify-step strong").all_inner_texts()) == {"Holds:"}
    axe(page, phone=True)

    # When they try each way to cheat, then it is not proven, and the honest file is again
    for what in ("document", "salt", "path", "root"):
        page.get_by_role("button", name=f"Change the {what}").click()
        expect(verdict(page)).to_have_attribute("data-verdict", "failed")
        expect(page.locator("[data-cheat-note]")).to_contain_text("See what breaks")
    axe(page)
    page.get_by_role("button", name="Take another trust file").click()
    expect(verdict(page)).to_have_attribute("data-verdict", "failed")
    page.get_by_role("button", name="Restore").click()
    expect(verdict(page)).to_have_attribute("data-verdict", "proven")

    # And nothing of the document left the browser: only questions to the node did
    assert all('"jsonrpc"' in body for body in sent if body)


def test_a_file_that_somebody_else_changed_is_not_proven(
    visit: PageAs, sample: proofs.Proof
) -> None:
    # Given the page, and a proof file of one's own
    page = visit("/verify/")
    choose = page.locator('input[type=file][data-file="proof"]')
    choose.set_input_files(proofs.as_upload(sample))
    expect(verdict(page)).to_have_attribute("data-verdict", "proven")

    # When any part of it is another, then it is not proven
    for change in (
        proofs.with_other_document,
        proofs.with_other_salt,
        proofs.with_other_path,
        proofs.with_other_root,
    ):
        choose.set_input_files(proofs.as_upload(change(sample), f"{change.__name__}.json"))
        expect(page.get_by_text(f"Checked: {change.__name__}.json")).to_be_visible()
        expect(verdict(page)).to_have_attribute("data-verdict", "failed")
        choose.set_input_files(proofs.as_upload(sample, f"not-{change.__name__}.json"))
        expect(page.get_by_text(f"Checked: not-{change.__name__}.json")).to_be_visible()
        expect(verdict(page)).to_have_attribute("data-verdict", "proven")

    # And neither is something that is no proof file at all
    choose.set_input_files(proofs.as_upload({**sample, "extra": 1}, "extra.json"))
    expect(verdict(page)).to_contain_text("the format knows no “extra”")
    expect(verdict(page)).to_have_attribute("data-verdict", "failed")


@pytest.mark.parametrize("name", ["portal", "log", "genesis_hash", "code_hash"])
def test_another_trust_file_does_not_vouch_for_the_proof(
    visit: PageAs, sample: proofs.Proof, trust: proofs.Proof, name: str
) -> None:
    # Given a visitor who trusts something else than this portal's log
    page = visit("/verify/")
    page.get_by_text("What is it checked against?").click()
    own = {**trust, name: proofs.other_hex(trust[name])}
    page.get_by_label("Trust file").set_input_files(proofs.as_upload(own, "own-trust.json"))
    expect(page.get_by_text("Your own: own-trust.json")).to_be_visible()

    # When they check an honest proof, then it is not proven
    page.locator('input[type=file][data-file="proof"]').set_input_files(proofs.as_upload(sample))
    expect(verdict(page)).to_have_attribute("data-verdict", "failed")


@pytest.fixture
def patient(visitors: Visitors) -> Iterator[Page]:
    """The demo patient in a session of their own; no grant and no passkey is left behind."""
    page = visitors.page()
    sign_in(page, "patient")
    yield page
    tidy = visitors.page()
    sign_in(tidy, "patient")
    remove_passkeys(tidy)
    end_sharing(tidy)


def download_proof(page: Page) -> proofs.Proof:
    """From the page of a grant's proof."""
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the proof").click()
    found: proofs.Proof = json.loads(Path(started.value.path()).read_text())
    return found


def test_a_consent_is_proven_while_it_stands_and_after_it_was_ended(
    patient: Page, visit: PageAs, axe: Callable[..., None]
) -> None:
    # Given a consent that the patient signed with a passkey, and its proof
    VirtualAuthenticator(patient)
    add_passkey(patient)
    choose(patient)
    patient.get_by_role("button", name="Sign and share").click()
    open_proof(patient, standing(patient))
    given = download_proof(patient)

    # When the patient checks it here
    patient.get_by_role("link", name="Check it now, in this browser").click()

    # Then it is proven, with the sentence, who signed, and that it stands
    expect(verdict(patient)).to_have_attribute("data-verdict", "proven")
    expect(verdict(patient)).to_contain_text("it was not ended, and holds until")
    card = patient.locator("[data-part=consent]")
    expect(card.locator("blockquote")).to_have_text(SENTENCE)
    expect(card).to_contain_text("Signed with a passkey for localhost.")
    expect(card).to_contain_text("The person's own, by the statement's word.")
    assert set(patient.locator(".verify-step strong").all_inner_texts()) == {"Holds:"}
    axe(patient, phone=True)

    # And whatever is changed is noticed
    for what in ("Change the statement", "Change the salt", "Make it a day older"):
        patient.get_by_role("button", name=what).click()
        expect(patient.locator("[data-cheat-note]")).to_be_visible()
        expect(verdict(patient)).to_have_attribute("data-verdict", "failed")
        patient.get_by_role("button", name="Restore").click()
        expect(verdict(patient)).to_have_attribute("data-verdict", "proven")
    expect(patient.get_by_role("button", name="Hide the end")).to_be_hidden()

    # When it was ended with a key that the portal keeps, and somebody else is given that proof
    end_sharing(patient)
    open_proof(patient, past(patient))
    ended = download_proof(patient)
    page = visit("/verify/")
    check_file(page, ended, "ended.json")

    # Then that is proven, and said
    expect(verdict(page)).to_have_attribute("data-verdict", "proven")
    expect(verdict(page)).to_contain_text("It was ended on")
    expect(page.locator("[data-part=consent]")).to_contain_text("no evidence against the portal")
    axe(page, phone=True)

    # But neither is a file proven that hides the end, nor an older one, nor one that was changed
    page.get_by_role("button", name="Hide the end").click()
    expect(verdict(page)).to_contain_text("The file hides that, or is older")
    expect(verdict(page)).to_have_attribute("data-verdict", "failed")
    axe(page)
    check_file(page, given, "older.json")
    expect(verdict(page)).to_contain_text("The file hides that, or is older")
    check_file(page, proofs.with_other_document(ended), "other.json")
    expect(verdict(page)).to_contain_text("do not give the sealed fingerprint")
    expect(verdict(page)).to_have_attribute("data-verdict", "failed")


def test_a_consent_of_a_wallet_is_proven(patient: Page) -> None:
    # Given a consent that the patient signed with a wallet
    chain_id = patient.request.get("/.well-known/salus-trust.json").json()["chain_id"]
    wallet = WalletExtension("Fox Wallet", chain_id=chain_id)
    wallet.install(patient)
    choose(patient)
    patient.get_by_role("button", name="Sign and share").click()
    open_proof(patient, standing(patient))

    # When they check its proof, then it is proven, and names the wallet
    patient.get_by_role("link", name="Check it now, in this browser").click()
    expect(verdict(patient)).to_have_attribute("data-verdict", "proven")
    address = wallet.soft.address.lower()
    expect(patient.locator("[data-part=consent]")).to_contain_text(f"the wallet {address}")

    # But not once the statement was changed
    patient.get_by_role("button", name="Change the statement").click()
    expect(patient.get_by_text("it was not made by this wallet")).to_be_visible()
    expect(verdict(patient)).to_have_attribute("data-verdict", "failed")


def test_what_this_page_does_not_check_is_said_with_the_command_that_does(
    patient: Page, axe: Callable[..., None]
) -> None:
    # Given a seal of completeness
    kept = patient.request.get("/my-health/seals/newest.json").json()
    patient.goto("/verify/")

    # When it is dropped here, or an archive, then the command that checks both is named
    upload = proofs.as_upload(kept, "salus-head.json")
    patient.locator('input[type=file][data-file="proof"]').set_input_files(upload)
    expect(patient.get_by_text("Not checked: salus-head.json")).to_be_visible()
    expect(verdict(patient)).to_contain_text("This is a seal of completeness.")
    expect(patient.get_by_text("--against salus-head-N.json")).to_be_visible()
    axe(patient, phone=True)
    archive = {"name": "all.zip", "mimeType": "application/zip", "buffer": b"PK\3\4and so on"}
    patient.locator('input[type=file][data-file="proof"]').set_input_files([archive])  # type: ignore[list-item]
    expect(verdict(patient)).to_contain_text("This is an archive")
    expect(patient.get_by_role("heading", name="Step by step")).to_be_hidden()


def test_without_javascript_the_page_explains_the_verifier(
    visit: PageAs, axe: Callable[..., None]
) -> None:
    # Given a browser that runs no scripts
    page = visit("/verify/", java_script_enabled=False)

    # Then the page says so, and hands out what does the same on one's own machine
    notice = page.locator("noscript .alert")
    assert "Checking on this page needs JavaScript" in str(notice.text_content())
    assert notice.bounding_box()
    expect(page.locator("#verify")).to_be_hidden()
    download = page.get_by_role("link", name="Download salus_verify.py")
    expect(download).to_be_visible()
    program = page.request.get(str(download.get_attribute("href")))
    assert program.status == 200
    assert "def main" in program.text()
    expect(page.get_by_text("python salus_verify.py proof.json")).to_be_visible()


def test_a_visitor_looks_through_the_public_ledger(visit: PageAs, axe: Callable[..., None]) -> None:
    # Given the public list of batches
    page = visit("/chain/")
    expect(page.get_by_role("table", name="Batches, newest first")).to_be_visible()
    axe(page, phone=True)

    # When somebody opens the first of all
    page.goto("/chain/1/")

    # Then its place on the chain is one click away, and how many seals it holds is not told
    page.get_by_text("Show the root").click()
    expect(page.locator("code", has_text="0x").first).to_be_visible()
    expect(page.get_by_role("main")).to_contain_text("up to ")
    axe(page)
