"""The explorer in a browser: its parts without JavaScript, and what stays as it is while it refreshes."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

PageAs = Callable[..., Page]
# What its own timer does while something is under way, which in the demo is soon over.
REFRESH = """() => htmx.ajax("GET", location.pathname, { target: "#live", swap: "outerHTML" })"""


def test_all_parts_can_be_reached_without_javascript(visit: PageAs):
    page = visit("/chain/", java_script_enabled=False)
    for name in ["Batches", "Transactions", "Consents", "Contracts", "Reorganisations"]:
        page.get_by_role("navigation", name="Parts of the ledger").get_by_role(
            "link", name=name
        ).click()
        expect(page.locator("h1")).to_contain_text(name)
    page.goto("/chain/transactions/")
    page.locator("main tbody th a").first.click()
    expect(page.get_by_role("heading", name="Attempt 1")).to_be_visible()
    page.get_by_text("Show the transaction’s hash").click()
    expect(page.locator("details[open] code")).to_contain_text("0x")


def test_a_number_that_was_opened_stays_open_and_focused_while_the_page_refreshes(visit: PageAs):
    page = visit("/chain/consents/")
    opened = page.locator("main tbody .hash-value").nth(1)
    opened.locator("summary").click()
    number = opened.locator("code").inner_text()
    page.locator("#live").evaluate("part => { part.dataset.seen = 'before' }")
    page.evaluate(REFRESH)
    expect(page.locator("#live[data-seen]")).to_have_count(0)
    expect(page.locator("main tbody .hash-value[open]")).to_have_count(1)
    expect(page.locator("main tbody .hash-value[open] code")).to_have_text(number)
    expect(opened.locator("summary")).to_be_focused()
