"""Getting an account back: it waits, it is told, it is stopped, and nobody can talk it round."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import recovery as service
from accounts.models import Membership, Recovery, Role, User
from accounts.recovery import (
    recoveries_to_confirm,
    recovery_ask,
    recovery_confirm,
    recovery_round,
    unconfirmed,
)
from accounts.second_factor import has_second_factor
from accounts.tasks import recovery_round_task
from accounts.viewer import viewer_for
from core.errors import Conflict, Forbidden, NotFound
from core.models import AuditEvent
from tests.factories.people import (
    PASSWORD,
    OrganisationFactory,
    SalusClient,
    UserFactory,
    code_now,
    enrol,
    member,
    person,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_cache"),
]
LOGIN, STEP, ASK = "/account/login/", "/account/login/second-step/", "/account/recovery/ask/"
STATE = Recovery.State


@pytest.fixture
def user() -> User:
    """Somebody with a second factor, which they will have lost, and two addresses."""
    made = enrol(person())
    second = f"second-{made.email}"
    EmailAddress.objects.create(user=made, email=second, verified=True)
    EmailAddress.objects.create(user=made, email=f"false-{made.email}", verified=False)
    mail.outbox.clear()
    return made


@pytest.fixture
def pass_time(monkeypatch) -> Any:
    """Let so many hours go by."""
    gone = [timedelta()]
    real = timezone.now
    monkeypatch.setattr(service.timezone, "now", lambda: real() + gone[0])

    def go(hours: float) -> None:
        gone[0] += timedelta(hours=hours)

    return go


def ask(client: Client, user: User) -> Any:
    """Give the password, and say at the second step that everything is lost."""
    client.post(LOGIN, {"login": user.email, "password": PASSWORD})
    return client.post(ASK)


def link_in(what: str) -> str:
    """The newest link of that kind in the mails."""
    found = [re.search(rf"(/account/recovery/{what}/\S+)", str(m.body)) for m in mail.outbox]
    return [hit.group(1) for hit in found if hit][-1]


def state() -> str:
    return str(Recovery.objects.get().state)


# -- asking ----------------------------------------------------------------------------------------


def test_asking_writes_to_every_confirmed_address_and_grants_nothing(client: Client, user: User):
    page = ask(client, user).content.decode()
    assert "You have asked" in page
    assert sorted(m.to[0] for m in mail.outbox) == sorted([user.email, f"second-{user.email}"])
    assert "asks for access to your account" in mail.outbox[0].subject
    assert client.get("/account/").status_code == 302
    assert has_second_factor(user)
    assert AuditEvent.objects.get(name="account.recovery-asked").actor_id == user.pk


def test_without_the_password_nobody_asks(client: Client, user: User):
    client.post(LOGIN, {"login": user.email, "password": "wrong"})
    for send in (client.get, client.post):
        assert send(ASK)["Location"] == "/account/recovery/"
    assert not Recovery.objects.exists()


def test_asking_twice_is_asking_once(client: Client, user: User):
    ask(client, user)
    assert "You have asked" in client.post(ASK).content.decode()
    assert Recovery.objects.count() == 1
    with pytest.raises(Conflict):
        recovery_ask(user=user)


def test_asking_again_and_again_ends_for_the_day(client: Client, user: User):
    for _ in range(3):
        ask(client, user)
        Recovery.objects.update(state=STATE.STOPPED, ended_at=timezone.now())
    assert client.post(ASK).status_code == 429
    assert Recovery.objects.count() == 3


# -- waiting ---------------------------------------------------------------------------------------


def test_before_its_time_no_link_is_sent(client: Client, user: User, pass_time):
    ask(client, user)
    pass_time(71.9)
    recovery_round()
    assert state() == STATE.WAITING
    assert not any("/recovery/link/" in m.body for m in mail.outbox)


def test_each_day_it_is_told_again(client: Client, user: User, pass_time):
    ask(client, user)
    for day in range(2):
        pass_time(24)
        for _ in range(3):
            recovery_round_task()
        assert len(mail.outbox) == 2 * (day + 2)
    assert "still asked for" in mail.outbox[-1].subject


def test_who_waits_long_enough_enrols_anew(client: Client, user: User, pass_time):
    ask(client, user)
    pass_time(72.1)
    recovery_round()
    recovery_round()
    assert sum("/recovery/link/" in m.body for m in mail.outbox) == 2  # one for each address
    link = link_in("link")

    other = Client()
    assert other.get(link).status_code == 200
    answer = other.post(link, {"password": PASSWORD})
    assert answer["Location"] == "/account/second-step/"
    assert state() == STATE.USED
    assert not Authenticator.objects.filter(user=user).exists()
    # They are signed in, and may enrol without being asked again.
    assert other.get("/account/second-step/app/").status_code == 200
    # The link was good for once.
    assert Client().get(link).status_code == 404
    names = AuditEvent.objects.filter(name__contains="recovery").order_by("pk")
    assert list(names.values_list("name", flat=True)) == [
        "account.recovery-asked", "account.recovery-ready", "account.recovery-used",
    ]  # fmt: skip


def test_the_link_is_worth_nothing_without_the_password(client: Client, user: User, pass_time):
    ask(client, user)
    pass_time(72.1)
    recovery_round()
    link = link_in("link")
    for n, sent in enumerate([{}, {"password": ""}, {"password": "wrong"}]):
        assert Client(REMOTE_ADDR=f"203.0.113.{n}").post(link, sent).status_code == 422
    assert has_second_factor(user)
    assert state() == STATE.READY


def test_the_link_ends_after_a_day(client: Client, user: User, pass_time):
    ask(client, user)
    pass_time(72.1)
    recovery_round()
    link = link_in("link")
    pass_time(24.1)
    assert client.get(link).status_code == 404
    assert client.post(link, {"password": PASSWORD}).status_code == 404
    recovery_round()
    assert state() == STATE.EXPIRED


@pytest.mark.parametrize("kind", ["link", "stop"])
@pytest.mark.parametrize("token", ["x", "a:b:c", "%00", "x" * 300])
def test_a_link_that_was_made_up_leads_nowhere(client: Client, user: User, kind: str, token: str):
    ask(client, user)
    for send in (client.get, client.post):
        assert send(f"/account/recovery/{kind}/{token}/").status_code == 404
    assert state() == STATE.WAITING


# -- stopping --------------------------------------------------------------------------------------


def test_it_was_not_me_stops_it_and_locks_the_password(client: Client, user: User):
    ask(client, user)
    here = SalusClient()
    here.force_login(user)
    stop = link_in("stop")
    assert Client().get(stop).status_code == 200
    assert state() == STATE.WAITING
    assert "It is stopped" in Client().post(stop).content.decode()
    assert state() == STATE.STOPPED
    assert here.get("/account/").status_code == 302
    assert has_second_factor(user)
    thief = Client()
    thief.post(LOGIN, {"login": user.email, "password": PASSWORD})
    assert thief.post(ASK)["Location"] == "/account/recovery/"
    assert Client().post(stop).status_code == 404


def test_a_stopped_one_sends_no_link(client: Client, user: User, pass_time):
    ask(client, user)
    Client().post(link_in("stop"))
    pass_time(100)
    recovery_round()
    assert not any("/recovery/link/" in m.body for m in mail.outbox)


def test_even_the_link_can_still_be_stopped(client: Client, user: User, pass_time):
    ask(client, user)
    pass_time(72.1)
    recovery_round()
    link = link_in("link")
    Client().post(link_in("stop"))
    assert Client().post(link, {"password": PASSWORD}).status_code == 404


def test_signing_in_with_both_steps_stops_it(client: Client, user: User):
    ask(client, user)
    other = Client()
    other.post(LOGIN, {"login": user.email, "password": PASSWORD})
    assert state() == STATE.WAITING
    other.post(STEP, {"code": code_now()})
    assert other.get("/account/").status_code == 200
    assert state() == STATE.STOPPED
    assert "has ended" in mail.outbox[-1].subject


# -- members of organisations ------------------------------------------------------------------------


@pytest.fixture
def nurse(user: User) -> User:
    """The person as a member of an organisation with two managers."""
    Membership.objects.create(user=user, organisation=OrganisationFactory(), role=Role.NURSE)
    return user


def place_of(user: User) -> Any:
    return user.memberships.get().organisation


def test_time_alone_does_not_do_for_a_member(client: Client, nurse: User, pass_time):
    assert "A manager must confirm" in ask(client, nurse).content.decode()
    pass_time(200)
    recovery_round()
    assert state() == STATE.WAITING
    pass_time(24 * 31)
    recovery_round()
    assert state() == STATE.EXPIRED


def test_with_a_managers_word_it_goes_on(client: Client, nurse: User, pass_time):
    ask(client, nurse)
    manager = member(Role.MANAGER, place_of(nurse))
    recovery_confirm(recovery=Recovery.objects.get(), by=manager)
    recovery_round()
    assert state() == STATE.WAITING  # the word does not shorten the wait
    pass_time(72.1)
    recovery_round()
    assert state() == STATE.READY
    event = AuditEvent.objects.get(name="account.recovery-confirmed")
    assert (event.actor_id, event.organisation_id) == (manager.user.pk, place_of(nurse).pk)


def test_every_organisation_that_one_acts_for_must_say_it(client: Client, nurse: User):
    ask(client, nurse)
    first = member(Role.MANAGER, place_of(nurse))
    second = OrganisationFactory()
    Membership.objects.create(user=nurse, organisation=second, role=Role.NURSE)
    recovery_confirm(recovery=Recovery.objects.get(), by=first)
    assert list(unconfirmed(Recovery.objects.get())) == [second]


@pytest.mark.parametrize(
    ("role", "error"),
    [(Role.NURSE, Forbidden), (Role.CLINICIAN, Forbidden), (Role.PHARMA, Forbidden)],
)
def test_colleagues_who_are_no_managers_confirm_nothing(client: Client, nurse: User, role, error):
    ask(client, nurse)
    with pytest.raises(error):
        recovery_confirm(recovery=Recovery.objects.get(), by=member(role, place_of(nurse)))


def test_managers_of_other_places_and_administrators_confirm_nothing(client: Client, nurse: User):
    ask(client, nurse)
    row = Recovery.objects.get()
    with pytest.raises(NotFound):
        recovery_confirm(recovery=row, by=member(Role.MANAGER))
    boss = enrol(UserFactory(own_role=Role.ADMINISTRATOR, is_staff=True, is_superuser=True))
    with pytest.raises(Forbidden):
        recovery_confirm(recovery=row, by=viewer_for(boss))


def test_where_somebody_acted_once_nobody_is_asked_any_more(client: Client, nurse: User):
    # Given a member of two places who has left the first
    left = place_of(nurse)
    stayed = member(Role.MANAGER)
    assert stayed.organisation
    Membership.objects.create(user=nurse, organisation=stayed.organisation, role=Role.NURSE)
    nurse.memberships.filter(organisation=left).update(ended_at=timezone.now())
    ask(client, nurse)

    # When the managers of both look, then the second one alone is asked
    former = member(Role.MANAGER, left)
    assert not recoveries_to_confirm(former).exists()
    assert [row.user for row in recoveries_to_confirm(stayed)] == [nurse]
    assert list(unconfirmed(Recovery.objects.get())) == [stayed.organisation]


def test_a_manager_cannot_confirm_themselves(client: Client, user: User):
    Membership.objects.create(user=user, organisation=OrganisationFactory(), role=Role.MANAGER)
    ask(client, user)
    viewer = viewer_for(user)
    assert not recoveries_to_confirm(viewer).exists()
    with pytest.raises(NotFound):
        recovery_confirm(recovery=Recovery.objects.get(), by=viewer)


def test_the_managers_page_shows_and_confirms_after_asking_again(client: Client, nurse: User):
    ask(client, nurse)
    row = Recovery.objects.get()
    manager = member(Role.MANAGER, place_of(nurse)).user
    manager.set_password(PASSWORD)
    manager.save()
    EmailAddress.objects.create(user=manager, email=manager.email, verified=True, primary=True)
    page = SalusClient()
    page.force_login(manager)
    assert str(nurse) in page.get("/account/recoveries/").content.decode()
    confirm = f"/account/recoveries/{row.pk}/confirm/"
    assert page.post(confirm)["Location"].startswith("/account/reauthenticate/")
    page.post("/account/reauthenticate/", {"password": PASSWORD})
    assert page.post(confirm)["Location"] == "/account/recoveries/"
    assert "Nobody is waiting" in page.get("/account/recoveries/").content.decode()
    assert page.post(confirm).status_code == 404


def test_others_do_not_see_that_page(client: SalusClient, nurse: User):
    client.force_login(nurse)
    assert client.get("/account/recoveries/").status_code == 403
    client.force_login(member(Role.MANAGER).user, second_factor=False)
    assert client.get("/account/recoveries/").status_code == 403


def test_staff_have_no_page_on_which_to_reset_a_factor(client: SalusClient):
    client.force_login(UserFactory(own_role=Role.ADMINISTRATOR, is_staff=True, is_superuser=True))
    page = client.get("/admin/").content.decode()
    for word in ("authenticator", "recovery", "usersession"):
        assert f"/{word}/" not in page


def test_two_rounds_at_once_send_one_link(client: Client, user: User, pass_time):
    ask(client, user)
    pass_time(72.1)
    pk = Recovery.objects.get().pk

    def tend(_: int) -> None:
        service.recovery_tend(pk=pk)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(tend, range(2)))
    assert AuditEvent.objects.filter(name="account.recovery-ready").count() == 1
    assert state() == STATE.READY
