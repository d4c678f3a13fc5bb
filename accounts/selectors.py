"""Finding people and organisations by what everybody may know of them."""

from collections.abc import Iterable
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accounts.models import (
    CARE,
    Invitation,
    Membership,
    Organisation,
    OrganisationKey,
    Role,
    User,
)


def clinicians() -> QuerySet[User]:
    """Active people who treat patients, with the organisations for which they do."""
    treating = Membership.objects.filter(role__in=CARE, ended_at=None).select_related(
        "organisation"
    )
    people = User.objects.filter(is_active=True, is_program=False)
    rows = people.filter(memberships__in=treating).distinct()
    return rows.prefetch_related(Prefetch("memberships", treating)).order_by("name")


def organisations() -> QuerySet[Organisation]:
    """The organisations that were checked, by name."""
    rows = Organisation.objects.filter(verification=Organisation.Verification.VERIFIED)
    return rows.order_by("name")


def home_organisation() -> Organisation | None:
    """The organisation that runs this portal, if one is named."""
    return Organisation.objects.filter(home=True).first()


def people_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """What people are called, by id."""
    return {user.pk: str(user) for user in User.objects.filter(pk__in=set(ids))}


def organisation_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """What organisations are called, by id."""
    return dict(Organisation.objects.filter(pk__in=set(ids)).values_list("pk", "name"))


def members_of(organisation: Organisation) -> QuerySet[Membership]:
    """Who acts for an organisation now, by name; its programs stand with its tokens."""
    rows = organisation.memberships.filter(ended_at=None, user__is_program=False)
    rows = rows.select_related("user")
    return rows.order_by("user__name", "user__email", "role")


def invitations_of(organisation: Organisation) -> QuerySet[Invitation]:
    """The invitations that wait for an answer, newest first."""
    rows = organisation.invitations.filter(state=Invitation.State.OPEN)
    return rows.filter(expires_at__gt=timezone.now()).order_by("-created_at")


def keys_of(organisation: Organisation) -> QuerySet[OrganisationKey]:
    """The organisation's signing keys, newest first; old ones still check."""
    return organisation.keys.order_by("-number")


def verified_addresses(user: User) -> list[str]:
    """The e-mail addresses that a person has shown to be theirs, in lower case."""
    rows = EmailAddress.objects.filter(user=user, verified=True)
    return [address.lower() for address in rows.values_list("email", flat=True)]


def memberships_of(user: User) -> QuerySet[Membership]:
    """For whom a person may act, oldest first."""
    rows = user.memberships.filter(ended_at=None).select_related("organisation")
    return rows.order_by("created_at", "pk")


def people_acting(organisation: Organisation, *roles: Role) -> QuerySet[User]:
    """The people who act for an organisation now, in one of these roles where any are named."""
    acting = Membership.objects.filter(organisation=organisation, ended_at=None)
    if roles:
        acting = acting.filter(role__in=roles)
    people = User.objects.filter(is_active=True, is_program=False)
    return people.filter(memberships__in=acting).distinct()
