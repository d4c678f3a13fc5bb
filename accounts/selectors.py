"""Finding people and organisations by what everybody may know of them."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Membership, Organisation, Role, User


def clinicians() -> QuerySet[User]:
    """Active people who act as clinicians, with their organisations."""
    acting = User.objects.filter(is_active=True, is_program=False)
    rows = acting.filter(memberships__role=Role.CLINICIAN).distinct()
    return rows.prefetch_related("memberships__organisation").order_by("name")


def organisations() -> QuerySet[Organisation]:
    """All organisations, by name."""
    return Organisation.objects.order_by("name")


def home_organisation() -> Organisation | None:
    """The organisation that runs this portal, if one is named."""
    return Organisation.objects.filter(home=True).first()


def people_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """What people are called, by id."""
    return {user.pk: str(user) for user in User.objects.filter(pk__in=set(ids))}


def organisation_names(ids: Iterable[UUID]) -> dict[UUID, str]:
    """What organisations are called, by id."""
    return dict(Organisation.objects.filter(pk__in=set(ids)).values_list("pk", "name"))


def memberships_of(user: User) -> QuerySet[Membership]:
    """For whom a person may act, oldest first."""
    return user.memberships.select_related("organisation").order_by("created_at", "pk")
