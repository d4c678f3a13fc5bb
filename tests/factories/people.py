"""People and organisations."""

import time
from contextlib import suppress
from typing import Any
from uuid import uuid4

import factory
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.login import _AUTHENTICATION_METHODS_USER_SESSION_KEY
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import Membership, Organisation, Role, User
from accounts.models.people import GUARDED_ROLES
from accounts.passkeys import passkey_add, passkey_options
from accounts.totp import PERIOD, totp_code, totp_enrol, totp_of
from accounts.viewer import Viewer, viewer_for
from core.audit import Actor
from core.errors import Invalid
from tests.factories.signing import SoftPasskey

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PASSWORD = "a long password of a test"


class OrganisationFactory(factory.django.DjangoModelFactory):
    """A hospital."""

    class Meta:
        model = Organisation

    kind = Organisation.Kind.HOSPITAL
    name = factory.Sequence(lambda n: f"Hospital {n}")
    verification = Organisation.Verification.VERIFIED


class UserFactory(factory.django.DjangoModelFactory):
    """A patient."""

    class Meta:
        model = User

    email = factory.LazyFunction(lambda: f"{uuid4().hex[:12]}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    own_role = Role.PATIENT
    password = "!"


def person(password: str = PASSWORD, **fields: Any) -> User:
    """Somebody who can sign in by hand: a password, and a confirmed address."""
    user = UserFactory(**fields)
    user.set_password(password)
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def add_passkey(user: User) -> SoftPasskey:
    """Give somebody a passkey; it answers as their device would."""
    soft = SoftPasskey()
    options, state = passkey_options(user)
    answer = soft.registration(options["challenge"])
    by = Actor.system("test")
    passkey_add(user=user, name="Phone", answer=answer, state=state, by=by)
    return soft


def code_now(steps: int = 0) -> str:
    """What the app of an enrolled person shows, or showed so many steps ago."""
    return totp_code(SECRET, time.time() + steps * PERIOD)


def enrol(user: User) -> User:
    """Give somebody an authenticator app, if they have none, with a code of a while ago."""
    if totp_of(user) is None:
        with suppress(Invalid):  # where a step ends meanwhile, the code is too old: once more
            _enrol_app(user)
        if totp_of(user) is None:
            _enrol_app(user)
        # That is no news: it is only what the role asks for.
        user.notices.filter(type="app-added").delete()
        User.objects.filter(pk=user.pk).update(has_notices=user.notices.exists())
    return user


def _enrol_app(user: User) -> None:
    totp_enrol(user=user, secret=SECRET, code=code_now(-1), by=Actor.system("test"))


def clinician(organisation: Organisation | None = None) -> Viewer:
    """A clinician of an organisation, with a second factor."""
    return member(Role.CLINICIAN, organisation, name="Dr Test")


def member(role: Role, organisation: Organisation | None = None, **more: object) -> Viewer:
    """Somebody who acts for an organisation, with a second factor."""
    user = UserFactory(own_role="", **more)
    organisation = organisation or OrganisationFactory()
    Membership.objects.create(user=user, organisation=organisation, role=role)
    return viewer_for(enrol(user))


def manager(organisation: Organisation | None = None) -> Viewer:
    """Somebody who manages an organisation."""
    return member(Role.MANAGER, organisation, name="Mo Manager")


class SalusClient(Client):
    """A browser whose `force_login` stands for every step of signing in.

    Who needs a second factor has one and has used it; `second_factor=False` leaves both as they are.
    """

    def force_login(
        self, user: Any, backend: str | None = None, *, second_factor: bool = True
    ) -> None:
        super().force_login(user, backend)
        if second_factor and _needs_factor(user):
            enrol(user)
            mark_proven(self, user)


def _needs_factor(user: User) -> bool:
    roles = {user.own_role, *user.memberships.values_list("role", flat=True)}
    return bool(roles & GUARDED_ROLES) or user.is_staff


def mark_proven(client: Client, user: User) -> None:
    """As if the second factor had been used in the client's session."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "mfa", "type": "totp", "at": time.time()}
    ]
    session[_AUTHENTICATION_METHODS_USER_SESSION_KEY] = str(user.pk)
    session.save()


def with_address(viewer: Viewer) -> Viewer:
    """Somebody whose e-mail address is known to be theirs."""
    EmailAddress.objects.create(
        user=viewer.user, email=viewer.user.email, verified=True, primary=True
    )
    return viewer
