"""People and organisations."""

from uuid import uuid4

import factory
from allauth.account.models import EmailAddress

from accounts.models import Membership, Organisation, Role, User
from accounts.viewer import Viewer, viewer_for


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


def clinician(organisation: Organisation | None = None) -> Viewer:
    """A clinician of an organisation."""
    return member(Role.CLINICIAN, organisation, name="Dr Test")


def member(role: Role, organisation: Organisation | None = None, **more: object) -> Viewer:
    """Somebody who acts for an organisation in a role."""
    user = UserFactory(own_role="", **more)
    organisation = organisation or OrganisationFactory()
    Membership.objects.create(user=user, organisation=organisation, role=role)
    return viewer_for(user)


def with_address(viewer: Viewer) -> Viewer:
    """Somebody whose e-mail address is known to be theirs."""
    EmailAddress.objects.create(
        user=viewer.user, email=viewer.user.email, verified=True, primary=True
    )
    return viewer
