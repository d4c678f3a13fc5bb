"""Anyone can check: in the visitor's own browser, with a file of theirs, and without JavaScript."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import proofs

PageAs = Callable[..., Page]


def verdict(page: Page) -> Any:
    return page.locator(".verdict")


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
    expect(page.get_by_text("the format knows no “extra”")).to_be_visible()
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
