"""People and organisations."""

from uuid import uuid4

import factory

from accounts.models import Membership, Organisation, Role, User
from accounts.viewer import Viewer, viewer_for


class OrganisationFactory(factory.django.DjangoModelFactory):
    """A hospital."""

    class Meta:
        model = Organisation

    kind = Organisation.Kind.HOSPITAL
    name = factory.Sequence(lambda n: f"Hospital {n}")


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
    user = UserFactory(own_role="", name="Dr Test")
    organisation = organisation or OrganisationFactory()
    Membership.objects.create(user=user, organisation=organisation, role=Role.CLINICIAN)
    return viewer_for(user)


def manager(organisation: Organisation | None = None) -> Viewer:
    """Somebody who manages an organisation."""
    user = UserFactory(own_role="", name="Mo Manager")
    organisation = organisation or OrganisationFactory()
    Membership.objects.create(user=user, organisation=organisation, role=Role.MANAGER)
    return viewer_for(user)
