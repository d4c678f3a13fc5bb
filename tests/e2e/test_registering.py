"""From a chart to an account, and what a carer sees: in a real browser, ending in axe."""

import secrets
from collections.abc import Callable

from playwright.sync_api import Page, expect

from portal.demo.clinical.people import DEMO_PATIENT
from portal.demo.people import PASSWORD

PageAs = Callable[..., Page]
ROBIN = f"/patients/{DEMO_PATIENT}/"


def name() -> str:
    """A family name that no other run has used, and that sounds like none of them."""
    return "".join(secrets.choice("bdfglmnrst") + secrets.choice("aeiou") for _ in range(4)).title()


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.goto("/account/login/")
    page.locator("input[name=login]").fill(email)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")
    page.get_by_text("Signed in as", exact=True).wait_for(state="attached")


def register(page: Page, family: str, given: str = "Jo") -> str:
    """Fill in the form; gives the address of the page that follows."""
    page.goto("/registration/")
    page.get_by_role("link", name="Register a patient").click()
    page.get_by_label("Given names").fill(given)
    page.get_by_label("Family name").fill(family)
    page.get_by_label("Date of birth").fill("1987-05-04")
    page.get_by_label("Female").check()
    page.get_by_role("button", name="Register", exact=True).click()
    return page.url


def test_a_registered_patient_claims_their_record_with_the_printed_code(
    page_as: PageAs, newcomer: tuple[Page, str, str], axe: Callable[..., None]
) -> None:
    # Given a registrar who has written a patient down, and printed a code
    family = name()
    clerk = page_as("registrar", "/registration/new/")
    axe(clerk, phone=True)
    where = register(clerk, family)
    expect(clerk.get_by_role("heading", level=1)).to_have_text(f"Jo {family}")
    axe(clerk, phone=True)
    clerk.get_by_role("button", name="Make a code").click()
    code = clerk.locator(".code-words").inner_text()
    axe(clerk, phone=True)

    # When the person has an account and enters the code, first with a wrong date
    person, _, _ = newcomer
    person.goto("/my-health/")
    person.get_by_role("link", name="I have a code").click()
    person.get_by_label("Code").fill(code.lower())
    person.get_by_label("Family name").fill(family)
    person.get_by_label("date of birth").fill("1987-04-05")
    person.get_by_role("button", name="Open my record").click()
    expect(person.get_by_role("alert")).to_contain_text("do not fit together")
    axe(person, phone=True)
    person.get_by_label("date of birth").fill("1987-05-04")
    person.get_by_role("button", name="Open my record").click()

    # Then it is their record, and the registrar sees that it is in use
    expect(person.get_by_role("heading", level=1)).to_have_text("My health")
    expect(person.locator(".chart-facts")).to_contain_text(f"Jo {family}")
    axe(person)
    clerk.goto(where)
    expect(clerk.locator("main")).to_contain_text("In use by the patient")


def test_a_double_is_shown_before_it_is_made_and_merged_afterwards(
    page_as: PageAs, axe: Callable[..., None]
) -> None:
    # Given somebody who is registered already, with a mistake in the name
    family = name()
    clerk = page_as("registrar")
    register(clerk, family)
    expect(clerk.get_by_role("heading", level=1)).to_have_text(f"Jo {family}")

    # When a registrar writes them down again
    register(clerk, family, "Joe")
    expect(clerk.locator(".alike")).to_contain_text("Probably the same person")
    axe(clerk, phone=True)
    clerk.get_by_label("Why is this somebody else?").fill("A brother")
    clerk.get_by_role("button", name="register all the same").click()
    expect(clerk.get_by_role("heading", level=1)).to_have_text(f"Joe {family}")

    # Then both can be proposed to be one, and wait for a second person
    clerk.get_by_role("link", name="Merge with another record").click()
    clerk.get_by_label(f"Jo {family}").check()
    clerk.get_by_label("How do you know?").fill("No brother, a nickname")
    axe(clerk, phone=True)
    clerk.get_by_role("button", name="Propose the merge").click()
    axe(clerk, phone=True)
    clerk.locator("main tbody tr", has_text=family).get_by_role("link").click()
    expect(clerk.locator("main")).to_contain_text("You proposed it, so a second person confirms it")
    expect(clerk.get_by_role("button", name="Yes, merge them")).to_have_count(0)
    axe(clerk, phone=True)
    clerk.get_by_role("button", name="Take it back").click()
    expect(clerk.locator("main")).to_contain_text("Refused")


def test_a_carer_sees_whose_record_it_is_and_what_the_person_sees(
    page_as: PageAs, visit: PageAs, axe: Callable[..., None]
) -> None:
    # Given the demo's carer
    carer = visit()
    sign_in(carer, "carer@salus.example")
    carer.get_by_role("link", name="People I care for").click()
    axe(carer, phone=True)

    # When they open the record of the person for whom they care
    carer.get_by_role("link", name="Robin Example", exact=True).click()

    # Then each page says whose it is
    for page in ("", "trends/", "timeline/", "readers/", "sharing/", "sharing/new/"):
        carer.goto(ROBIN + page)
        expect(carer.get_by_role("note")).to_contain_text("This is the record of Robin Example")
    axe(carer, phone=True)
    carer.get_by_role("link", name="Switch to somebody else").click()
    expect(carer.get_by_role("heading", level=1)).to_have_text("People I care for")

    # And the person sees that they looked, and who may
    robin = page_as("patient", "/my-health/readers/")
    expect(robin.locator("main")).to_contain_text("Casey Helpworth")
    robin.goto("/sharing/")
    expect(robin.get_by_role("region", name="Parents, guardians and carers")).to_contain_text(
        "Casey Helpworth"
    )
    axe(robin, phone=True)


def test_a_person_names_a_carer_and_takes_it_back(
    page_as: PageAs, axe: Callable[..., None]
) -> None:
    robin = page_as("patient", "/sharing/")
    robin.get_by_role("link", name="Name a carer").click()
    axe(robin, phone=True)
    email = f"{secrets.token_hex(6)}@example.org"
    robin.get_by_label("Their e-mail address").fill(email)
    robin.get_by_role("button", name="Name them").click()
    row = robin.get_by_role("region", name="Parents, guardians and carers").locator(
        "tr", has_text=email
    )
    expect(row).to_contain_text("has not answered yet")
    row.get_by_role("link", name="End").click()
    axe(robin, phone=True)
    robin.get_by_role("button", name="End it now").click()
    expect(row).to_have_count(0)
