"""Members: invited by a manager, joined by who was invited, ended at once; and for whom one acts."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Invitation, Membership, Organisation, Role, User
from accounts.services.members import (
    invitation_accept,
    invitation_cancel,
    invitation_token,
    member_invite,
    membership_end,
)
from accounts.tasks import send_invitation
from accounts.viewer import NOBODY_ELSE, Viewer, viewer_for
from core.errors import Conflict, Forbidden, Invalid
from core.models import AuditEvent
from tests.factories.people import OrganisationFactory, UserFactory, enrol, member

pytestmark = pytest.mark.django_db
MEMBERS = "/organisation/members/"


@pytest.fixture
def manager() -> Viewer:
    return member(Role.MANAGER)


def place_of(viewer: Viewer) -> Organisation:
    assert viewer.organisation
    return viewer.organisation


def invited(manager: Viewer, email: str = "new@example.org", role: Role = Role.NURSE) -> Invitation:
    return member_invite(
        organisation=place_of(manager), email=email, role=role, user=manager.user, by=manager.actor
    )


def somebody(email: str = "new@example.org", *, verified: bool = True) -> User:
    user = UserFactory(email=email)
    EmailAddress.objects.create(user=user, email=email, verified=verified, primary=True)
    return user


def link(invitation: Invitation) -> str:
    return f"/invitations/{invitation.pk}/{invitation_token(invitation.pk)}/"


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


# -- inviting --------------------------------------------------------------------------------------


def test_an_invitation_is_mailed_with_a_link_and_nothing_else_of_note(
    manager, django_capture_on_commit_callbacks, monkeypatch
):
    asked: list[str] = []
    monkeypatch.setattr("accounts.services.members.send_invitation.delay", asked.append)
    with django_capture_on_commit_callbacks(execute=True):
        row = invited(manager, " New@Example.org ")
    assert asked == [str(row.pk)]
    send_invitation(asked[0])
    [sent] = mail.outbox
    assert sent.to == ["new@example.org"]
    assert link(row) in sent.body
    assert place_of(manager).name in sent.body


def test_one_that_was_taken_back_is_not_mailed(manager):
    row = invitation_cancel(invitation=invited(manager), by=manager.actor)
    send_invitation(str(row.pk))
    send_invitation(str(uuid4()))
    assert not mail.outbox


def test_a_second_invitation_takes_the_place_of_the_first(manager):
    first, second = invited(manager), invited(manager)
    first.refresh_from_db()
    assert (first.state, second.state) == ("cancelled", "open")


def test_a_role_that_such_an_organisation_does_not_have_is_refused(manager):
    with pytest.raises(Invalid):
        invited(manager, role=Role.PAYER)


def test_who_has_the_role_already_is_not_invited_to_it(manager):
    there = member(Role.NURSE, place_of(manager))
    with pytest.raises(Conflict):
        invited(manager, there.user.email)


# -- joining ---------------------------------------------------------------------------------------


def test_who_was_invited_joins_and_acts_there_at_once(client, manager):
    row, user = invited(manager), somebody()
    page = signed_in(client, user).get(link(row)).content.decode()
    assert "You are invited" in page
    assert client.post(link(row)).status_code == 302
    assert Membership.objects.get(user=user).role == Role.NURSE
    row.refresh_from_db()
    assert (row.state, row.accepted_by) == ("accepted", user)
    assert place_of(manager).name in client.get("/dashboard/").content.decode()
    names = set(AuditEvent.objects.values_list("name", flat=True))
    assert {"organisation.member-invited", "organisation.member-joined"} <= names


def test_a_link_works_once(client, manager):
    row, user = invited(manager), somebody()
    signed_in(client, user).post(link(row))
    assert client.get(link(row)).status_code == 404
    with pytest.raises(Conflict):
        invitation_accept(invitation=row, user=user, by=viewer_for(user).actor)


@pytest.mark.parametrize("whose", ["somebody else's", "not confirmed"])
def test_nobody_joins_with_an_address_that_is_not_theirs(client, manager, whose):
    row = invited(manager)
    user = somebody("other@example.org") if whose == "somebody else's" else somebody(verified=False)
    page = signed_in(client, user).get(link(row)).content.decode()
    assert "another address" in page
    assert client.post(link(row)).status_code == 403
    assert not Membership.objects.filter(user=user).exists()


def test_without_an_account_the_page_says_how_to_get_one(client, manager):
    page = client.get(link(row := invited(manager))).content.decode()
    assert "Create an account" in page
    assert client.post(link(row)).status_code == 200
    assert not Membership.objects.filter(role=Role.NURSE).exists()


def test_a_guessed_or_old_link_leads_nowhere(client, manager):
    row = invited(manager)
    wrong = f"/invitations/{row.pk}/{invitation_token(uuid4())}/"
    assert client.get(wrong).status_code == 404
    assert client.get(f"/invitations/{uuid4()}/{invitation_token(row.pk)}/").status_code == 404
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(link(row)).status_code == 404


# -- ending ----------------------------------------------------------------------------------------


def test_a_membership_that_ends_counts_no_more_and_can_begin_again(manager):
    nurse = member(Role.NURSE, place_of(manager))
    row = membership_end(membership=nurse.user.memberships.get(), by=manager.actor)
    assert viewer_for(nurse.user).roles == frozenset()
    assert membership_end(membership=row, by=manager.actor) == row
    EmailAddress.objects.create(user=nurse.user, email=nurse.user.email, verified=True)
    again = invited(manager, nurse.user.email)
    invitation_accept(invitation=again, user=nurse.user, by=nurse.actor)
    assert viewer_for(nurse.user).has(Role.NURSE)


def test_the_last_manager_stays(manager):
    with pytest.raises(Conflict):
        membership_end(membership=manager.user.memberships.get(), by=manager.actor)
    member(Role.MANAGER, place_of(manager))
    membership_end(membership=manager.user.memberships.get(), by=manager.actor)
    assert not viewer_for(manager.user).has(Role.MANAGER)


# -- the pages -------------------------------------------------------------------------------------


def test_a_manager_invites_and_takes_back_on_the_page(client, manager):
    signed_in(client, manager.user)
    assert client.post(MEMBERS, {"email": "a@example.org", "role": "nurse"}).status_code == 302
    page = client.get(MEMBERS).content.decode()
    assert "a@example.org" in page
    row = Invitation.objects.get()
    client.post(f"/organisation/invitations/{row.pk}/take-back/")
    assert "Take back" not in client.get(MEMBERS).content.decode()


@pytest.mark.parametrize(
    "sent", [{}, {"email": "x", "role": "nurse"}, {"email": "a@example.org", "role": "payer"}]
)
def test_a_wrong_invitation_is_said_at_its_field(client, manager, sent):
    answer = signed_in(client, manager.user).post(MEMBERS, sent)
    assert answer.status_code == 422
    assert "error-summary" in answer.content.decode()
    assert not Invitation.objects.exists()


def test_details_are_changed_on_the_page_and_wrong_ones_are_not(client, manager):
    signed_in(client, manager.user)
    wrong = client.post("/organisation/", {"name": "New name", "gln": "9521234500019"})
    assert wrong.status_code == 422
    assert "last digit" in wrong.content.decode()
    assert client.post("/organisation/", {"name": "New name"}).status_code == 302
    assert Organisation.objects.get().name == "New name"


@pytest.mark.parametrize("path", ["/organisation/", MEMBERS, "/organisation/keys/"])
def test_the_pages_are_for_managers_alone(client, manager, path):
    assert signed_in(client, manager.user).get(path).status_code == 200
    for viewer in (member(Role.CLINICIAN, place_of(manager)), member(Role.NURSE)):
        assert signed_in(client, viewer.user).get(path).status_code == 403


def test_another_organisation_s_members_and_invitations_are_not_there(client, manager):
    other = member(Role.MANAGER)
    row, membership = invited(other), other.user.memberships.get()
    signed_in(client, manager.user)
    assert client.post(f"/organisation/members/{membership.pk}/end/").status_code == 404
    assert client.post(f"/organisation/invitations/{row.pk}/take-back/").status_code == 404
    membership.refresh_from_db()
    assert membership.ended_at is None


def test_the_list_costs_the_same_for_any_number_of_members(client, manager, makes_queries):
    signed_in(client, manager.user)
    client.get(MEMBERS)
    for count in (1, 20):
        for _ in range(count):
            member(Role.NURSE, place_of(manager))
        with makes_queries(6):  # user, memberships, factor, acting, members, invitations
            client.get(MEMBERS)


# -- for whom one acts -----------------------------------------------------------------------------


@pytest.fixture
def both() -> tuple[User, Organisation, Organisation]:
    """Somebody who treats patients here and manages there, and is a patient besides."""
    user = UserFactory()
    here, there = OrganisationFactory(), OrganisationFactory()
    Membership.objects.create(user=user, organisation=here, role=Role.CLINICIAN)
    Membership.objects.create(user=user, organisation=there, role=Role.MANAGER)
    return enrol(user), here, there


def test_a_role_counts_where_it_was_given_alone(both):
    user, here, there = both
    assert viewer_for(user).roles == {"patient", "clinician"}
    assert viewer_for(user, acting_for=there.pk).roles == {"patient", "manager"}
    assert viewer_for(user, acting_for=NOBODY_ELSE).roles == {"patient"}
    assert viewer_for(user, acting_for=NOBODY_ELSE).organisation_ids == []
    assert viewer_for(user, acting_for=uuid4()).organisation == here


def test_the_choice_is_kept_for_the_session(client, both):
    user, here, there = both
    signed_in(client, user)
    assert client.get("/organisation/").status_code == 403
    assert client.post(f"/account/act-for/{there.pk}/").status_code == 302
    assert client.get("/organisation/").status_code == 200
    assert f"acting for {there.name}" in client.get("/dashboard/").content.decode()
    client.post(f"/account/act-for/{NOBODY_ELSE}/")
    assert "acting for" not in client.get("/dashboard/").content.decode()
    client.post(f"/account/act-for/{here.pk}/")
    assert f"acting for {here.name}" in client.get("/dashboard/").content.decode()


def test_nobody_acts_for_others_or_by_a_mere_link(client, both):
    user, _here, there = both
    signed_in(client, user)
    assert client.post(f"/account/act-for/{OrganisationFactory().pk}/").status_code == 404
    assert client.get(f"/account/act-for/{there.pk}/").status_code == 405
    membership_end(
        membership=member(Role.MANAGER, there).user.memberships.get(), by=viewer_for(user).actor
    )


def test_who_is_no_member_any_more_acts_for_somebody_else(client, both):
    user, here, there = both
    signed_in(client, user).post(f"/account/act-for/{there.pk}/")
    Membership.objects.filter(organisation=there).update(ended_at=timezone.now())
    assert f"acting for {here.name}" in client.get("/dashboard/").content.decode()


@pytest.mark.parametrize(
    ("header", "status"),
    [("", 200), (str(NOBODY_ELSE), 200), ("x", 400), (str(UUID(int=7)), 403)],
)
def test_programs_name_for_whom_they_act(client, both, header, status):
    user, _here, there = both
    signed_in(client, user)
    answer = client.get("/api/v1/me/", headers={"Salus-Acting-For": header} if header else {})
    assert answer.status_code == status
    if status == 200:
        assert (answer.json()["organisation"] is None) == bool(header)
    named = client.get("/api/v1/me/", headers={"Salus-Acting-For": str(there.pk)})
    assert named.json()["organisation"]["name"] == there.name


def test_an_accepting_stranger_is_told_in_words(manager):
    row = invited(manager)
    user = somebody("stranger@example.org")
    with pytest.raises(Forbidden, match="another e-mail address"):
        invitation_accept(invitation=row, user=user, by=viewer_for(user).actor)


@pytest.mark.parametrize("path", ["/account/", "/organisation/", MEMBERS, "/organisation/keys/"])
def test_without_a_sign_in_the_sign_in_page_comes(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/account/login/")


def test_without_a_sign_in_nobody_acts_for_anybody(client, manager):
    answer = client.post(f"/account/act-for/{place_of(manager).pk}/")
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/account/login/")


def test_a_signing_key_takes_the_password_once_more(client, manager):
    password = "a long password of a test"
    manager.user.set_password(password)
    manager.user.save()
    signed_in(client, manager.user)
    asked = client.post("/organisation/keys/make/")
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert not place_of(manager).keys.exists()
    client.post(asked["Location"], {"password": "wrong"})
    assert not place_of(manager).keys.exists()
    client.post(asked["Location"], {"password": password})
    assert place_of(manager).keys.get().number == 1
    assert "Key 1" in client.get("/organisation/keys/").content.decode()
