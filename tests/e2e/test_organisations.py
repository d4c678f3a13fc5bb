"""A manager invites somebody, who joins; and a doctor changes for whom they act."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.e2e.browsing import Visitors, set_up_app, sign_in
from tests.e2e.product import Product

PageAs = Callable[..., Page]
Axe = Callable[..., None]
WILLOW = "Willow Lane Family Practice (demo)"
HARBOUR = "Harbour General Hospital (demo)"
LINK = """
from accounts.models import Invitation
from accounts.services.members import invitation_token
row = Invitation.objects.latest("created_at")
print(f"LINK/invitations/{row.pk}/{invitation_token(row.pk)}/")
"""


def alone(visitors: Visitors, role: str) -> Page:
    """Signed in afresh: for whom they act is kept in the session, which others share."""
    page = visitors.page()
    sign_in(page, role)
    page.goto("/dashboard/")
    return page


def act_for(page: Page, name: str) -> None:
    """Choose in the page's head."""
    page.locator(".menu-button-person").click()
    page.get_by_role("button", name=name).click()


def test_a_doctor_changes_for_whom_they_act(visitors: Visitors, axe: Axe) -> None:
    # Given a doctor of a hospital, who manages a practice besides
    page = alone(visitors, "clinician")
    head = page.locator(".menu-button-person")
    expect(head).to_contain_text(f"acting for {HARBOUR}")
    expect(page.get_by_role("link", name="Our organisation")).to_have_count(0)

    # When they act for the practice, then the head says so, and its pages are there
    act_for(page, WILLOW)
    expect(head).to_contain_text(f"acting for {WILLOW}")
    page.get_by_role("link", name="Our organisation").click()
    expect(page.get_by_role("heading", level=1, name=WILLOW)).to_be_visible()
    axe(page, phone=True)

    # And for themselves alone there is no organisation, and no patient of one
    act_for(page, "Only yourself")
    expect(head).not_to_contain_text("acting for")
    expect(page.get_by_role("link", name="Patients")).to_have_count(0)
    axe(page)


def test_somebody_is_invited_and_joins(
    visitors: Visitors, page_as: PageAs, product: Product, newcomer: tuple[Page, str, str], axe: Axe
) -> None:
    # Given a manager, who invites somebody by e-mail
    nurse, address, password = newcomer
    manager = alone(visitors, "clinician")
    act_for(manager, WILLOW)
    manager.goto("/organisation/members/")
    manager.get_by_role("button", name="Send the invitation").click()
    expect(manager.get_by_text("There is a problem")).to_be_visible()
    manager.get_by_label("E-mail address").fill(address)
    manager.get_by_label("Role").select_option("nurse")
    manager.get_by_role("button", name="Send the invitation").click()
    expect(manager.get_by_text(f"An invitation is on its way to {address}.")).to_be_visible()
    axe(manager, phone=True)
    link = product.manage("shell", "-v", "0", "-c", LINK).split("LINK", 1)[1].strip()

    # When somebody else follows the link, then they are told that it is not for them
    other = page_as("pharma")
    other.goto(link)
    expect(other.get_by_text("This invitation was sent to another address.")).to_be_visible()
    axe(other)

    # But who was invited accepts it, and with a second step acts for the practice from then on
    nurse.goto(link)
    axe(nurse, phone=True)
    nurse.get_by_role("button", name="Accept").click()
    expect(nurse.get_by_text(f"You belong to {WILLOW} now.")).to_be_visible()
    expect(nurse.get_by_role("heading", level=1)).to_have_text("One more step before you begin")
    set_up_app(nurse, password, axe)
    nurse.goto("/dashboard/")
    expect(nurse.locator(".menu-button-person")).to_contain_text(f"acting for {WILLOW}")

    # Until the manager ends it
    manager.goto("/organisation/members/")
    row = manager.get_by_role("row", name=address)
    row.get_by_role("button", name=f"End {address}, Nurse").click()
    expect(manager.get_by_text("does not act for you as Nurse any more")).to_be_visible()
    nurse.goto("/dashboard/")
    expect(nurse.locator(".menu-button-person")).not_to_contain_text("acting for")
