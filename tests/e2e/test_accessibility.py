"""axe on every page of every role, light and dark; the main ones on a phone as well."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

PageAs = Callable[..., Page]
# Where an address is not known beforehand: the page to begin on, and the link to follow.
Page_ = str | tuple[str, str]

PUBLIC: list[Page_] = [
    "/account/login/",
    "/account/signup/",
    "/account/password/reset/",
    "/account/password/reset/done/",
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
        "/sharing/",
        ("/sharing/", "main a[href$='/end/']"),
        "/account/email/",
        "/account/password/change/",
        "/account/passkeys/",
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
    "payer": ["/dashboard/", ("/patients/", "main th a")],
    "researcher": ["/dashboard/", ("/patients/", "main th a")],
    "pharma": ["/dashboard/", "/shipments/"],
    "donor": ["/dashboard/"],
    "auditor": ["/dashboard/", "/audit/"],
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


@pytest.mark.parametrize(("role", "where", "phone"), ALL, ids=_name)
def test_nothing_to_object_to(
    visit: PageAs, page_as: PageAs, axe: Callable[..., None], role: str, where: Page_, phone: bool
) -> None:
    page = page_as(role) if role else visit()
    address, link = (where, "") if isinstance(where, str) else where
    page.goto(address)
    if link:
        page.goto(str(page.locator(link).first.get_attribute("href")))
    axe(page, phone=phone)
