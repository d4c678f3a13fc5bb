"""The patient checks an entry of the own record, here and without Salus."""

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e import proofs

PageAs = Callable[..., Page]


def test_an_entry_is_checked_in_the_browser_and_by_the_verifier_alone(
    page_as: PageAs, tmp_path: Path, axe: Callable[..., None]
) -> None:
    # Given a patient who opens an entry of the own record
    page = page_as("patient", "/my-health/timeline/?show=results")
    page.locator(".event-title a").first.click()
    title = page.get_by_role("heading", level=1).inner_text()
    axe(page, phone=True)

    # When the patient keeps its proof
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the proof").click()
    file = tmp_path / "proof.json"
    started.value.save_as(file)

    # And has it checked here
    page.get_by_role("link", name="Check it now, in this browser").click()

    # Then it is proven, and the document is the entry
    expect(page.locator(".verdict")).to_have_attribute("data-verdict", "proven")
    expect(page.locator("[data-document]")).to_contain_text(title)

    # And the verifier finds the same, with the file, a trust file and a node, and not Salus
    trust = tmp_path / "trust.json"
    trust.write_bytes(page.request.get("/.well-known/salus-trust.json").body())
    rpc = page.request.get("/readyz").json()["chain"]["rpc_url"]
    checked = proofs.verifier(file, trust, rpc)
    assert checked.returncode == 0, checked.stdout + checked.stderr

    # But not once a byte of it was changed
    file.write_text(json.dumps(proofs.with_other_document(json.loads(file.read_text()))))
    assert proofs.verifier(file, trust, rpc).returncode == 1


def test_an_entry_can_be_taken_to_another_system(page_as: PageAs) -> None:
    # Given an entry
    page = page_as("patient", "/my-health/timeline/?show=medicines")
    page.locator(".event-title a").first.click()

    # When it is downloaded, then it is the FHIR resource that was sealed
    with page.expect_download() as started:
        page.get_by_role("link", name="Download this entry").click()
    resource = json.loads(Path(started.value.path()).read_bytes())
    assert resource["id"] in page.url
    assert resource["meta"]["versionId"] == "1"


def test_the_trend_of_a_measurement_is_a_picture_and_a_table(page_as: PageAs) -> None:
    # Given a patient's trends
    page = page_as("patient", "/my-health/trends/")
    chart = page.locator(".line-chart").first
    expect(chart.locator("canvas")).to_be_visible()

    # When another span of time is chosen, then the button says so
    chart.get_by_role("button", name="1 year").click()
    expect(chart.get_by_role("button", name="1 year")).to_have_attribute("aria-pressed", "true")

    # And the same values stand in a table, for those who don't see the picture
    chart.get_by_text("Show as table").click()
    assert chart.get_by_role("row").count() > 2
