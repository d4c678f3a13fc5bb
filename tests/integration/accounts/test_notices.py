"""What people are told, when, how often, and how they choose."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.devices import COOKIE, devices_forget
from accounts.models import KnownDevice, Notice, NoticePreference, User
from accounts.notices import notify
from accounts.notices.preferences import Wanted, preference_set
from accounts.notices.presenters import shown
from accounts.notices.sending import notice_mail_send
from accounts.notices.telling import notices_forget
from accounts.passkeys import passkey_remove
from accounts.tokens import token_issue
from accounts.viewer import Viewer, viewer_for
from core.audit import Actor, pseudonym
from core.errors import Conflict, NotFound
from core.registry import registry
from records.models import Patient, Scope
from records.services.consents import consent_grant, consent_revoke
from tests.factories.people import OrganisationFactory, UserFactory, clinician, manager
from tests.factories.records import observation, patient, patient_with_record
from tests.factories.signing import SoftPasskey
from tests.integration.accounts.test_passkeys import add

pytestmark = pytest.mark.django_db
PASSWORD = "a long password of a test"


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def shared(registry) -> tuple[Viewer, Patient, Viewer, str]:
    """Somebody whose record a clinician may read: both, and the address of an entry."""
    about = patient()
    weight = observation(about)
    viewer, row, _ = patient_with_record(weight, about=about)
    doctor = clinician()
    grant(row, doctor.user, viewer)
    return viewer, row, doctor, f"/patients/{row.pk}/Observation/{weight['id']}/"


def grant(row: Patient, to: Any, by: Viewer, scope: Scope = Scope.EVERYTHING) -> Any:
    last_day = timezone.now().date() + timedelta(days=3)
    return consent_grant(patient=row, grantee=to, scope=scope, last_day=last_day, by=by)


def texts(user: User) -> list[str]:
    rows = Notice.objects.filter(user=user, in_app=True).order_by("created_at")
    return [one.text for one in shown(rows)]


# -- telling ---------------------------------------------------------------------------------------


def test_the_same_about_the_same_on_a_day_is_one_notice(user: User):
    for _ in range(3):
        notify(user, "passkey-added")
    row = Notice.objects.get()
    assert row.count == 3
    assert texts(user) == ["3 passkeys were added to your account."]


def test_another_day_or_another_thing_is_another_notice(user: User):
    notify(user, "export-ready", about="1")
    Notice.objects.update(day=timezone.now().date() - timedelta(days=1))
    notify(user, "export-ready", about="1")
    notify(user, "export-ready", about="2")
    assert Notice.objects.count() == 3


def test_what_happens_again_is_unread_again(user: User):
    notify(user, "export-ready", about="1")
    Notice.objects.update(read_at=timezone.now())
    notify(user, "export-ready", about="1")
    assert Notice.objects.get().read_at is None


def test_nobody_is_told_who_cannot_read_it(user: User):
    notify(UserFactory(is_active=False), "export-ready")
    notify(UserFactory(is_program=True), "export-ready")
    notify([], "export-ready")
    assert not Notice.objects.exists()


def test_a_type_that_nobody_registered_is_a_mistake_of_ours(user: User):
    with pytest.raises(ValueError, match="no notice type"):
        notify(user, "never-heard-of")


def test_telling_many_costs_the_same_as_telling_one(django_assert_num_queries):
    for people in ([UserFactory()], [UserFactory() for _ in range(20)]):
        # savepoint and its end, preferences, rows, counting, who ever had one
        with django_assert_num_queries(6):
            notify(people, "export-ready", by=Actor(people[0].pk))
        assert Notice.objects.filter(user__in=people, count=1).count() == len(people)


def test_the_last_one_is_named_and_the_others_are_counted(user: User):
    for name in ("Kim", "Lou"):
        notify(user, "record-shared", about="you", by=Actor(UserFactory(name=name).pk))
    assert texts(user) == ["Lou and 1 other person shared their records with you."]


def test_every_type_says_itself_in_words(user: User):
    for kind in registry.notice_types:
        about = "00000000-0000-0000-0000-000000000000"
        notify(user, kind.key, about=about, by=Actor(UserFactory(name="Kim").pk))
        notify(user, kind.key, about=about, by=Actor(UserFactory(name="Lou").pk))
    for one in shown(Notice.objects.filter(user=user)):
        assert "%(" not in one.text
        assert one.url.startswith("/")


# -- of a record -----------------------------------------------------------------------------------


def test_who_opens_a_record_is_told_of_once_a_day(client: Client, shared):
    viewer, row, doctor, url = shared
    client.force_login(doctor.user)
    for _ in range(3):
        assert client.get(url).status_code == 200
        assert client.get(f"/patients/{row.pk}/").status_code == 200
    assert texts(viewer.user) == ["Your record was read. See by whom."]
    second = clinician(doctor.organisation)
    grant(row, second.user, viewer)
    client.force_login(second.user)
    client.get(url)
    assert Notice.objects.get(user=viewer.user).count == 1


def test_a_reading_leaves_no_name_and_no_time_with_whose_record_it_was(
    client: Client, shared, django_capture_on_commit_callbacks
):
    viewer, _, doctor, url = shared
    client.force_login(doctor.user)
    EmailAddress.objects.create(user=viewer.user, email=viewer.user.email, verified=True)
    with django_capture_on_commit_callbacks(execute=True):
        client.get(url)
    row = Notice.objects.get(user=viewer.user)
    notice_mail_send(notice_id=row.pk)
    row.refresh_from_db()
    assert (row.actors, row.organisation_id, row.mail_state) == ([], None, "sent")
    for at in (row.created_at, row.last_at, row.mail_sent_at):
        assert at == datetime.combine(row.day, time(), UTC)
    client.force_login(viewer.user)
    page = client.get("/notices/").text
    assert "Your record was read" in page
    assert "event-facts" not in page  # at what time stands nowhere


def test_a_read_tells_nothing_once_it_is_known(
    client: Client, shared, django_capture_on_commit_callbacks
):
    viewer, _, doctor, url = shared
    client.force_login(doctor.user)
    with django_capture_on_commit_callbacks(execute=True):
        client.get(url)
    day = timezone.now().date()
    assert cache.get(f"notices:read:{pseudonym(shared[1].pk)}:{doctor.user.pk}:{day}") == 1
    Notice.objects.filter(user=viewer.user).delete()
    client.get(url)
    assert texts(viewer.user) == []


def test_who_reads_their_own_record_is_told_nothing(client: Client, shared):
    viewer, _, _, _ = shared
    client.force_login(viewer.user)
    client.get("/my-health/")
    assert not Notice.objects.filter(user=viewer.user).exists()


def test_looking_through_a_list_of_patients_tells_nobody(client: Client, shared):
    viewer, _, doctor, _ = shared
    client.force_login(doctor.user)
    client.get("/patients/")
    assert not Notice.objects.filter(user=viewer.user).exists()


def test_the_other_side_learns_that_sharing_began_and_ended(shared):
    viewer, row, doctor, _ = shared
    consent_revoke(consent=row.consents.get(), by=viewer)
    name = viewer.user.name
    assert texts(doctor.user) == [
        f"{name} shared their record with you.",
        f"{name} ended sharing something of their record.",
    ]


def test_an_organisation_learns_it_through_those_who_act_for_it(registry):
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), about=about)
    place = OrganisationFactory()
    doctor, boss, other = clinician(place), manager(place), clinician()
    grant(row, place, viewer)
    said = f"{viewer.user.name} shared their record with your organisation."
    assert texts(doctor.user) == texts(boss.user) == [said]
    assert texts(other.user) == []


# -- of an account ---------------------------------------------------------------------------------


def test_a_person_learns_of_passkeys_and_tokens(user: User):
    user.set_password(PASSWORD)
    user.save()
    passkey = add(user, SoftPasskey())
    passkey_remove(passkey=passkey, by=viewer_for(user).actor)
    token_issue(user=user, by=Actor.system("command"))
    types = Notice.objects.filter(user=user).order_by("created_at").values_list("type", flat=True)
    assert list(types) == ["passkey-added", "passkey-removed", "token-issued"]


@pytest.fixture
def known(user: User) -> User:
    """Somebody with a password and an address."""
    from allauth.account.models import EmailAddress

    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def sign_in(client: Client, user: User) -> None:
    answer = client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_a_new_device_is_told_of_and_a_known_one_is_not(known: User):
    usual, new = Client(), Client()
    sign_in(usual, known)
    usual.post("/account/logout/")
    sign_in(usual, known)
    assert texts(known) == []
    sign_in(new, known)
    [said] = texts(known)
    assert "a device that Salus had not seen before" in said
    assert KnownDevice.objects.filter(user=known).count() == 2


def test_the_mark_of_a_device_names_nobody_and_is_kept_as_a_hash(known: User):
    client = Client()
    sign_in(client, known)
    cookie = client.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie.value.encode() not in bytes(KnownDevice.objects.get().digest)


def test_what_is_old_is_forgotten(user: User):
    for days in (364, 366):
        notify(user, "export-ready", about=str(days))
        past = timezone.now() - timedelta(days=days)
        Notice.objects.filter(about=str(days)).update(last_at=past)
        KnownDevice.objects.create(
            user=user, digest=str(days).encode(), seen_at=past - timedelta(days=35)
        )
    assert (notices_forget(), devices_forget()) == (1, 1)
    assert Notice.objects.get().about == "364"
    assert (notices_forget(), devices_forget()) == (0, 0)


# -- choosing --------------------------------------------------------------------------------------


def test_what_was_switched_off_is_not_told(user: User):
    preference_set(user=user, type="export-ready", wanted=Wanted(in_app=False, by_mail=False))
    notify(user, "export-ready")
    assert not Notice.objects.exists()
    preference_set(user=user, type="export-ready", wanted=Wanted(in_app=False, by_mail=True))
    notify(user, "export-ready")
    assert texts(user) == []
    assert Notice.objects.get().mail_state == "queued"


def test_what_is_about_safety_cannot_be_switched_off(user: User):
    for kind in registry.notice_types:
        if not kind.can_be_off:
            wanted = Wanted(in_app=False, by_mail=False)
            with pytest.raises(Conflict):
                preference_set(user=user, type=kind.key, wanted=wanted)
    # Not even by a row that should not be there.
    NoticePreference.objects.create(user=user, type="passkey-added", in_app=False, by_mail=False)
    notify(user, "passkey-added")
    assert len(texts(user)) == 1
    with pytest.raises(NotFound):
        preference_set(user=user, type="nothing", wanted=Wanted(in_app=True, by_mail=True))


def test_the_page_of_preferences_keeps_what_was_ticked(client: Client, user: User):
    client.force_login(user)
    page = client.get("/account/notices/").content.decode()
    assert "Somebody read your record" in page
    assert "Shipment recorded" not in page
    answer = client.post("/account/notices/", {"app-export-ready": "on"})
    assert answer.status_code == 302
    row = NoticePreference.objects.get(user=user, type="export-ready")
    assert (row.in_app, row.by_mail) == (True, False)
    assert not NoticePreference.objects.filter(type="passkey-added").exists()


# -- the page --------------------------------------------------------------------------------------


def test_the_bell_counts_what_is_unread(client: Client, user: User):
    client.force_login(user)
    assert 'class="bell-count"' not in client.get("/account/").content.decode()
    notify(user, "export-ready", about="1")
    notify(user, "passkey-added")
    page = client.get("/account/")
    assert '<span class="bell-count">2' in page.content.decode()


def test_the_bell_costs_one_query_and_none_for_who_never_had_a_notice(
    client: Client, user: User, makes_queries
):
    client.force_login(user)
    client.get("/account/")
    with makes_queries(3):  # user, memberships, acting
        client.get("/account/")
    notify(user, "export-ready")
    with makes_queries(4):
        client.get("/account/")


def test_without_notices_the_page_says_what_will_stand_there(client: Client, user: User):
    client.force_login(user)
    assert b"No notices yet" in client.get("/notices/").content


def test_following_a_notice_reads_it(client: Client, user: User):
    notify(user, "export-ready")
    row = Notice.objects.get()
    client.force_login(user)
    answer = client.get(f"/notices/{row.pk}/")
    assert answer["Location"] == "/account/data/"
    assert Notice.objects.get().read_at is not None


def test_one_is_marked_or_all_that_were_shown(client: Client, user: User):
    client.force_login(user)
    for number in range(3):
        notify(user, "export-ready", about=str(number))
    first = Notice.objects.order_by("created_at").first()
    assert client.post(f"/notices/{first.pk}/read/").status_code == 302
    assert Notice.objects.filter(read_at=None).count() == 2
    newest = client.get("/notices/").context["newest"]
    notify(user, "passkey-added")
    client.post("/notices/read/", {"until": newest})
    assert Notice.objects.get(read_at=None).type == "passkey-added"
    client.post("/notices/read/", {"until": "soon"})
    assert not Notice.objects.filter(read_at=None).exists()


def test_somebody_elses_notice_is_not_there(client: Client, user: User):
    notify(UserFactory(), "export-ready")
    row = Notice.objects.get()
    client.force_login(user)
    assert client.get(f"/notices/{row.pk}/").status_code == 404
    assert client.post(f"/notices/{row.pk}/read/").status_code == 404
    assert client.post(f"/api/v1/me/notices/{row.pk}/read/").status_code == 404
    client.post("/notices/read/", {"until": timezone.now().isoformat()})
    assert Notice.objects.get().read_at is None


@pytest.mark.parametrize("path", ["", "read/", "00000000-0000-0000-0000-000000000000/"])
def test_without_a_sign_in_the_sign_in_page_comes(client: Client, path: str):
    answer = client.post(f"/notices/{path}") if path == "read/" else client.get(f"/notices/{path}")
    assert answer["Location"].startswith("/account/login/")


def test_all_pages_together_hold_each_notice_once(client: Client, user: User):
    client.force_login(user)
    now = timezone.now()
    for number in range(120):
        notify(user, "export-ready", about=str(number))
    # Many of one moment: the cursor must tell them apart.
    Notice.objects.filter(about__in=[str(n) for n in range(80)]).update(last_at=now)
    seen, path = list[Any](), "/notices/"
    while path:
        page = client.get(path)
        seen += [one.row.pk for day in page.context["days"] for one in day.notices]
        older = page.context["older"]
        path = f"/notices/?before={older}" if older else ""
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("cursor", ["x", "1", "1.x", "x.x", "9" * 40 + ".x", "-1.", "1e9.x"])
def test_a_cursor_that_is_none_counts_as_none(client: Client, user: User, cursor: str):
    client.force_login(user)
    notify(user, "passkey-added")
    page = client.get("/notices/", {"before": cursor})
    assert (page.status_code, len(page.context["days"])) == (200, 1)


def test_the_page_costs_the_same_however_much_is_on_it(client: Client, user: User, makes_queries):
    client.force_login(user)
    for count in (1, 20):
        for number in range(count):
            by = Actor(UserFactory().pk, OrganisationFactory().pk)
            notify(user, "record-shared", about=str(number), by=by)
        client.get("/notices/")
        # user, memberships, acting, notices, people, organisations, unread
        with makes_queries(7):
            client.get("/notices/")


# -- the API ---------------------------------------------------------------------------------------


def test_programs_read_and_mark_notices(client: Client, user: User):
    client.force_login(user)
    notify(user, "export-ready", about="1")
    notify(user, "passkey-added")
    assert client.get("/api/v1/me/").json()["unread_notices"] == 2
    [newest, oldest] = client.get("/api/v1/me/notices/").json()["results"]
    assert newest["text"] == "A passkey was added to your account."
    assert newest["read_at"] is None
    assert client.post(f"/api/v1/me/notices/{newest['id']}/read/").status_code == 204
    sent = {"until": oldest["last_at"]}
    answer = client.post("/api/v1/me/notices/read/", sent, "application/json")
    assert answer.json() == {"count": 1}
    wrong = client.post("/api/v1/me/notices/read/", {"until": "soon"}, "application/json")
    assert wrong.status_code == 400


def test_programs_choose_how_a_person_is_told(client: Client, user: User):
    client.force_login(user)
    listed = client.get("/api/v1/me/notice-preferences/").json()
    assert {one["type"] for one in listed} >= {"record-read", "export-ready"}
    url = "/api/v1/me/notice-preferences/"
    sent = {"in_app": True, "by_mail": False}
    changed = client.put(f"{url}export-ready/", sent, "application/json")
    assert (changed.status_code, changed.json()["by_mail"]) == (200, False)
    assert client.put(f"{url}passkey-added/", sent, "application/json").status_code == 409
    assert client.put(f"{url}nothing/", sent, "application/json").status_code == 404
