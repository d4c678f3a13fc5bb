"""Queries that are compiled once give what querysets give."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from uuid import uuid4

import pytest
from django.db import DataError, connection, transaction
from django.db.models import QuerySet

from accounts.models import Membership, Organisation, Role
from core.prepared import Prepared, one_of, uuids
from tests.factories.people import OrganisationFactory, member

pytestmark = pytest.mark.django_db


def memberships(role: str, organisations: list[object]) -> QuerySet[Membership]:
    rows = Membership.objects.select_related("organisation", "user").defer("user__password")
    kept = rows.filter(role=role, ended_at=None)
    return kept.filter(one_of("organisation_id", uuids(organisations))).order_by("pk")  # type: ignore[arg-type]


PREPARED = Prepared(memberships, role="a role", organisations=[uuid4()])


def statements() -> list[tuple[str, int]]:
    """What this connection has prepared for the test, and how often it was run so."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, generic_plans + custom_plans FROM pg_prepared_statements "
            "WHERE statement LIKE '%accounts_membership%' AND statement LIKE '%a%ANY%'"
        )
        return cursor.fetchall()


def test_it_gives_the_models_that_the_queryset_gives(
    makes_queries: Callable[[int], AbstractContextManager[None]],
) -> None:
    # Given two members of one organisation and one of another
    ours = OrganisationFactory(name="Ours")
    nurse, other = member(Role.NURSE, ours), member(Role.NURSE)
    member(Role.BILLER, ours)

    # When they are looked for, then the models come with what belongs to them, in one query
    with makes_queries(1):
        [found] = PREPARED(role="nurse", organisations=[ours.pk])
        assert (found.organisation.name, found.user) == ("Ours", nurse.user)
    assert found.get_deferred_fields() == set()
    assert found.user.get_deferred_fields() == {"password"}

    # And with other values, of any number, the others
    places = [ours.pk, other.organisation.pk]  # type: ignore[union-attr]
    expected = list(memberships("nurse", places))
    assert PREPARED(role="nurse", organisations=places) == expected
    assert len(expected) == 2
    assert PREPARED(role="nurse", organisations=[]) == []


def test_it_is_planned_once_for_a_connection() -> None:
    for _ in range(3):
        PREPARED(role="nurse", organisations=[uuid4()])
    before = statements()
    PREPARED(role="payer", organisations=[uuid4(), uuid4()])
    [name, runs] = statements()[0]
    assert (name, runs) == (before[0][0], before[0][1] + 1)


def test_a_wrong_value_is_djangos_error_and_the_next_run_is_right() -> None:
    with pytest.raises(DataError), transaction.atomic():
        PREPARED(role="nurse", organisations=["no uuid"])
    assert PREPARED(role="nurse", organisations=[uuid4()]) == []


def test_a_sample_that_is_nowhere_in_the_query_is_a_mistake() -> None:
    forgotten = Prepared(lambda name: Organisation.objects.filter(name="constant"), name="a name")
    with pytest.raises(AssertionError, match="name"):
        forgotten(name="ours")


def test_what_somebody_types_stays_a_value() -> None:
    assert PREPARED(role="' OR true --", organisations=[uuid4()]) == []
