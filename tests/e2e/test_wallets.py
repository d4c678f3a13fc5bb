"""A person adds a wallet, signs in with it, and is told in plain words where that does not work."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browsing import Visitors, sign_in
from tests.e2e.keys import WalletExtension
from tests.e2e.test_deciding import choose, confirm_password

PageAs = Callable[..., Page]
Axe = Callable[..., None]


@pytest.fixture
def wallet() -> WalletExtension:
    """A wallet on a network of its own: for a message that does not matter."""
    return WalletExtension("Fox Wallet")


@pytest.fixture
def patient(visitors: Visitors, wallet: WalletExtension) -> Iterator[Page]:
    """The demo patient in a browser with a wallet; none stays in the account."""
    page = visitors.page()
    wallet.install(page)
    sign_in(page, "patient")
    yield page
    tidy = visitors.page()
    sign_in(tidy, "patient")
    remove_wallets(tidy)


def remove_wallets(page: Page) -> None:
    page.goto("/account/wallets/")
    while (links := page.get_by_role("link", name=re.compile("^Remove"))).count():
        links.first.click()
        confirm_password(page)
        page.get_by_role("button", name="Remove it").click()
        expect(page.get_by_text("was removed")).to_be_visible()


def open_adding(page: Page) -> None:
    page.goto("/account/wallets/")
    page.get_by_role("link", name="Add a wallet").click()
    confirm_password(page)
    expect(page.get_by_role("heading", level=1, name="Add a wallet")).to_be_visible()


def add_wallet(page: Page, name: str = "Savings") -> None:
    """From the page of wallets."""
    open_adding(page)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Sign, and add it").click()
    expect(page.get_by_text(f"“{name}” was added.")).to_be_visible()


def sign_out(page: Page) -> None:
    page.locator(".menu-button-person").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def said(page: Page) -> Any:
    """What is wrong."""
    return expect(page.get_by_role("alert").first)


def test_a_wallet_is_added_and_signs_in(patient: Page, wallet: WalletExtension, axe: Axe) -> None:
    # Given somebody without a wallet, who finds the page in their account
    patient.goto("/account/")
    patient.get_by_role("link", name="Wallets").click()
    expect(patient.get_by_role("heading", name="You have added no wallet")).to_be_visible()
    axe(patient, phone=True)

    # When they want to add one, then the password is asked for, and it is said what will be signed
    open_adding(patient)
    expect(patient.locator("blockquote")).to_contain_text("Add this wallet to my Salus account")
    expect(patient.get_by_text("Fox Wallet")).to_be_visible()
    assert wallet.asked == []
    axe(patient, phone=True)

    # And when they decline in the wallet, then that is no error, and can be tried again
    wallet.declines = {"personal_sign"}
    patient.get_by_label("Name").fill("Savings")
    patient.get_by_role("button", name="Sign, and add it").click()
    said(patient).to_contain_text("You declined in your wallet, so nothing was done")
    expect(patient.get_by_role("alert").first).to_be_focused()
    axe(patient, phone=True)
    wallet.declines = set()
    patient.get_by_role("button", name="Sign, and add it").click()

    # Then it stands in the list, and the wallet has shown the sentence that the page did
    expect(patient.get_by_text("“Savings” was added.")).to_be_visible()
    address = wallet.soft.address
    expect(patient.get_by_text(f"{address[:6]}…{address[-4:]}")).to_be_visible()
    assert (
        "\nAdd this wallet to my Salus account, so that I can sign in with it.\n" in wallet.read[0]
    )
    assert set(wallet.asked) == {"eth_requestAccounts", "personal_sign"}
    axe(patient, phone=True)

    # When they sign out, and want to go to a page of theirs
    sign_out(patient)
    patient.goto("/sharing/")
    axe(patient, phone=True)
    patient.get_by_role("link", name="Sign in with a wallet").click()
    expect(patient.locator("blockquote")).to_have_text("Sign in to Salus with this wallet.")
    axe(patient, phone=True)

    # And decline, then they are told so, and are not signed in
    wallet.declines = {"eth_requestAccounts"}
    patient.get_by_role("main").get_by_role("button", name="Sign in").click()
    said(patient).to_contain_text("You declined in your wallet, so nothing was done")
    axe(patient, phone=True)

    # When they sign, then they are on that page
    wallet.declines = set()
    patient.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(patient.get_by_role("heading", level=1, name="Sharing")).to_be_visible()
    expect(patient.locator(".menu-who")).to_contain_text("patient@salus.example")
    assert "\nSign in to Salus with this wallet.\n" in wallet.read[-1]

    # And the list says that it was used; where they sign decisions, it is shown as theirs
    patient.goto("/account/wallets/")
    expect(patient.get_by_text("Last used")).to_be_visible()
    choose(patient)
    expect(patient.get_by_text("In your account: “Savings”")).to_be_visible()
    axe(patient, phone=True)

    # When it is renamed and removed, then it is gone
    patient.goto("/account/wallets/")
    patient.get_by_role("link", name="Rename Savings").click()
    axe(patient, phone=True)
    patient.get_by_label("Name").fill("Old savings")
    patient.get_by_role("button", name="Save").click()
    patient.get_by_role("link", name="Remove Old savings").click()
    confirm_password(patient)
    axe(patient, phone=True)
    patient.get_by_role("button", name="Remove it").click()
    expect(patient.get_by_text("“Old savings” was removed.")).to_be_visible()
    expect(patient.get_by_role("heading", name="You have added no wallet")).to_be_visible()


def test_a_wallet_of_nobody_is_told_what_to_do(
    visit: PageAs, wallet: WalletExtension, axe: Axe
) -> None:
    # Given somebody who has a wallet, but has added it to no account
    page = visit()
    wallet.install(page)
    page.goto("/account/login/")
    page.get_by_role("link", name="Sign in with a wallet").click()

    # When they sign with it, then they are told what to do, and are not signed in
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    said(page).to_contain_text("Sign in in another way, then add the wallet to your account")
    axe(page, phone=True)
    page.get_by_role("link", name="Sign in another way").click()
    expect(page.get_by_role("heading", level=1, name="Sign in", exact=True)).to_be_visible()
    expect(page.get_by_label("Password")).to_be_visible()


def test_one_of_several_wallets_signs_in(patient: Page, wallet: WalletExtension, axe: Axe) -> None:
    # Given two wallets in a browser, of which the second one is in the account
    other = WalletExtension("Bear Wallet", "https://elsewhere.example/bear.png")
    other.install(patient)
    open_adding(patient)
    patient.get_by_label("Bear Wallet").check()
    axe(patient, phone=True)
    patient.get_by_role("button", name="Sign, and add it").click()
    expect(patient.get_by_text("was added.")).to_be_visible()
    sign_out(patient)

    # When the first one signs, then it is nobody's
    patient.goto("/account/login/")
    patient.get_by_role("link", name="Sign in with a wallet").click()
    axe(patient, phone=True)
    patient.get_by_role("main").get_by_role("button", name="Sign in").click()
    said(patient).to_contain_text("belongs to no account yet")
    assert "personal_sign" in wallet.asked

    # When the second one does, then its holder is signed in
    patient.get_by_label("Bear Wallet").check()
    patient.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(patient.locator(".menu-who")).to_contain_text("patient@salus.example")


def test_what_a_wallet_does_not_do_is_said_in_plain_words(
    visit: PageAs, wallet: WalletExtension
) -> None:
    page = visit()
    wallet.install(page)
    wallet.accounts = False
    page.goto("/account/wallets/sign-in/")
    button = page.get_by_role("main").get_by_role("button", name="Sign in")

    # A wallet that shows no account, and one whose signature is another's
    button.click()
    said(page).to_contain_text("showed Salus no account")
    wallet.accounts = True
    wallet.soft.sign_message = lambda message: "0x" + "11" * 65  # type: ignore[method-assign]
    button.click()
    said(page).to_contain_text("not by that wallet")


def test_a_signature_from_another_browser_signs_nobody_in(
    visit: PageAs, patient: Page, wallet: WalletExtension
) -> None:
    # Given a signature that its holder was made to make in a browser of their own
    add_wallet(patient)
    sign_out(patient)
    patient.goto("/account/wallets/sign-in/")
    patient.route("**/account/wallets/sign-in/", lambda route: route.fulfill(status=204))
    with patient.expect_request(
        lambda asked: asked.method == "POST" and "sign-in" in asked.url
    ) as seen:
        patient.get_by_role("main").get_by_role("button", name="Sign in").click()
    fields = seen.value.post_data_json

    # When somebody else sends it from theirs
    thief = visit("/account/login/")
    token = thief.locator("[name=csrfmiddlewaretoken]").first.input_value()
    answer = thief.request.post(
        "/account/wallets/sign-in/",
        form=fields | {"csrfmiddlewaretoken": token},
        headers={"Referer": thief.url},
    )

    # Then it is refused
    assert answer.status == 422
    assert "signed before, elsewhere" in answer.text()
    thief.goto("/my-health/")
    expect(thief.get_by_role("heading", level=1, name="Sign in")).to_be_visible()


def test_without_a_wallet_nobody_is_bothered(visit: PageAs, axe: Axe) -> None:
    # Given a browser without a wallet, then the way is not shown
    page = visit("/account/login/")
    expect(page.get_by_role("button", name="Sign in", exact=True)).to_be_visible()
    expect(page.get_by_text("Sign in with a wallet")).to_be_hidden()

    # And who goes there all the same is told that there is none
    page.goto("/account/wallets/sign-in/")
    expect(page.get_by_text("No wallet has answered")).to_be_visible()
    expect(page.locator("form[data-ask]")).to_be_hidden()
    axe(page, phone=True)


def test_without_javascript_it_is_said_what_is_needed(visit: PageAs) -> None:
    page = visit("/account/wallets/sign-in/", java_script_enabled=False)
    notice = page.locator("noscript .alert")
    assert "This needs JavaScript" in str(notice.text_content())
    assert notice.bounding_box()
    expect(page.locator("form[data-ask]")).to_be_hidden()
