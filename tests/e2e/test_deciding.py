"""A patient signs what they decide: with a passkey, with a wallet, or not at all."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e import proofs
from tests.e2e.browsing import Visitors, sign_in
from tests.e2e.keys import VirtualAuthenticator, WalletExtension
from tests.e2e.product import Product

PageAs = Callable[..., Page]
Axe = Callable[..., None]
PASSWORD = "salus-demo"
CLINIC = "Bright Laboratory (demo)"  # nobody else shares with it
SENTENCE = re.compile(rf"I let {re.escape(CLINIC)} see this until the end of .+: Everything in my")


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


@pytest.fixture
def device(patient: Page) -> VirtualAuthenticator:
    """The patient's phone."""
    return VirtualAuthenticator(patient)


@pytest.fixture
def chain_id(patient: Page) -> int:
    """The number of the chain on which Salus records."""
    trust = patient.request.get("/.well-known/salus-trust.json").json()
    return int(trust["chain_id"])


def end_sharing(page: Page) -> None:
    page.goto("/sharing/")
    while (links := page.get_by_role("link", name=f"End sharing with {CLINIC}")).count():
        links.first.click()
        page.get_by_role("button", name="End it now").click()


def remove_passkeys(page: Page) -> None:
    page.goto("/account/passkeys/")
    while (links := page.get_by_role("link", name=re.compile("^Remove"))).count():
        links.first.click()
        confirm_password(page)
        page.get_by_role("button", name="Remove it").click()
        expect(page.get_by_text("was removed")).to_be_visible()


def confirm_password(page: Page) -> None:
    """Enter it where it is asked for once more."""
    expect(page).to_have_title(re.compile("^(Is it you|Add a passkey|Remove a passkey)"))
    if page.get_by_role("heading", level=1, name="Is it you?").count():
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Continue").click()


def add_passkey(page: Page, name: str = "My phone") -> None:
    """From the page of passkeys."""
    page.goto("/account/passkeys/")
    page.get_by_role("link", name="Add a passkey").click()
    confirm_password(page)
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text(f"“{name}” was added.")).to_be_visible()
    keep_codes(page)


def keep_codes(page: Page) -> None:
    """The recovery codes that come with a first passkey."""
    page.get_by_role("link", name="I have kept them").click()


def choose(page: Page) -> None:
    """The first step; the second one is then open."""
    page.goto("/sharing/new/")
    who = page.get_by_label("Who may see your record?")
    who.select_option(label=who.locator("option", has_text=CLINIC).inner_text())
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", level=1, name="Check what you share")).to_be_visible()


def standing(page: Page) -> Any:
    """The grant's row among those that stand."""
    table = page.get_by_role("table", name="Who can see your record now")
    return table.get_by_role("row", name=CLINIC)


def past(page: Page) -> Any:
    """The newest of the grant's rows among those that have ended."""
    table = page.get_by_role("table", name="Who could see your record before")
    return table.get_by_role("row", name=CLINIC).first


def open_proof(page: Page, row: Any) -> None:
    """The page of a grant's proof, once it is sealed."""
    page.locator("#grants:not([hx-get])").wait_for(timeout=60_000)
    row.locator("summary").click()
    row.get_by_role("link", name="See the proof").click()
    expect(page.get_by_role("heading", level=2, name="What was allowed")).to_be_visible()


def check_proof(page: Page, folder: Path) -> None:
    """Keep the proof that is open, and have it checked by the verifier, without Salus."""
    with page.expect_download() as started:
        page.get_by_role("link", name="Download the proof").click()
    file, trust = folder / "proof.json", folder / "trust.json"
    started.value.save_as(file)
    trust.write_bytes(page.request.get("/.well-known/salus-trust.json").body())
    rpc = page.request.get("/readyz").json()["chain"]["rpc_url"]
    checked = proofs.verifier(file, trust, rpc)
    assert checked.returncode == 0, checked.stdout + checked.stderr


# -- passkeys --------------------------------------------------------------------------------------


def test_a_passkey_is_added_named_and_removed(
    patient: Page, device: VirtualAuthenticator, axe: Axe
) -> None:
    # Given somebody without a passkey, who finds the page in the menu of their account
    patient.locator(".menu-button-person").click()
    patient.get_by_role("link", name="Your account").click()
    patient.get_by_role("link", name="Passkeys").click()
    expect(patient.get_by_role("heading", name="You have no passkey here yet")).to_be_visible()
    axe(patient, phone=True)

    # When they want to add one, then the password is asked for
    patient.get_by_role("link", name="Add a passkey").click()
    expect(patient.get_by_role("heading", level=1, name="Is it you?")).to_be_visible()
    axe(patient, phone=True)
    confirm_password(patient)
    axe(patient, phone=True)

    # And when the device does not recognise them, then that is said, and can be tried again
    device.knows_person(False)
    patient.get_by_role("button", name="Add the passkey").click()
    trouble = patient.get_by_role("alert")
    expect(trouble).to_contain_text("You cancelled, or it took too long")
    expect(trouble).to_be_focused()
    axe(patient, phone=True)
    device.knows_person(True)
    patient.get_by_label("Name").fill("My phone")
    patient.get_by_role("button", name="Add the passkey").click()

    # Then the recovery codes are shown, this once, and it stands in the list
    expect(patient.get_by_text("“My phone” was added.")).to_be_visible()
    axe(patient, phone=True)
    keep_codes(patient)
    patient.goto("/account/passkeys/")
    expect(patient.get_by_text("Not used yet")).to_be_visible()
    axe(patient, phone=True)

    # And the same device is not added twice
    patient.get_by_role("link", name="Add a passkey").click()
    patient.get_by_role("button", name="Add the passkey").click()
    expect(patient.get_by_role("alert")).to_contain_text("has a passkey for your account already")

    # When it is renamed, then it is called that
    patient.goto("/account/passkeys/")
    patient.get_by_role("link", name="Rename").click()
    axe(patient)
    patient.get_by_label("Name").fill("Old phone")
    patient.get_by_role("button", name="Save").click()
    expect(patient.locator(".passkeys .event-title")).to_have_text("Old phone")

    # When it is removed, then it is gone
    patient.get_by_role("link", name="Remove Old phone").click()
    axe(patient)
    patient.get_by_role("button", name="Remove it").click()
    expect(patient.get_by_text("“Old phone” was removed.")).to_be_visible()
    expect(patient.get_by_role("heading", name="You have no passkey here yet")).to_be_visible()


def test_a_patient_shares_and_ends_with_a_passkey(
    patient: Page, device: VirtualAuthenticator, axe: Axe, tmp_path: Path
) -> None:
    # Given somebody who, about to share, learns of passkeys
    choose(patient)
    expect(patient.locator("blockquote")).to_have_text(SENTENCE)
    expect(patient.get_by_label("With a passkey of mine")).to_be_hidden()
    expect(patient.get_by_label("Let Salus record it for me")).to_be_checked()
    axe(patient, phone=True)
    patient.get_by_role("link", name="Add a passkey").click()
    confirm_password(patient)
    patient.get_by_role("button", name="Add the passkey").click()
    keep_codes(patient)

    # Then they are back at what they were about, which now is to be signed with it
    expect(patient.get_by_role("heading", level=1, name="Check what you share")).to_be_visible()
    expect(patient.get_by_label("With a passkey of mine")).to_be_checked()
    axe(patient, phone=True)

    # When the device does not recognise them, then nothing is shared, and that is said
    device.knows_person(False)
    patient.get_by_role("button", name="Sign and share").click()
    trouble = patient.get_by_role("alert")
    expect(trouble).to_contain_text("Your passkey was not used")
    expect(trouble).to_be_focused()
    axe(patient, phone=True)

    # When it does, then it is shared, and says who signed
    device.knows_person(True)
    patient.get_by_role("button", name="Sign and share").click()
    expect(patient.get_by_text(f"Shared with {CLINIC}.")).to_be_visible()
    expect(standing(patient)).to_contain_text("Signed by you")
    axe(patient, phone=True)

    # And so does its proof
    open_proof(patient, standing(patient))
    expect(patient.get_by_text("Signed by you, with a passkey")).to_be_visible()
    expect(patient.locator("blockquote")).to_have_text(SENTENCE)
    axe(patient, phone=True)
    check_proof(patient, tmp_path)

    # When they end it with the passkey as well
    patient.goto("/sharing/")
    standing(patient).get_by_role("link", name="End").click()
    axe(patient, phone=True)
    patient.get_by_text("Sign the end myself instead").click()
    expect(patient.locator("blockquote")).to_contain_text(f"{CLINIC} may no longer see")
    axe(patient, phone=True)
    patient.get_by_role("button", name="Sign, and end it now").click()

    # Then it is ended, and the proof tells both
    expect(patient.get_by_text(f"{CLINIC} can no longer see your record.")).to_be_visible()
    expect(past(patient)).to_contain_text("Signed by you")
    open_proof(patient, past(patient))
    expect(patient.get_by_role("heading", level=2, name="How it was ended")).to_be_visible()
    expect(patient.get_by_text("Signed by you, with a passkey")).to_have_count(2)
    axe(patient, phone=True)
    check_proof(patient, tmp_path)


def test_a_passkey_of_another_device_lets_one_choose_another_way(
    patient: Page, device: VirtualAuthenticator
) -> None:
    # Given somebody whose passkey is on a device that is not at hand
    add_passkey(patient)
    device.forget_all()
    choose(patient)

    # When they try to sign with it, then it is said that it did not work
    patient.get_by_role("button", name="Sign and share").click()
    expect(patient.get_by_role("alert")).to_contain_text("choose another way")

    # And when Salus records it for them, then it is shared
    patient.get_by_label("Let Salus record it for me").check()
    patient.get_by_role("button", name="Share", exact=True).click()
    expect(standing(patient)).to_contain_text("Recorded by Salus for you")


# -- wallets ---------------------------------------------------------------------------------------


def test_a_patient_shares_and_ends_with_a_wallet(
    patient: Page, chain_id: int, axe: Axe, tmp_path: Path
) -> None:
    # Given a wallet in the browser, which is on another network
    wallet = WalletExtension("Fox Wallet", knows={1, chain_id})
    wallet.install(patient)
    choose(patient)
    expect(patient.get_by_label("With my own wallet")).to_be_checked()
    expect(patient.get_by_text("Fox Wallet")).to_be_visible()
    axe(patient, phone=True)

    # When they sign with it
    patient.get_by_role("button", name="Sign and share").click()

    # Then it was asked for the account, the network and the signature, and it is shared
    expect(patient.get_by_text(f"Shared with {CLINIC}.")).to_be_visible()
    expect(standing(patient)).to_contain_text("Signed by you")
    assert list(dict.fromkeys(wallet.asked)) == [
        "eth_requestAccounts", "eth_chainId", "wallet_switchEthereumChain", "eth_signTypedData_v4",
    ]  # fmt: skip
    open_proof(patient, standing(patient))
    expect(patient.get_by_text("Signed by you, with your own wallet")).to_be_visible()
    patient.get_by_text("Show the wallet's address").click()
    expect(patient.get_by_text(wallet.soft.address.lower())).to_be_visible()
    axe(patient, phone=True)
    check_proof(patient, tmp_path)

    # When they end it with the wallet, then it is ended
    patient.goto("/sharing/")
    standing(patient).get_by_role("link", name="End").click()
    patient.get_by_text("Sign the end myself instead").click()
    axe(patient, phone=True)
    patient.get_by_role("button", name="Sign, and end it now").click()
    expect(patient.get_by_text(f"{CLINIC} can no longer see your record.")).to_be_visible()
    expect(past(patient)).to_contain_text("Signed by you")
    open_proof(patient, past(patient))
    check_proof(patient, tmp_path)


def test_one_of_several_wallets_is_chosen(patient: Page, chain_id: int, axe: Axe) -> None:
    # Given two wallets, one without a picture that may be shown
    first = WalletExtension("Fox Wallet", chain_id=chain_id)
    other = WalletExtension("Bear Wallet", "https://elsewhere.example/bear.png", chain_id=chain_id)
    for wallet in (first, other):
        wallet.install(patient)
    choose(patient)
    axe(patient, phone=True)

    # When the second is chosen, then it signs, and the first is asked nothing
    patient.get_by_label("Bear Wallet").check()
    patient.get_by_role("button", name="Sign and share").click()
    expect(patient.get_by_text(f"Shared with {CLINIC}.")).to_be_visible()
    assert first.asked == []
    assert "eth_signTypedData_v4" in other.asked


def test_what_a_wallet_does_not_do_is_said_in_plain_words(patient: Page, chain_id: int) -> None:
    wallet = WalletExtension("Fox Wallet", accounts=False)
    wallet.install(patient)
    choose(patient)
    trouble = patient.get_by_role("alert")

    def tried() -> Any:
        patient.get_by_role("button", name="Sign and share").click()
        return expect(trouble)

    # A wallet without an account, on an unknown network, that is declined
    tried().to_contain_text("showed Salus no account")
    wallet.accounts = True
    tried().to_contain_text(f"Choose the network with the number {chain_id}")
    wallet.knows.add(chain_id)
    wallet.declines = {"eth_signTypedData_v4"}
    tried().to_contain_text("You declined in your wallet")
    expect(trouble).to_be_focused()
    wallet.declines = {"eth_requestAccounts"}
    tried().to_contain_text("You declined in your wallet")

    # And a wallet whose signature is another's is refused by Salus itself
    wallet.declines = set()
    wallet.soft.sign = lambda typed_data: "0x" + "11" * 65  # type: ignore[method-assign]
    patient.get_by_role("button", name="Sign and share").click()
    expect(patient.get_by_role("alert").first).to_contain_text("not by that wallet")
    expect(patient.get_by_label("With my own wallet")).to_be_checked()

    # And without it, Salus records
    patient.get_by_label("Let Salus record it for me").check()
    patient.get_by_role("button", name="Share", exact=True).click()
    expect(standing(patient)).to_contain_text("Recorded by Salus for you")


# -- without JavaScript ----------------------------------------------------------------------------


def test_without_javascript_salus_records_it(
    patient: Page, visitors: Visitors, product: Product
) -> None:
    # Given a browser that runs no scripts, and somebody who has a passkey elsewhere
    VirtualAuthenticator(patient)
    add_passkey(patient)
    state = patient.context.storage_state()
    page = visitors.page(java_script_enabled=False, storage_state=state)

    # When they share, then there is one way, and it works
    choose(page)
    expect(page.get_by_role("radio")).to_have_count(1)
    page.get_by_role("button", name="Share", exact=True).click()
    expect(standing(page)).to_contain_text("Recorded by Salus for you")

    # And one click ends it
    standing(page).get_by_role("link", name="End").click()
    expect(page.get_by_text("Sign the end myself instead")).to_be_hidden()
    page.get_by_role("button", name="End it now").click()
    expect(page.get_by_text(f"{CLINIC} can no longer see your record.")).to_be_visible()

    # And where passkeys are added, it says what they need
    page.goto("/account/passkeys/add/")
    confirm_password(page)
    notice = page.locator("noscript .alert")
    assert "This needs JavaScript" in str(notice.text_content())
    assert notice.bounding_box()


def test_two_clicks_share_once(patient: Page) -> None:
    # Given the second step in two windows
    choose(patient)
    other = patient.context.new_page()
    other.goto(patient.url)

    # When both are sent
    for page in (patient, other):
        page.get_by_role("button", name="Share", exact=True).click()

    # Then it is shared once, and the second is told so
    expect(other.get_by_text("You share this already, until the same day.")).to_be_visible()
    expect(standing(other)).to_have_count(1)
