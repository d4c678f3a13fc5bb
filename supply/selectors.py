"""What is read of shipments: always through a viewer's organisation, or of one given shipment."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Case, Max, Min, OuterRef, Q, QuerySet, Subquery, When
from django.utils import timezone

from accounts.models import Organisation
from chain.models import AnchorState, Commitment
from supply.models import EpcisEvent, Item, Product, Shipment, ShipmentLine, ShipmentState
from supply.uploads import Packages

CHUNK = 10_000  # serials that are looked up at once

# The least advanced first: a shipment is as far as the last of its events.
ANCHOR_STATES = (AnchorState.QUEUED, AnchorState.SENT, AnchorState.MINED, AnchorState.FINAL)


def shipments_of(organisation: Organisation) -> QuerySet[Shipment]:
    """An organisation's shipments, the newest first, with how far their seals are."""
    rows = Shipment.objects.filter(sender=organisation).select_related("sender", "recipient")
    return with_anchors(rows).order_by("-created_at", "-id")


def with_anchors(rows: QuerySet[Shipment]) -> QuerySet[Shipment]:
    """Add `anchor` (a place in ANCHOR_STATES; None without events) and `sealed_at`."""
    of_batch = [
        When(commitment__batch__state=state, then=place)
        for place, state in enumerate(ANCHOR_STATES)
    ]
    # A commitment that is in no batch yet waits, as one in a queued batch does.
    rank = Min(Case(When(commitment__batch=None, then=0), *of_batch))
    events = EpcisEvent.objects.filter(shipment=OuterRef("pk")).order_by().values("shipment")
    return rows.annotate(
        anchor=Subquery(events.annotate(rank=rank).values("rank")),
        sealed_at=Subquery(events.annotate(at=Max("commitment__batch__final_at")).values("at")),
    )


def lines_of(shipment: Shipment) -> QuerySet[ShipmentLine]:
    """A shipment's lines in the file's order, with what each of them is about."""
    rows = ShipmentLine.objects.filter(shipment=shipment)
    related = ("product", "recipient", "event__commitment__batch")
    return rows.select_related(*related).defer("event__document", "event__commitment__batch__nodes")


def shipping_events(shipment: Shipment) -> QuerySet[EpcisEvent]:
    """A recorded shipment's departures, one for each destination."""
    rows = EpcisEvent.objects.filter(shipment=shipment, kind=EpcisEvent.Kind.SHIPPING)
    related = rows.select_related("recipient", "commitment__batch").order_by("to_gln")
    return related.defer("document", "commitment__batch__nodes")


def documents_of(shipment: Shipment) -> Iterator[bytes]:
    """The canonical bytes of a shipment's events: what was made in the file's order, then sent."""
    rows = EpcisEvent.objects.filter(shipment=shipment).order_by("kind", "line__row", "to_gln")
    return (bytes(found) for found in rows.values_list("document", flat=True).iterator(100))


def event_document(commitment: Commitment, organisations: Collection[UUID]) -> bytes | None:
    """The bytes of a commitment's event, if one of the organisations wrote or receives it."""
    theirs = Q(organisation__in=organisations) | Q(recipient__in=organisations)
    rows = EpcisEvent.objects.filter(theirs, commitment=commitment)
    found = rows.values_list("document", flat=True).first()
    return None if found is None else bytes(found)


def products_of(organisation: Organisation) -> QuerySet[Product]:
    """What an organisation makes, by name."""
    return Product.objects.filter(manufacturer=organisation).order_by("name", "gtin")


def organisations_by_gln(glns: Iterable[str]) -> dict[str, Organisation]:
    """Which of our organisations are at these places."""
    return {found.gln: found for found in Organisation.objects.filter(gln__in=set(glns) - {""})}


def recorded_among(rows: Iterable[Packages]) -> set[tuple[str, str]]:
    """Pairs of GTIN and serial, of these rows' packages, that a shipment recorded before."""
    pairs = [(row.gtin, serial) for row in rows for serial in row.serials]
    found: set[tuple[str, str]] = set()
    for start in range(0, len(pairs), CHUNK):
        found |= _recorded(pairs[start : start + CHUNK])
    return found


def _recorded(pairs: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    gtins, serials = zip(*pairs, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT gtin, serial FROM {Item._meta.db_table} "  # noqa: S608 - our own table  # nosec B608
            "JOIN unnest(%s::text[], %s::text[]) AS wanted(gtin, serial) USING (gtin, serial)",
            [list(gtins), list(serials)],
        )
        return set(cursor.fetchall())


def lines_to_record(shipment_id: UUID) -> QuerySet[ShipmentLine]:
    """A shipment's lines in the file's order, with nothing but where they go."""
    return ShipmentLine.objects.filter(shipment=shipment_id).select_related("recipient")


def left_behind(since: timedelta) -> QuerySet[Shipment]:
    """Shipments confirmed a while ago that no worker holds; they stay locked for the caller."""
    rows = Shipment.objects.filter(
        state=ShipmentState.RECORDING, confirmed_at__lt=timezone.now() - since
    )
    return rows.select_for_update(skip_locked=True).order_by("confirmed_at")
