"""A person's own account in a browser: notices, tokens, the copy of everything, closing."""

import zipfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

PageAs = Callable[..., Page]
Axe = Callable[..., None]


def confirm(page: Page) -> None:
    """Enter the password once more, where it is asked for."""
    if "reauthenticate" in page.url:
        page.get_by_label("Password").fill("salus-demo")
        page.get_by_role("button", name="Continue").click()


def test_from_a_token_to_the_notice_that_tells_of_it(page_as: PageAs, axe: Axe) -> None:
    page = page_as("donor", "/account/")
    page.get_by_role("link", name="Tokens").click()
    expect(page.get_by_role("heading", name="No tokens yet")).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Make a token").click()
    confirm(page)
    axe(page, phone=True)
    page.get_by_role("button", name="Make the token").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    axe(page)
    page.get_by_label("Name", exact=True).fill("My script")
    page.get_by_label("Account: read").check()
    page.get_by_role("button", name="Make the token").click()
    token = page.locator("[data-copy-text]").inner_text()
    axe(page)
    headers = {"Authorization": f"Bearer {token}"}
    me = page.request.get("/api/v1/me/", headers=headers)
    assert me.json()["scopes"] == ["account:read"]
    assert page.request.get("/api/v1/consents/", headers=headers).status == 403
    page.goto("/account/tokens/")
    expect(page.get_by_text("from the network")).to_be_visible()
    axe(page, phone=True)
    page.get_by_role("link", name="End My script").click()
    axe(page)
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text("“My script” was ended.")).to_be_visible()
    assert page.request.get("/api/v1/me/", headers=headers).status == 401
    page.get_by_role("link", name="Notices 1 new").click()
    expect(page.get_by_role("link", name="A token was made")).to_be_visible()
    axe(page, phone=True)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("link", name="Notices", exact=True)).to_be_visible()
    page.get_by_role("link", name="Choose").click()
    axe(page, phone=True)
    page.get_by_label("Copy of your data, by e-mail").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.get_by_label("Copy of your data, by e-mail")).not_to_be_checked()


def test_a_patient_downloads_everything_about_them(
    page_as: PageAs, axe: Axe, tmp_path: Path
) -> None:
    page = page_as("patient", "/account/")
    page.get_by_role("link", name="Download everything about me").click()
    axe(page, phone=True)
    page.get_by_role("button", name="Make my copy").click()
    confirm(page)
    expect(page.get_by_role("heading", name="Your copy is ready")).to_be_visible(timeout=60_000)
    axe(page, phone=True)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download it").click()
    path = tmp_path / "copy.zip"
    download.value.save_as(path)
    with zipfile.ZipFile(path) as copy:
        assert copy.testzip() is None
        assert {"README.txt", "record/record.json", "record/proofs.zip"} <= set(copy.namelist())
    page.get_by_role("button", name="Delete it now").click()
    expect(page.get_by_role("button", name="Make my copy")).to_be_visible()


def test_closing_says_what_stays_and_takes_no_other_word(page_as: PageAs, axe: Axe) -> None:
    page = page_as("donor", "/account/close/")
    confirm(page)
    expect(page.get_by_role("heading", name="What stays")).to_be_visible()
    axe(page, phone=True)
    page.get_by_label("Type “close” to confirm").fill("no")
    page.get_by_role("button", name="Close my account").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was closed")
    axe(page)
