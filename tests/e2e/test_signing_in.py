"""Coming in and going out, and what each role finds."""

import re
import secrets
from collections.abc import Callable
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from playwright.sync_api import Page, expect

from portal.demo.people import PASSWORD
from portal.demo.roles import DEMO_ROLES, DemoRole
from tests.e2e.browsing import code_mailed_to, sign_in

PageAs = Callable[..., Page]
EVERY_ROLE = pytest.mark.parametrize("role", DEMO_ROLES, ids=lambda role: role.key)


@EVERY_ROLE
def test_a_card_on_the_home_page_signs_in_and_leads_to_the_moment(
    visit: PageAs, site: str, role: DemoRole
) -> None:
    # When a visitor clicks a card
    page = visit("/")
    page.locator(".role-card", has_text=role.person).get_by_role("button").click()

    # Then they are that person, on the page that the card promised
    expect(page).to_have_url(site + role.path)
    expect(page.locator(".menu-who")).to_contain_text(role.email)


class _Links(HTMLParser):
    """The addresses that a page links to."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get("href")
        if tag == "a" and address:
            self.found.append(urldefrag(address).url)


def _kind(address: str) -> str:
    """Addresses that differ in their numbers alone are of one kind, of which one is enough."""
    parts = urlsplit(address)
    query = re.sub(r"=[^&]*", "=", parts.query)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "…", parts.path) + "?" + query


@EVERY_ROLE
def test_no_link_of_a_role_is_dead(page_as: PageAs, site: str, role: DemoRole) -> None:
    # Given somebody on their dashboard
    page = page_as(role.key.value)
    waiting, seen, dead = [f"{site}/dashboard/"], {"/dashboard/?"}, []

    # When every kind of link is followed from there, and from where it leads, and so on
    while waiting:
        address = waiting.pop()
        answer = page.request.get(address)
        if answer.status not in (200, 202):
            dead.append(f"{answer.status} {address}")
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        # Letters of the demo lead where something was when they were written.
        if urlsplit(address).path == "/demo/mail/":
            continue
        for link in _Links(answer.text()).found:
            there = urljoin(address, link)
            # Django's own administration is not ours to check.
            if there.startswith(f"{site}/admin/") and there != f"{site}/admin/":
                continue
            if there.startswith(site) and _kind(there) not in seen:
                seen.add(_kind(there))
                waiting.append(there)

    # Then all of them are there
    assert not dead, "\n".join(dead)
    assert len(seen) > 5


def test_somebody_signs_in_with_a_password_and_out_again(visit: PageAs, site: str) -> None:
    # Given a page that only somebody signed in may see
    page = visit("/my-health/")
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()

    # When the right address and password are given
    page.get_by_label("Email").fill("patient@salus.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()

    # Then that page is shown
    expect(page).to_have_url(f"{site}/my-health/")
    expect(page.get_by_role("heading", level=1, name="My health")).to_be_visible()

    # When the person signs out
    page.locator(".menu-button-person").click()
    page.get_by_role("button", name="Sign out").click()

    # Then they are on the public home page, and the record is behind the door again
    expect(page).to_have_url(f"{site}/")
    page.goto("/my-health/")
    expect(page.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


def test_a_wrong_password_is_refused_in_words_that_give_nothing_away(
    visit: PageAs, axe: Callable[..., None]
) -> None:
    said = []
    for address in ("donor@salus.example", "nobody@salus.example"):
        # When somebody gives a wrong password, or an address that nobody has
        page = visit("/account/login/")
        page.get_by_label("Email").fill(address)
        page.get_by_label("Password").fill("not-the-password")
        page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
        said.append(page.get_by_role("alert").inner_text())

    # Then both are told the same
    assert said[0] == said[1]
    assert "not correct" in said[0]
    axe(page, phone=True)


def test_a_forgotten_password_can_be_set_anew(visit: PageAs, axe: Callable[..., None]) -> None:
    # When somebody asks for a new password
    page = visit("/account/login/")
    page.get_by_role("link", name=re.compile("Forgot")).click()
    axe(page)
    page.get_by_label("Email").fill("nobody@salus.example")
    page.get_by_role("main").get_by_role("button").click()

    # Then they are told to look into their mail, whether or not there is such a person
    expect(page).to_have_url(re.compile("/account/password/reset/confirm/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Look into your mail")
    axe(page)


def test_somebody_new_makes_an_account_and_finds_an_honest_empty_record(
    visit: PageAs, axe: Callable[..., None]
) -> None:
    # When somebody asks for an account
    address, password = f"{secrets.token_hex(8)}@new.example", secrets.token_urlsafe(16)
    page = visit("/account/signup/")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password (again)").fill(password)
    page.get_by_role("button", name="Create the account").click()

    # Then they are told to look into their mail
    expect(page).to_have_url(re.compile("/account/confirm-email/$"))
    axe(page)

    # When they enter the code that stands in it
    page.get_by_label("Code").fill(code_mailed_to(page, address))
    page.get_by_role("button", name="Continue").click()

    # Then they have a patient's pages, which say that there is nothing yet
    page.get_by_role("navigation", name="Main").get_by_role("link", name="My health").click()
    expect(page.get_by_text("There is no record for you here yet")).to_be_visible()
    axe(page)


def test_a_form_from_another_session_is_not_taken(visit: PageAs, axe: Callable[..., None]) -> None:
    # Given a form whose cookies are gone, as when somebody signed out in another window
    page = visit("/account/login/")
    page.get_by_label("Email").fill("donor@salus.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.context.clear_cookies()

    # When it is sent, then nothing is done, and the page says so in plain words
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Please send that once more")
    axe(page)


def test_the_menu_of_a_phone_opens_by_keyboard(page_as: PageAs, site: str) -> None:
    # Given a phone, on which the navigation is folded away
    page = page_as("patient", "/dashboard/", viewport={"width": 390, "height": 844})
    toggle = page.get_by_role("button", name="Menu")
    link = page.get_by_role("navigation", name="Main").get_by_role("link", name="Sharing")
    expect(link).to_be_hidden()

    # When it is opened with the keyboard
    toggle.focus()
    page.keyboard.press("Enter")

    # Then its links are next in line, and lead on
    expect(toggle).to_have_attribute("aria-expanded", "true")
    expect(link).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        if link.evaluate("(link) => link === document.activeElement"):
            break
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site}/sharing/")


def test_a_session_ends_with_signing_out_in_another_window(visit: PageAs) -> None:
    # Given two windows of one browser
    page = visit()
    sign_in(page, "donor")
    other = page.context.new_page()
    other.goto("/dashboard/")

    # When one of them signs out
    page.locator(".menu-button-person").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()

    # Then the other is signed out as well
    other.reload()
    expect(other.get_by_role("heading", level=1, name="Sign in")).to_be_visible()
