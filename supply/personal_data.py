"""What the supply chain holds of a person: which shipments they handed in."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.personal_data import ROWS, json_list
from core.registry import Content, PersonalData
from supply.models import Shipment


def _theirs(user_id: UUID) -> QuerySet[Shipment]:
    return Shipment.objects.filter(Q(created_by=user_id) | Q(confirmed_by=user_id))


def _export(user_id: UUID) -> Iterator[tuple[str, Content]]:
    rows = _theirs(user_id).order_by("created_at").values(
        "id", "sender__name", "state", "package_count", "created_at", "confirmed_at", "recorded_at"
    )  # fmt: skip
    if rows.exists():
        yield from json_list("shipments.json", rows.iterator(ROWS))


def _size(user_id: UUID) -> int:
    return 2 + _theirs(user_id).count() // ROWS


def _empty(user_id: UUID) -> None:
    """The shipments are the organisation's."""
    Shipment.objects.filter(created_by=user_id).update(created_by=None)
    Shipment.objects.filter(confirmed_by=user_id).update(confirmed_by=None)


PERSONAL_DATA = PersonalData(
    key="shipments",
    label=_("Shipments that you handed in"),
    order=30,
    stays="",
    models=frozenset({Shipment}),
    size=_size,
    export=_export,
    empty=_empty,
)
