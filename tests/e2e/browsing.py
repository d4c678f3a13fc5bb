"""Pages in a real Chromium that fail their test where the browser complains."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.totp import totp_code

# What the browser says of every answer above 399; the answers themselves are looked at instead.
ANSWERED = "Failed to load resource: the server responded with a status of"
TELL_VIOLATIONS = """
  addEventListener("securitypolicyviolation", (event) =>
    console.error(`CSP: ${event.violatedDirective} stopped ${event.blockedURI || "inline"}`));
"""
NO_MOTION: dict[str, Any] = {"reduced_motion": "reduce", "locale": "en-GB", "timezone_id": "UTC"}


@dataclass
class Complaints:
    """What browsers said against the pages of one test."""

    found: list[str] = field(default_factory=list)

    def listen_to(self, page: Page) -> Page:
        """Note errors of scripts, breaches of the CSP, and parts of pages that are not there."""
        page.on("console", lambda message: self._console(page, message))
        page.on("pageerror", lambda error: self._note(page, f"uncaught: {error}"))
        page.on("response", lambda response: self._response(page, response))
        return page

    def _console(self, page: Page, message: Any) -> None:
        if message.type == "error" and not message.text.startswith(ANSWERED):
            self._note(page, message.text)

    def _response(self, page: Page, response: Any) -> None:
        if response.status >= 400 and response.request.resource_type != "document":
            self._note(page, f"{response.status} for {response.url}")

    def _note(self, page: Page, words: str) -> None:
        self.found.append(f"{page.url}: {words}")


class Visitors:
    """Opens pages, signed in or not, each visitor in a browser profile of their own."""

    def __init__(self, browser: Browser, site: str, complaints: Complaints) -> None:
        self.browser = browser
        self.site = site
        self.complaints = complaints
        self.contexts: list[BrowserContext] = []

    def page(self, **options: Any) -> Page:
        """An empty page of a new visitor; options are those of a browser context."""
        context = self.browser.new_context(base_url=self.site, **{**NO_MOTION, **options})
        context.add_init_script(TELL_VIOLATIONS)
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        return self.complaints.listen_to(context.new_page())

    def close(self) -> None:
        """Let all of them go."""
        for context in self.contexts:
            context.close()


def sign_in(page: Page, role: str) -> None:
    """Sign in as a demo person, from the card on the home page."""
    page.goto("/")
    page.locator(f"form:has(input[name=role][value={role}]) button[type=submit]").first.click()
    page.get_by_text("Signed in as").wait_for(state="attached")


def code_mailed_to(page: Page, address: str) -> str:
    """The newest code to that address, from the demo's mailbox in a tab of its own."""
    tab = page.context.new_page()
    tab.goto("/demo/mail/")
    mail = tab.locator("article", has_text=f"To {address}").first.inner_text()
    tab.close()
    found = re.search(r"^[B-Z]{4}-[B-Z]{4}$", mail, re.MULTILINE)
    assert found is not None, mail
    return found.group()


def set_up_app(page: Page, password: str, axe: Callable[..., None]) -> tuple[str, list[str]]:
    """Enrol an app, as its owner would; gives its secret and the recovery codes."""
    page.goto("/account/second-step/")
    page.get_by_role("link", name="Set up an app").click()
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Continue").click()
    expect(page.get_by_alt_text("QR code")).to_be_visible()
    axe(page, phone=True)
    secret = page.locator("[data-copy-text]").inner_text().strip()
    page.get_by_label("Code that the app shows").fill(totp_code(secret, time.time() - 30))
    page.get_by_role("button", name="Set it up").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Keep these recovery codes")
    axe(page, phone=True)
    codes = page.locator(".codes-list code").all_inner_texts()
    with page.expect_download() as started:
        page.get_by_role("link", name="Download").click()
    assert started.value.path().read_text().split()[-10:] == codes
    page.get_by_role("link", name="I have kept them").click()
    return secret, codes
