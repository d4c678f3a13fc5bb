"""The whole product, started once, and a real Chromium to look at it with."""

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from portal.stack.state import ROOT
from tests.e2e.accessibility import check
from tests.e2e.browsing import Complaints, Visitors, code_mailed_to, sign_in
from tests.e2e.product import Product

HERE = Path(__file__).parent
PageAs = Callable[..., Page]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None]:
    """Mark these tests, and run them last, after all that were shuffled.

    Playwright keeps an event loop in this thread, in which Django would refuse the database to
    the tests that follow.
    """
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("e2e")
    yield
    items.sort(key=lambda item: HERE in item.path.parents)


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """`script/server` with its demo; afterwards nothing of it may be left."""
    home = Path(tempfile.mkdtemp(prefix="salus-e2e-"))
    running = Product(home / "state")
    try:
        yield running.start()
        code, remains = running.stop(), running.remains()
        assert code == 0, running.output[-4000:]
        assert not remains, f"still running after SIGTERM: {remains}"
        assert not running.still_listening()
    finally:
        running.kill()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def site(product: Product) -> str:
    """The address of the running product."""
    return product.url


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path; its absence is an error where CI=true, and a loud skip elsewhere."""
    found = subprocess.run(
        [sys.executable, ROOT / "script" / "find_chromium"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode == 0:
        return found.stdout.strip()
    words = "NO CHROMIUM, so no browser tests. Install chromium and run script/setup."
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Playwright's driver."""
    expect.set_options(timeout=15_000)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(chromium: str, playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for all tests; each visitor has a profile of their own in it."""
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    launched = playwright.chromium.launch(
        executable_path=chromium, args=[*options, "--disable-dev-shm-usage"]
    )
    yield launched
    launched.close()


@pytest.fixture
def visitors(browser: Browser, site: str) -> Iterator[Visitors]:
    """Opens pages; a complaint of the browser about any of them fails the test."""
    complaints = Complaints()
    opened = Visitors(browser, site, complaints)
    yield opened
    opened.close()
    assert not complaints.found, "the browser complained:\n" + "\n".join(complaints.found)


@pytest.fixture
def visit(visitors: Visitors) -> PageAs:
    """A page of somebody who has not signed in: visit("/verify/")."""

    def open_page(path: str = "", **options: Any) -> Page:
        page = visitors.page(**options)
        if path:
            page.goto(path)
        return page

    return open_page


@pytest.fixture(scope="session")
def sessions() -> dict[str, Any]:
    """The cookies of demo people who have signed in, by role."""
    return {}


@pytest.fixture
def page_as(visitors: Visitors, sessions: dict[str, Any]) -> PageAs:
    """A page of somebody of the demo: page_as("patient", "/sharing/")."""

    def open_page(role: str, path: str = "", **options: Any) -> Page:
        if role not in sessions:
            first = visitors.page()
            sign_in(first, role)
            sessions[role] = first.context.storage_state()
        page = visitors.page(storage_state=sessions[role], **options)
        if path:
            page.goto(path)
        return page

    return open_page


@pytest.fixture
def newcomer(visit: PageAs) -> tuple[Page, str, str]:
    """Somebody who has just made an account with a password: page, address, password."""
    address, password = f"{secrets.token_hex(8)}@new.example", secrets.token_urlsafe(16)
    page = visit("/account/signup/")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password (again)").fill(password)
    page.get_by_role("button", name="Create the account").click()
    page.get_by_label("Code").fill(code_mailed_to(page, address))
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile("/dashboard/$"))
    return page, address, password


@pytest.fixture
def axe() -> Callable[..., None]:
    """Fails the test with what axe-core finds in a page: axe(page), axe(page, phone=True)."""
    return check
