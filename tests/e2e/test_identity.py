"""Signing up and in with keys, codes and apps, and signing out what one does not know."""

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from accounts.totp import totp_code
from portal.demo.people import PASSWORD
from tests.e2e.accessibility import PHONE
from tests.e2e.browsing import code_mailed_to, set_up_app, sign_in
from tests.e2e.keys import VirtualAuthenticator

PageAs = Callable[..., Page]
Axe = Callable[..., None]


def heading(page: Page) -> Any:
    return page.get_by_role("heading", level=1)


def sign_out(page: Page) -> None:
    page.locator(".menu-button-person").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def by_password(page: Page, address: str, password: str) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()


def test_somebody_signs_up_with_a_passkey_on_a_phone_and_needs_nothing_else(
    visit: PageAs, site: str, axe: Axe
) -> None:
    # Given a visitor with a phone
    page = visit("/account/signup/", viewport=PHONE)
    VirtualAuthenticator(page)
    address = f"{secrets.token_hex(8)}@new.example"

    # When they want an account without a password, as somebody who gives
    page.get_by_role("link", name="Without a password, with a passkey").click()
    axe(page)
    page.set_viewport_size(PHONE)
    page.get_by_label("I want to give").check()
    page.get_by_label("Your name").fill("Nell Newcomer")
    page.get_by_label("Email").fill(address)
    page.get_by_role("button", name="Continue").click()
    axe(page, phone=True)
    page.get_by_label("Code").fill(code_mailed_to(page, address))
    page.get_by_role("button", name="Continue").click()
    expect(heading(page)).to_have_text("Make your passkey")
    axe(page, phone=True)
    page.get_by_role("button", name="Make the passkey").click()

    # Then they are shown their recovery codes, and are in
    expect(heading(page)).to_have_text("Keep these recovery codes")
    page.get_by_role("link", name="I have kept them").click()
    expect(page).to_have_url(f"{site}/dashboard/")
    expect(heading(page)).to_have_text("Hello, Nell Newcomer")

    # When they come back, then the passkey alone signs them in, to where they wanted
    sign_out(page)
    page.goto("/account/login/?next=/account/passkeys/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(f"{site}/account/passkeys/")
    expect(page.get_by_text("Last used")).to_be_visible()
    axe(page, phone=True)


def test_a_device_without_a_passkey_is_told_so(visit: PageAs, axe: Axe) -> None:
    page = visit("/account/login/")
    device = VirtualAuthenticator(page)
    device.knows_person(False)
    page.get_by_role("button", name="Sign in with a passkey").click()
    trouble = page.get_by_role("alert")
    expect(trouble).to_contain_text("this device has no passkey for Salus")
    expect(trouble).to_be_focused()
    axe(page, phone=True)


def test_password_and_app_sign_in_and_a_recovery_code_stands_in_once(
    newcomer: tuple[Page, str, str], site: str, axe: Axe
) -> None:
    # Given somebody who sets up an app
    page, address, password = newcomer
    secret, codes = set_up_app(page, password, axe)
    sign_out(page)

    # When they sign in with their password, then the code is asked for, and a wrong one refused
    by_password(page, address, password)
    expect(heading(page)).to_have_text("Second step")
    axe(page, phone=True)
    page.get_by_label("Code of your app").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("not right, or was used already")
    axe(page, phone=True)
    page.get_by_label("Code of your app").fill(totp_code(secret, time.time()))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{site}/dashboard/")

    # When the phone is lost, then a recovery code does, and it does once
    for taken in (True, False):
        sign_out(page)
        by_password(page, address, password)
        page.get_by_label("Code of your app").fill(codes[0])
        page.get_by_role("button", name="Sign in", exact=True).click()
        if taken:
            expect(page).to_have_url(f"{site}/dashboard/")
            page.goto("/account/second-step/")
            expect(page.get_by_text("9 are left")).to_be_visible()
            axe(page, phone=True)
    expect(page.get_by_role("alert")).to_contain_text("not right, or was used already")

    # And who has lost the codes as well asks, and waits
    page.get_by_role("link", name="I have lost all of these").click()
    axe(page, phone=True)
    page.get_by_role("button", name="I have lost all of these").click()
    expect(heading(page)).to_have_text("You have asked")
    axe(page, phone=True)

    # Until somebody says that it was not them
    page.goto("/demo/mail/")
    mail = page.locator("article", has_text=f"To {address}").first
    mail.locator("a[href*='/recovery/stop/']").click()
    axe(page, phone=True)
    page.get_by_role("button", name="It was not me: stop it").click()
    expect(heading(page)).to_have_text("It is stopped")
    axe(page, phone=True)


def test_somebody_of_the_demo_signs_in_by_hand_with_the_code_that_is_shown(
    visit: PageAs, site: str, axe: Axe
) -> None:
    # Given the sign-in page, on which the code lives
    page = visit("/account/login/?next=/audit/")
    left = page.locator(".demo-code-left")
    before = left.inner_text()
    expect(left).not_to_have_text(before)

    # When an auditor gives the password, then the second step shows the code, which opens the page
    page.get_by_label("Email").fill("auditor@salus.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(heading(page)).to_have_text("Second step")
    axe(page, phone=True)
    page.get_by_label("Code of your app").fill(page.locator(".demo-code code").inner_text())
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(f"{site}/audit/")


def test_a_device_that_one_does_not_know_is_signed_out_at_once(
    newcomer: tuple[Page, str, str], visit: PageAs, axe: Axe
) -> None:
    # Given somebody who is signed in at two places
    page, address, password = newcomer
    other = visit("/", user_agent="Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/144.0")
    by_password(other, address, password)
    expect(other).to_have_url(re.compile("/dashboard/$"))

    # When they look, and sign the one out that they don't know
    page.goto("/account/sessions/")
    axe(page, phone=True)
    page.get_by_role("button", name="Sign out Firefox on Windows").click()
    expect(page.get_by_text("That device is signed out.")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("listitem")).to_have_count(1)

    # Then it is out with its next click
    other.reload()
    expect(heading(other)).to_have_text("Sign in")


def test_addresses_and_password_are_changed_after_asking_who_it_is(
    newcomer: tuple[Page, str, str], axe: Axe
) -> None:
    page, _, password = newcomer
    second = f"{secrets.token_hex(8)}@second.example"
    page.goto("/account/email/")
    page.get_by_label("Email").fill(second)
    page.get_by_role("button", name="Add it").click()
    expect(heading(page)).to_have_text("Is it you?")
    axe(page, phone=True)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Continue").click()
    page.get_by_label("Code").fill(code_mailed_to(page, second))
    page.get_by_role("button", name="Continue").click()
    page.goto("/account/email/")
    expect(page.get_by_role("listitem").filter(has_text=second)).to_contain_text("Confirmed")
    axe(page, phone=True)
    page.goto("/account/password/change/")
    axe(page, phone=True)


def test_a_demo_person_of_a_guarded_role_still_needs_one_click(visit: PageAs) -> None:
    page = visit()
    sign_in(page, "clinician")
    page.goto("/patients/")
    expect(heading(page)).to_have_text("Patients")
