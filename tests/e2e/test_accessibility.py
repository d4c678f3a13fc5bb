"""axe on every page of every role, light and dark; the main ones on a phone as well."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browsing import Complaints, Visitors, sign_in

PageOf = Callable[[str], Page]
# Where an address is not known beforehand: the page to begin on, and the link to follow.
Page_ = str | tuple[str, str]

PUBLIC: list[Page_] = [
    "/account/login/",
    "/account/signup/",
    "/account/signup/passkey/",
    "/account/recovery/",
    "/demo/mail/",
    "/account/password/reset/",
    "/account/password/reset/done/",
    "/account/wallets/sign-in/",
    "/components/",
    "/api/docs/",
    "/nothing-here/",
    "/chain/batches/",
    "/chain/1/",
    "/chain/transactions/?before=00000000-0000-0000-0000-000000000000",
    "/chain/reorgs/",
]
PAGES: dict[str, list[Page_]] = {
    "patient": [
        "/my-health/readers/?own=1",
        ("/my-health/readers/", "main a[href$='/wrong/']"),
        ("/my-health/readers/", "main a[href*='/questions/']"),
        "/my-health/seals/",
        "/sharing/",
        ("/sharing/", "main a[href$='/end/']"),
        "/account/email/",
        "/account/password/change/",
        "/account/",
        "/account/name/",
        "/account/passkeys/",
        "/account/notices/",
        "/account/corrections/",
        "/notices/",
        "/account/wallets/",
        "/account/second-step/",
        "/account/sessions/",
        "/account/reauthenticate/",
        "/account/logout/",
        "/shipments/",  # a page that says 403
        "/patients/",
    ],
    "clinician": [
        "/dashboard/",
        ("/patients/", "main th a"),
        "/my-health/",  # of somebody without a record
    ],
    "registrar": ["/dashboard/", "/registration/", "/registration/merges/"],
    "payer": ["/dashboard/", ("/patients/", "main th a")],
    "researcher": ["/dashboard/", ("/patients/", "main th a")],
    "pharma": ["/dashboard/", "/shipments/", "/notices/"],
    "donor": ["/dashboard/"],
    "auditor": [
        "/dashboard/",
        "/audit/",
        "/audit/?what=nonsense",  # with errors
        "/audit/findings/",
        ("/audit/findings/", "main td a"),
        "/audit/rules/",
        "/audit/rules/after-hours/",
        "/audit/cases/",
        ("/audit/cases/", "main td a"),
    ],
    "administrator": ["/dashboard/", "/admin/"],
}
MAIN: list[tuple[str, Page_]] = [
    ("", "/"),
    ("", "/verify/"),
    ("", "/chain/"),
    ("", "/chain/transactions/"),
    ("", ("/chain/transactions/", "main tbody th a")),
    ("", "/chain/consents/"),
    ("", "/chain/contracts/"),
    ("auditor", "/chain/"),
    ("patient", "/dashboard/"),
    ("patient", "/my-health/"),
    ("patient", "/my-health/trends/"),
    ("patient", "/my-health/timeline/"),
    ("patient", "/my-health/readers/"),
    ("patient", "/sharing/new/"),
    ("clinician", "/patients/"),
    ("pharma", "/shipments/upload/"),
]
ALL = [
    *[(role, page, True) for role, page in MAIN],
    *[("", page, False) for page in PUBLIC],
    *[(role, page, False) for role, pages in PAGES.items() for page in pages],
]


def _name(value: object) -> str | None:
    return " then ".join(value) if isinstance(value, tuple) else None


@pytest.fixture(scope="module")
def complaints() -> Complaints:
    """What the browser says against the page that is looked at."""
    return Complaints()


@pytest.fixture(scope="module")
def page_of(browser: Browser, site: str, complaints: Complaints) -> Iterator[PageOf]:
    """One page for each role: nothing is done here, and a new one for each address takes longer."""
    visitors = Visitors(browser, site, complaints)
    pages: dict[str, Page] = {}

    def signed_in(role: str) -> Page:
        if role not in pages:
            pages[role] = visitors.page()
            if role:
                sign_in(pages[role], role)
        return pages[role]

    yield signed_in
    visitors.close()


@pytest.mark.parametrize(("role", "where", "phone"), ALL, ids=_name)
def test_nothing_to_object_to(
    page_of: PageOf,
    complaints: Complaints,
    axe: Callable[..., None],
    role: str,
    where: Page_,
    phone: bool,
) -> None:
    page = page_of(role)
    complaints.found.clear()
    address, link = (where, "") if isinstance(where, str) else where
    page.goto(address)
    if link:
        page.goto(str(page.locator(link).first.get_attribute("href")))
    axe(page, phone=phone)
    assert not complaints.found, complaints.found
