"""Without a mouse: the content is one key away, and a record can be shared and closed again."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

PageAs = Callable[..., Page]
ORGANISATION = "Bright Laboratory (demo)"  # nobody else shares with it
# The element with the focus, if nothing shows that it has it. The browser's own parts of a date
# field are no element of ours: `:focus` matches nothing while they have it.
UNSEEN = """() => {
  const element = document.querySelector(":focus");
  if (!element) return "";
  const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
  const ring = outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
  return ring || boxShadow !== "none" ? "" : element.outerHTML.slice(0, 200);
}"""


@pytest.fixture
def patient(page_as: PageAs) -> Iterator[Page]:
    """The demo patient's page; what was shared with the laboratory is ended afterwards."""
    page = page_as("patient")
    _end(page)
    yield page
    _end(page)


def _end(page: Page) -> None:
    page.goto("/sharing/")
    while (links := page.get_by_role("link", name=f"End sharing with {ORGANISATION}")).count():
        links.first.click()
        page.get_by_role("button", name="End it now").click()


def tab_to(page: Page, target: Any, *, most: int = 60) -> None:
    """Press Tab until the target has the focus; every stop on the way must be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        unseen = page.evaluate(UNSEEN)
        assert not unseen, f"no focus ring: {unseen}"
        if target.evaluate("(element) => element === document.activeElement"):
            return
    raise AssertionError("never reached by Tab")


def test_the_first_key_leads_past_the_navigation(visit: PageAs) -> None:
    # Given a page
    page = visit("/")

    # When Tab is pressed once, then a link to the content shows
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()

    # When it is followed, then the next Tab goes on inside the content
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_record_is_shared_and_closed_by_keyboard_alone(patient: Page) -> None:
    # Given the sharing page
    press = patient.keyboard.press
    tab_to(patient, patient.get_by_role("link", name="Share my record"))
    press("Enter")
    expect(patient.get_by_role("heading", level=1, name="Share my record")).to_be_visible()

    # When the form is filled in and sent with keys
    who = patient.get_by_label("Who may see your record?")
    tab_to(patient, who)
    patient.keyboard.type(ORGANISATION)
    expect(who.locator("option:checked")).to_contain_text(ORGANISATION)
    tab_to(patient, patient.get_by_label("Everything in my record"))
    press("ArrowDown")
    expect(patient.get_by_label("Only measurements and test results")).to_be_checked()
    tab_to(patient, patient.get_by_role("button", name="Continue"))
    press("Enter")

    # And what was chosen is checked and signed with keys
    expect(patient.get_by_role("heading", level=1, name="Check what you share")).to_be_visible()
    tab_to(patient, patient.get_by_label("Let Salus record it for me"))
    tab_to(patient, patient.get_by_role("button", name="Share", exact=True))
    press("Enter")

    # Then it is shared, with the part and until the day that were chosen
    row = patient.get_by_role("table", name="Who can see your record now").get_by_role(
        "row", name=ORGANISATION
    )
    expect(row).to_contain_text("Only measurements and test results")

    # When it is ended with keys, then it is
    tab_to(patient, row.get_by_role("link", name="End"))
    press("Enter")
    expect(patient.get_by_role("heading", level=1, name="End sharing with")).to_be_visible()
    tab_to(patient, patient.get_by_role("button", name="End it now"))
    press("Enter")
    said = f"{ORGANISATION} can no longer see your record."
    expect(patient.get_by_text(said)).to_be_visible()


def test_a_menu_closes_with_escape_and_gives_the_focus_back(page_as: PageAs) -> None:
    # Given the open menu of the person
    page = page_as("donor", "/dashboard/")
    summary = page.locator(".menu-button-person")
    tab_to(page, summary)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    # When Escape is pressed within it
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    # Then it is closed, and the focus is where it came from
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(summary).to_be_focused()


def test_the_dark_appearance_is_chosen_and_kept(visit: PageAs) -> None:
    # Given a page in light colours
    page = visit("/", color_scheme="light")
    html = page.locator("html")
    expect(html).to_have_attribute("data-bs-theme", "light")

    # When dark is chosen by keyboard
    page.locator("summary[aria-label=Appearance]").focus()
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Dark", exact=True), most=4)
    page.keyboard.press("Enter")

    # Then this page and the next one are dark
    expect(html).to_have_attribute("data-bs-theme", "dark")
    page.goto("/chain/")
    expect(html).to_have_attribute("data-bs-theme", "dark")
