"""The patient decides: sharing opens the record at once, and ending it closes it at once."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from portal.demo.clinical.people import DEMO_PATIENT
from tests.e2e.product import Product

DOCTOR = "Dr Amal Haddad"
PHARMACY = "Corner House Pharmacy (demo)"
ROBIN = f"/patients/{DEMO_PATIENT}/"
EVERYTHING = "Everything in my record"
MEDICINES = "Only medicines, allergies and vaccinations"
PageAs = Callable[..., Page]
INK = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value) => value > 0);
}"""


@dataclass
class Entries:
    """One entry of the demo patient's record for each type of resource, by its page's address."""

    pages: dict[str, str]

    def page(self, type: str) -> str:
        return self.pages[type]

    def fhir(self, type: str) -> str:
        return f"/fhir/{type}/{self.pages[type].rstrip('/').rpartition('/')[2]}"


@pytest.fixture
def patient(page_as: PageAs) -> Iterator[Page]:
    """The demo patient's page; whatever was shared with the doctor is ended afterwards."""
    page = page_as("patient")
    end_sharing(page)
    yield page
    end_sharing(page)


@pytest.fixture
def doctor(page_as: PageAs) -> Page:
    return page_as("clinician")


@pytest.fixture
def entries(patient: Page) -> Entries:
    pages: dict[str, str] = {}
    for show in ("results", "medicines"):
        timeline = patient.request.get(f"/my-health/timeline/?show={show}").text()
        for address, type in re.findall(rf'"({ROBIN}(\w+)/[^/"]+/)"', timeline):
            pages.setdefault(type, address)
    return Entries(pages)


@pytest.fixture(scope="session")
def bearer(product: Product) -> dict[str, str]:
    """The headers of a program that acts for the clinician."""
    token = product.manage("issue_token", "clinician@salus.example").strip()
    return {"Authorization": f"Bearer {token}"}


def share(patient: Page, *, scope: str = EVERYTHING, to: str = DOCTOR) -> None:
    """Fill in the form as a person would."""
    patient.goto("/sharing/")
    patient.get_by_role("link", name="Share my record").click()
    who = patient.get_by_label("Who may see your record?")
    who.select_option(label=who.locator("option", has_text=to).inner_text())
    patient.get_by_label(scope).check()
    patient.get_by_role("button", name="Continue").click()
    expect(patient.locator("blockquote")).to_contain_text(f"I let {to} see this until")
    patient.get_by_label("Let Salus record it for me").check()
    patient.get_by_role("button", name="Share", exact=True).click()
    expect(patient.get_by_text(f"Shared with {to}.")).to_be_visible()


def end_sharing(patient: Page, *, with_: str = DOCTOR) -> None:
    """End whatever is shared with the doctor."""
    patient.goto("/sharing/")
    while (links := patient.get_by_role("link", name=f"End sharing with {with_}")).count():
        links.first.click()
        patient.get_by_role("button", name="End it now").click()
        expect(patient.get_by_text(f"{with_} can no longer see your record.")).to_be_visible()


def status(page: Page, address: str, headers: dict[str, str] | None = None) -> int:
    """What a person's browser, or a program with a token, is answered."""
    return int(page.request.get(address, headers=headers or {}, max_redirects=0).status)


def times_read(patient: Page) -> int:
    """How often the doctor looked, as the patient is told."""
    patient.goto("/my-health/readers/")
    rows = patient.locator(".event-list li", has_text=DOCTOR)
    found: list[str] = rows.all_inner_texts()
    return sum(int(n) for text in found for n in re.findall(r"(\d+) times", text)) + sum(
        text.lower().count("once") for text in found
    )


def test_a_patient_shares_with_a_doctor_sees_the_doctor_read_and_takes_it_back(
    patient: Page,
    doctor: Page,
    entries: Entries,
    bearer: dict[str, str],
    visit: PageAs,
    axe: Callable[..., None],
) -> None:
    observation = entries.fhir("Observation")
    # The API of a program that holds nothing but the doctor's token.
    program = visit()
    pages = [ROBIN, f"{ROBIN}timeline/", f"{ROBIN}trends/", entries.page("Observation")]
    interfaces = [observation, f"{observation}/$proof"]

    def answers() -> list[int]:
        by_session = [status(doctor, address) for address in [*pages, *interfaces]]
        return by_session + [status(program, address, bearer) for address in interfaces]

    # Given a doctor who was not let in: there is nothing for them, and nothing in their list
    assert set(answers()) == {404}
    doctor.goto("/patients/")
    expect(doctor.get_by_role("link", name="Robin Example")).to_have_count(0)
    before = times_read(patient)

    # When the patient shares everything
    share(patient)

    # Then the doctor finds the patient in the list and sees the record, with its trend drawn
    doctor.goto("/patients/")
    doctor.get_by_role("link", name="Robin Example").click()
    expect(doctor.get_by_role("heading", level=1, name="Robin Example")).to_be_visible()
    expect(doctor.locator(".entry-list a").first).to_be_visible()
    chart = doctor.locator("salus-chart[data-ready] canvas").first
    expect(chart).to_be_visible()
    assert chart.evaluate(INK), "the trend's picture is empty"
    axe(doctor, phone=True)
    doctor.get_by_role("link", name="Timeline").click()
    expect(doctor.locator(".event-list li").first).to_be_visible()
    axe(doctor)
    doctor.get_by_role("link", name="Trends").click()
    expect(doctor.locator("salus-chart[data-ready] canvas").first).to_be_visible()
    axe(doctor)
    doctor.goto(entries.page("Observation"))
    expect(doctor.get_by_text("Can this be checked?")).to_be_visible()
    axe(doctor)

    # And so does a program with the doctor's token
    assert set(answers()) == {200}
    read = program.request.get(observation, headers=bearer)
    assert read.json()["id"] == observation.rpartition("/")[2]

    # And the patient is told that the doctor looked
    assert times_read(patient) > before
    axe(patient)

    # When the patient takes it back
    end_sharing(patient)

    # Then all of it is closed to the doctor at once
    assert set(answers()) == {404}
    doctor.goto("/patients/")
    expect(doctor.get_by_role("link", name="Robin Example")).to_have_count(0)
    answer = doctor.goto(ROBIN)
    assert answer is not None
    assert answer.status == 404
    axe(doctor)
    # And the patient sees that it was ended
    patient.goto("/sharing/")
    past = patient.get_by_role("table", name="Who could see your record before")
    expect(past.get_by_role("row", name=DOCTOR).first).to_contain_text("Ended by you")


def test_sharing_only_medicines_keeps_measurements_hidden(
    patient: Page, doctor: Page, entries: Entries, bearer: dict[str, str]
) -> None:
    # When the patient shares medicines, allergies and vaccinations alone
    share(patient, scope=MEDICINES)

    # Then the doctor sees medicines, and of the measurements nothing
    doctor.goto(ROBIN)
    expect(doctor.locator('.entry-list a[href*="/MedicationRequest/"]').first).to_be_visible()
    expect(doctor.locator('main a[href*="/Observation/"]')).to_have_count(0)
    expect(doctor.locator("salus-chart")).to_have_count(0)
    doctor.goto(f"{ROBIN}timeline/")
    expect(doctor.locator('main a[href*="/Immunization/"]').first).to_be_visible()
    expect(doctor.locator('main a[href*="/Observation/"]')).to_have_count(0)
    doctor.goto(f"{ROBIN}trends/")
    expect(doctor.get_by_text("Nothing to draw yet")).to_be_visible()

    # And the same holds for single entries, by page and by FHIR
    assert status(doctor, entries.page("MedicationRequest")) == 200
    assert status(doctor, entries.fhir("MedicationRequest"), bearer) == 200
    assert status(doctor, entries.page("Observation")) == 404
    assert status(doctor, entries.fhir("Observation"), bearer) == 404
    assert status(doctor, f"{entries.fhir('Observation')}/$proof", bearer) == 404


def test_a_form_that_was_not_filled_in_says_what_is_missing(
    patient: Page, axe: Callable[..., None]
) -> None:
    # Given the form without a choice of whom to share with, and with a day that has passed
    patient.goto("/sharing/new/")
    patient.get_by_label("Until when?").fill("2020-01-31")

    # When it is sent
    patient.get_by_role("button", name="Continue").click()

    # Then the page says what is wrong, the focus is there, and the words lead to the field
    summary = patient.get_by_role("alert")
    expect(summary).to_contain_text("There is a problem")
    expect(summary).to_be_focused()
    assert patient.title().startswith("Error:")
    summary.get_by_role("link").first.click()
    expect(patient.get_by_label("Who may see your record?")).to_be_focused()
    axe(patient, phone=True)


def test_a_decision_is_sealed_and_its_proof_is_the_patients_alone(
    patient: Page, doctor: Page, axe: Callable[..., None]
) -> None:
    # Given something that was shared
    share(patient)
    standing = patient.get_by_role("table", name="Who can see your record now")
    row = standing.get_by_role("row", name=DOCTOR)

    # When its seal is final, some seconds later
    _reload_until(patient, row.locator("details.anchored[data-state=final]"))

    # Then the badge says in words what that means, and leads to the proof
    badge = row.locator("details.anchored")
    badge.locator("summary").click()
    expect(badge).to_contain_text("can change this without it showing")
    badge.get_by_role("link", name="See the proof").click()
    expect(patient.get_by_role("link", name="Download the proof")).to_be_visible()
    axe(patient)
    # And to the doctor, who is named in it, it is not there
    assert status(doctor, patient.url) == 404


def test_a_record_is_shared_and_closed_without_javascript(page_as: PageAs) -> None:
    # Given a browser that runs no scripts
    page = page_as("patient", java_script_enabled=False)

    # Then deciding works all the same
    end_sharing(page, with_=PHARMACY)
    share(page, to=PHARMACY)
    end_sharing(page, with_=PHARMACY)


def _reload_until(page: Page, wanted: Any) -> None:
    for _ in range(60):
        if wanted.count():
            return
        page.wait_for_timeout(500)
        page.reload()
    raise AssertionError("not sealed after 30 s")
