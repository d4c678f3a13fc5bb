"""A manufacturer hands in a shipment: checked as a whole, recorded as a whole, sealed."""

import csv
import io
import json
import re
import secrets
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.demo.people import MAKER, PHARMACY, WHOLESALER
from tests.e2e import proofs

PageAs = Callable[..., Page]
COLUMNS = ("gtin", "lot", "expiry", "serial", "from", "to")
NEXT_YEAR = date.today() + timedelta(days=400)  # noqa: DTZ011 - only far from now


@pytest.fixture
def pharma(page_as: PageAs) -> Page:
    return page_as("pharma", "/shipments/upload/")


@pytest.fixture
def gtins(pharma: Page) -> list[str]:
    """The products that the page says are the organisation's."""
    table = pharma.get_by_role("table", name="Products of your organisation")
    found: list[str] = table.locator("code").all_inner_texts()
    return found


def row(gtin: str, serial: str, **other: str) -> dict[str, str]:
    usual = {"lot": "E2E-1", "expiry": NEXT_YEAR.isoformat(), "from": MAKER.gln, "to": PHARMACY.gln}
    return {"gtin": gtin, "serial": serial, **usual, **other}


def fresh_range(count: int) -> str:
    """Serials that nobody has used yet."""
    lot = f"E{secrets.token_hex(5).upper()}X"
    return f"{lot}{1:05d}-{lot}{count:05d}"


def as_csv(rows: list[dict[str, str]]) -> dict[str, Any]:
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    return {"name": "shipment.csv", "mimeType": "text/csv", "buffer": file.getvalue().encode()}


def upload(page: Page, rows: list[dict[str, str]]) -> None:
    page.get_by_label("CSV file").set_input_files(as_csv(rows))
    page.get_by_role("button", name="Check the file").click()


def shipments(page: Page) -> int:
    """How many shipments the organisation has, drafts included."""
    return int(page.request.get("/api/v1/shipments/?page_size=1000").text().count('"id"'))


def test_a_good_file_is_previewed_recorded_and_sealed_and_its_proof_holds(
    pharma: Page, gtins: list[str], tmp_path: Path, axe: Callable[..., None]
) -> None:
    # Given a file with two lots that go to two places
    to_pharmacy, to_wholesaler = fresh_range(250), fresh_range(3)
    rows = [
        row(gtins[0], to_pharmacy),
        row(gtins[-1], to_wholesaler, lot="E2E-2", to=WHOLESALER.gln),
    ]

    # When it is uploaded, then a preview shows what is in it, and nothing is recorded yet
    upload(pharma, rows)
    expect(pharma.get_by_role("heading", level=1, name="Check the shipment")).to_be_visible()
    lines = pharma.get_by_role("table", name="Rows of the file")
    expect(lines).to_contain_text("E2E-2")
    expect(lines.get_by_role("row")).to_have_count(3)
    expect(pharma.locator("main")).to_contain_text("253")
    axe(pharma, phone=True)

    # When the person has it recorded, then it is, with progress on the way
    pharma.get_by_role("button", name="Record this shipment").click()
    sent = pharma.get_by_role("table", name="Where the packs were sent")
    expect(sent).to_be_visible(timeout=60_000)
    expect(sent.get_by_role("row")).to_have_count(3)

    # And soon all of it is sealed for good
    seal = pharma.locator("dl details.anchored[data-state=final]")
    for _ in range(60):
        if seal.count():
            break
        pharma.wait_for_timeout(500)
        pharma.reload()
    expect(seal).to_have_count(1)
    axe(pharma, phone=True)

    # And the proof of a row holds, without Salus
    file, trust = tmp_path / "proof.json", tmp_path / "trust.json"
    link = lines.get_by_role("link", name=re.compile("^Proof"))
    answer = pharma.request.get(str(link.first.get_attribute("href")))
    assert answer.status == 200
    file.write_bytes(answer.body())
    assert json.loads(answer.body())["kind"] == "epcis"
    trust.write_bytes(pharma.request.get("/.well-known/salus-trust.json").body())
    rpc = pharma.request.get("/readyz").json()["chain"]["rpc_url"]
    checked = proofs.verifier(file, trust, rpc)
    assert checked.returncode == 0, checked.stdout + checked.stderr

    # And the events can be taken along as EPCIS
    with pharma.expect_download() as started:
        pharma.get_by_role("link", name="Download as EPCIS").click()
    events = json.loads(Path(started.value.path()).read_bytes())
    assert events["type"] == "EPCISDocument"
    assert len(events["epcisBody"]["eventList"]) == 4  # two rows made, two deliveries sent

    # And a second time the same packs are refused
    pharma.goto("/shipments/upload/")
    upload(pharma, rows)
    expect(pharma.get_by_role("alert")).to_contain_text("were recorded before")


def test_long_work_shows_how_far_it_is(
    pharma: Page, gtins: list[str], axe: Callable[..., None]
) -> None:
    # Given a file of many packs, and a browser whose questions for progress find no answer yet
    upload(pharma, [row(gtins[0], fresh_range(5_000))])
    asked: list[str] = []

    def no_answer_yet(route: Any) -> None:
        asked.append(route.request.url)
        route.fulfill(status=204)

    pharma.route("**/progress/", no_answer_yet)

    # When it is recorded, then the page says how far that is, and asks again by itself
    pharma.get_by_role("button", name="Record this shipment").click()
    expect(pharma.get_by_role("heading", level=1, name="Recording the shipment")).to_be_visible()
    expect(pharma.get_by_role("progressbar")).to_be_visible()
    expect(pharma.locator("#recording")).to_contain_text("of 5,000 packs")
    axe(pharma, phone=True)
    for _ in range(50):
        if asked:
            break
        pharma.wait_for_timeout(100)
    assert asked

    # And when there is an answer, it goes on to what was recorded
    pharma.unroute("**/progress/")
    sent = pharma.get_by_role("table", name="Where the packs were sent")
    expect(sent).to_be_visible(timeout=60_000)


def test_a_bad_file_is_refused_row_by_row_and_nothing_is_stored(
    pharma: Page, gtins: list[str], axe: Callable[..., None]
) -> None:
    # Given a file of one good row and some with a fault each
    before = shipments(pharma)
    wrong_digit = gtins[0][:-1] + str((int(gtins[0][-1]) + 1) % 10)
    serials = fresh_range(10)
    rows = [
        row(gtins[0], fresh_range(5)),
        row(wrong_digit, fresh_range(5)),
        row(gtins[0], fresh_range(5), expiry="2020-01-31"),
        row(gtins[0], fresh_range(5), to="9521234500033"),
        row(gtins[0], serials),
        row(gtins[0], serials),
    ]

    # When it is uploaded
    upload(pharma, rows)

    # Then each fault is told with its row and column, as the spreadsheet counts them
    summary = pharma.get_by_role("alert")
    expect(summary).to_contain_text("Nothing was stored")
    expect(summary).to_be_focused()
    told = summary.get_by_role("listitem").all_inner_texts()
    assert any(re.search(r"\b3\b.*gtin", text, re.I) for text in told), told
    assert any(re.search(r"\b4\b.*expiry.*expired", text, re.I) for text in told), told
    assert any(re.search(r"\b5\b.*\bto\b", text, re.I) for text in told), told
    assert any(re.search(r"\b7\b.*serial.*row 6", text, re.I) for text in told), told
    axe(pharma, phone=True)

    # And nothing was stored
    assert shipments(pharma) == before


def test_something_that_is_no_table_is_refused(pharma: Page) -> None:
    # When somebody uploads a picture, or no file at all, then the page says so
    picture = {"name": "photo.csv", "mimeType": "text/csv", "buffer": b"\x89PNG\r\n\x1a\n\0\0"}
    pharma.get_by_label("CSV file").set_input_files(picture)
    pharma.get_by_role("button", name="Check the file").click()
    expect(pharma.get_by_role("alert")).to_contain_text("Nothing was stored")
    pharma.goto("/shipments/upload/")
    pharma.get_by_role("button", name="Check the file").click()
    expect(pharma.get_by_role("alert")).to_contain_text("Choose the CSV file")


def test_a_draft_can_be_discarded(pharma: Page, gtins: list[str]) -> None:
    # Given a file that was checked
    before = shipments(pharma)
    upload(pharma, [row(gtins[0], fresh_range(2))])

    # When the person changes their mind
    pharma.get_by_role("button", name="Discard").click()

    # Then nothing of it is left
    expect(pharma.get_by_text("The draft was discarded.")).to_be_visible()
    assert shipments(pharma) == before


def test_shipments_are_nobody_elses_business(page_as: PageAs) -> None:
    # Given somebody who acts for no pharma organisation
    page = page_as("patient")

    # When they ask for the pages, then they are refused
    answer = page.goto("/shipments/upload/")
    assert answer is not None
    assert answer.status == 403
