"""Closing an account: at once, back within a month, emptied afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import IntegrityError
from django.test import Client
from django.utils import timezone

from accounts.closing import TIME_TO_RETURN, account_close, account_reopen, accounts_empty
from accounts.models import (
    ApiToken,
    DataExport,
    Invitation,
    KnownDevice,
    Membership,
    Notice,
    Role,
    User,
)
from accounts.notices import notify
from accounts.notices.sending import notice_mail_send
from accounts.passkeys import passkeys_of
from accounts.services.members import member_invite
from accounts.tokens import token_issue
from accounts.viewer import Viewer, viewer_for
from core.errors import Conflict
from core.models import AuditEvent
from records.models import Consent, EffectiveAccess, Patient, Scope, Version
from records.services.consents import consent_grant
from tests.factories.audit import told
from tests.factories.people import UserFactory, clinician, manager
from tests.factories.privacy import copy_of
from tests.factories.records import observation, patient, patient_with_record
from tests.factories.signing import SoftPasskey
from tests.integration.accounts.test_passkeys import add

pytestmark = pytest.mark.django_db
PASSWORD = "a long password of a test"


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path


def with_password(user: User) -> User:
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def user() -> User:
    return with_password(UserFactory(name="Robin Reader"))


@pytest.fixture
def person(registry) -> tuple[Viewer, Patient]:
    """Somebody with a record that they share."""
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), about=about)
    with_password(viewer.user)
    day = timezone.now().date() + timedelta(days=3)
    grantee = clinician().user
    consent_grant(patient=row, grantee=grantee, scope=Scope.RESULTS, last_day=day, by=viewer)
    return viewer, row


def sign_in(client: Client, user: User) -> Any:
    return client.post("/account/login/", {"login": user.email, "password": PASSWORD}, follow=True)


def closed(user: User, days: int = 0) -> User:
    account_close(by=viewer_for(user))
    past = timezone.now() - timedelta(days=days)
    User.objects.filter(pk=user.pk).update(closed_at=past)
    return User.objects.get(pk=user.pk)


# -- at once ---------------------------------------------------------------------------------------


def test_sessions_and_tokens_end_at_once(user: User, client: Client):
    sign_in(client, user)
    assert client.get("/account/").status_code == 200
    token = token_issue(user=user, by=viewer_for(user).actor)
    program = Client(headers={"Authorization": f"Bearer {token}"})
    assert program.get("/api/v1/me/").status_code == 200
    closed(user)
    assert client.get("/notices/").status_code == 302
    assert program.get("/api/v1/me/").status_code == 401
    account_reopen(user=user)
    # What was ended stays ended.
    assert client.get("/notices/").status_code == 302
    assert program.get("/api/v1/me/").status_code == 401


def test_what_was_shared_ends_and_the_record_stays(person: tuple[Viewer, Patient]):
    viewer, row = person
    versions = Version.objects.count()
    account_close(by=viewer)
    assert Consent.objects.get().status == Consent.Status.REVOKED
    own = EffectiveAccess.Reason.OWN
    assert not EffectiveAccess.objects.exclude(reason=own).exists()
    assert Version.objects.count() == versions
    account_reopen(user=viewer.user)
    assert not EffectiveAccess.objects.exclude(reason=own).exists()
    assert Patient.objects.get(pk=row.pk).account == viewer.user


def test_closing_twice_changes_nothing(user: User):
    first = closed(user, days=3).closed_at
    account_close(by=viewer_for(user))
    assert User.objects.get(pk=user.pk).closed_at == first
    assert AuditEvent.objects.filter(name="account.closed").count() == 1


def test_a_last_mail_says_so(user: User):
    closed(user)
    notice_mail_send(notice_id=Notice.objects.get(type="account-closed").pk)
    assert "within 30 days" in mail.outbox[0].body
    assert "Robin" not in mail.outbox[0].body


def test_a_copy_that_lay_ready_goes(user: User):
    copy_of(viewer_for(user))
    closed(user)
    assert DataExport.objects.get().state == "gone"


def test_an_account_that_is_closed_cannot_be_active(user: User):
    closed(user)
    with pytest.raises(IntegrityError):
        User.objects.update(is_active=True)


# -- back ------------------------------------------------------------------------------------------


def test_who_signs_in_is_offered_to_come_back(user: User, client: Client):
    closed(user)
    page = sign_in(client, user)
    assert page.redirect_chain[-1][0] == "/account/reopen/"
    assert "_auth_user_id" not in client.session
    assert User.objects.get(pk=user.pk).is_active is False  # asking is not yet coming back
    answer = client.post("/account/reopen/")
    assert answer["Location"] == "/account/login/"
    sign_in(client, user)
    assert client.session["_auth_user_id"] == str(user.pk)
    assert User.objects.get(pk=user.pk).closed_at is None
    assert AuditEvent.objects.filter(name="account.reopened", actor_id=user.pk).count() == 1


def test_without_the_password_nobody_comes_back(user: User, client: Client):
    closed(user)
    for send in (client.get, client.post):
        assert send("/account/reopen/")["Location"] == "/account/login/"
    client.post("/account/login/", {"login": user.email, "password": "wrong"})
    assert client.post("/account/reopen/")["Location"] == "/account/login/"
    assert User.objects.get(pk=user.pk).is_active is False


def test_after_a_month_nobody_is_offered_anything(user: User, client: Client):
    closed(user, days=TIME_TO_RETURN.days + 1)
    assert sign_in(client, user).redirect_chain[-1][0] == "/account/inactive/"
    with pytest.raises(Conflict):
        account_reopen(user=user)


def test_who_was_shut_out_by_staff_is_offered_nothing(user: User, client: Client):
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert sign_in(client, user).redirect_chain[-1][0] == "/account/inactive/"
    with pytest.raises(Conflict):
        account_reopen(user=User.objects.get(pk=user.pk))


# -- for good --------------------------------------------------------------------------------------


def test_after_a_month_the_person_is_gone_and_the_record_is_not(person: tuple[Viewer, Patient]):
    viewer, row = person
    user, versions = viewer.user, Version.objects.count()
    name, email = user.name, user.email
    add(user, SoftPasskey())
    token_issue(user=user, by=viewer.actor)
    notify(user, "export-ready")
    closed(user, days=TIME_TO_RETURN.days + 1)
    assert accounts_empty() == 1
    left = User.objects.get(pk=user.pk)
    assert name not in str(left.__dict__)
    assert email not in str(left.__dict__)
    assert str(left) == "Closed account"
    assert not left.has_usable_password()
    assert passkeys_of(left) == []
    for model in (ApiToken, EmailAddress, KnownDevice, Membership, Notice):
        assert not model.objects.filter(user=left).exists()
    assert Patient.objects.get(pk=row.pk).account is None
    assert not EffectiveAccess.objects.exists()
    assert Version.objects.count() == versions
    assert told(AuditEvent.objects.get(name="account.emptied")).target == str(user.pk)


def test_to_which_address_an_invitation_went_is_forgotten(user: User):
    boss = manager()
    assert boss.organisation is not None
    for number in range(2):
        EmailAddress.objects.create(user=user, email=f"{number}-{user.email}", verified=True)
        member_invite(
            organisation=boss.organisation, email=f"{number}-{user.email}", role=Role.NURSE,
            user=boss.user, by=boss.actor,
        )  # fmt: skip
    closed(user, days=TIME_TO_RETURN.days + 1)
    assert accounts_empty() == 1
    left = Invitation.objects.values_list("email", "state")
    assert set(left) == {(f"{user.pk}@closed.invalid", "cancelled")}


def test_emptying_is_safe_to_run_twice_and_spares_the_others(user: User):
    kept = closed(with_password(UserFactory()), days=TIME_TO_RETURN.days - 1)
    closed(user, days=TIME_TO_RETURN.days + 1)
    assert accounts_empty() == 1
    before = User.objects.get(pk=user.pk).emptied_at
    assert accounts_empty() == 0
    assert User.objects.get(pk=user.pk).emptied_at == before
    assert User.objects.get(pk=kept.pk).email == kept.email
    account_reopen(user=kept)


def test_two_emptied_accounts_do_not_get_in_each_others_way():
    for _ in range(2):
        closed(with_password(UserFactory()), days=TIME_TO_RETURN.days + 1)
    assert accounts_empty() == 2


# -- the page --------------------------------------------------------------------------------------


@pytest.fixture
def confirmed(client: Client, user: User) -> Client:
    """Somebody who has just entered the password once more."""
    client.force_login(user)
    assert client.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return client


def test_the_password_is_asked_for_first(client: Client, user: User):
    client.force_login(user)
    answer = client.post("/account/close/", {"word": "close"})
    assert answer["Location"].startswith("/account/reauthenticate/")
    assert User.objects.get(pk=user.pk).is_active


def test_the_page_says_what_stays(confirmed: Client):
    page = confirmed.get("/account/close/").content.decode()
    assert "Your health record stays with the clinics" in page
    assert "After 30 days" in page


@pytest.mark.parametrize("word", ["", "no", "clos", "close my account", "x" * 30])
def test_another_word_closes_nothing(confirmed: Client, user: User, word: str):
    answer = confirmed.post("/account/close/", {"word": word})
    assert answer.status_code == 422
    assert User.objects.get(pk=user.pk).is_active


def test_the_page_closes_and_signs_out(confirmed: Client, user: User):
    answer = confirmed.post("/account/close/", {"word": " Close "})
    assert answer.status_code == 200
    assert b"Your account is closed" in answer.content
    assert "_auth_user_id" not in confirmed.session
    assert User.objects.get(pk=user.pk).closed_at is not None


def test_a_name_is_changed_by_the_person(client: Client, user: User):
    client.force_login(user)
    assert client.post("/account/name/", {"name": " "}).status_code == 422
    assert client.post("/account/name/", {"name": "x" * 121}).status_code == 422
    assert client.post("/account/name/", {"name": "Robin Newname"}).status_code == 302
    assert User.objects.get(pk=user.pk).name == "Robin Newname"
    assert AuditEvent.objects.latest("pk").name == "account.name-changed"
