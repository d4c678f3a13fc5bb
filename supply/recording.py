"""Writing a confirmed shipment: packages, events and commitments, all of them or none."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts.models import Organisation
from chain.models import Kind
from chain.services import Item as Document
from chain.services import commit
from core import audit
from core.errors import Problem
from core.keys import Owner, sealer_for
from supply import epcis
from supply.gs1 import instance_uri
from supply.models import EpcisEvent, Item, Shipment, ShipmentLine, ShipmentState
from supply.notices import uploader_told
from supply.problems import MOST_PROBLEMS, in_order
from supply.progress import progress_forget, progress_set
from supply.selectors import lines_to_record, recorded_among
from supply.uploads import taken

AT_ONCE = 2_500  # packages in one statement, and between two signs of progress
EVENTS_AT_ONCE = 500
CHANNEL = "task"


class SerialsTaken(Exception):
    """Another shipment recorded some of these packages since the file was checked."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(len(problems))
        self.problems = problems


def shipment_record(*, shipment_id: UUID) -> None:
    """Write a confirmed shipment as a whole; run again or twice at once, it is written once."""
    try:
        with transaction.atomic():
            shipment = _locked(shipment_id)
            if shipment is None:
                return
            _write(shipment)
    except SerialsTaken as error:
        shipment_fail(shipment_id=shipment_id, problems=error.problems)
    except IntegrityError:
        # Another shipment wrote the same serials after we had looked: now its rows can be seen.
        problems = _taken_since(list(lines_to_record(shipment_id)))
        if not problems:
            raise
        shipment_fail(shipment_id=shipment_id, problems=problems)
    progress_forget(shipment_id)


@transaction.atomic
def shipment_fail(*, shipment_id: UUID, problems: Sequence[Problem]) -> None:
    """Give a recording up; nothing of it was stored."""
    shipment = _locked(shipment_id)
    if shipment is not None:
        listed = [{"place": p.place, "text": p.text} for p in problems]
        shipment.advance(ShipmentState.FAILED, problems=listed)
        uploader_told(shipment, "shipment-failed")


def _locked(shipment_id: UUID) -> Shipment | None:
    """The shipment, unless it is recorded already or another worker is at it."""
    rows = Shipment.objects.select_for_update(skip_locked=True, of=("self",))
    found = rows.select_related("sender").filter(pk=shipment_id, state=ShipmentState.RECORDING)
    return found.first()


def _write(shipment: Shipment) -> None:
    lines = list(lines_to_record(shipment.id))
    if problems := _taken_since(lines):
        raise SerialsTaken(problems)
    now = timezone.now()
    _write_events(shipment, lines, now)
    # Last, because others with the same serials wait from here on.
    _write_items(shipment, lines)
    shipment.advance(ShipmentState.RECORDED, recorded_at=now)
    audit.record(
        audit.Name.SHIPMENT_UPLOADED,
        by=audit.Actor(shipment.confirmed_by_id, shipment.sender_id, CHANNEL),
        target=str(shipment.id),
        count=shipment.package_count,
    )
    uploader_told(shipment, "shipment-recorded")


def _taken_since(lines: Sequence[ShipmentLine]) -> list[Problem]:
    found = in_order(taken(lines, recorded_among(lines)))
    return [problem.named() for problem in found[:MOST_PROBLEMS]]


# -- packages --------------------------------------------------------------------------------------


def _write_items(shipment: Shipment, lines: Sequence[ShipmentLine]) -> None:
    """In one order, so that two shipments with the same packs never wait in a circle."""
    packages = sorted(
        ((line.gtin, serial, line) for line in lines for serial in line.serials),
        key=lambda package: package[:2],
    )
    for start in range(0, len(packages), AT_ONCE):
        chunk = packages[start : start + AT_ONCE]
        _insert(chunk)
        progress_set(shipment.id, start + len(chunk), shipment.package_count)


def _insert(packages: Sequence[tuple[str, str, ShipmentLine]]) -> None:
    """One statement for many; through the ORM it takes four times as long."""
    columns = [(gtin, serial, line.lot, line.expiry, line.id) for gtin, serial, line in packages]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Item._meta.db_table} (gtin, serial, lot, expiry, line_id) "  # noqa: S608 - our own table  # nosec B608
            "SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::date[], %s::bigint[])",
            [list(column) for column in zip(*columns, strict=True)],
        )


# -- events ----------------------------------------------------------------------------------------


def _write_events(shipment: Shipment, lines: Sequence[ShipmentLine], now: datetime) -> None:
    when = epcis.When(event=shipment.confirmed_at or now, record=now)
    events = [*_made(shipment, lines, when), *_sent(shipment, lines, when)]
    documents = [
        Document(Kind.EPCIS, f"events/{event.id}", bytes(event.document)) for event in events
    ]
    commitments = commit(documents, sealer=sealer_for(Owner.organisation(shipment.sender_id)))
    for event, commitment in zip(events, commitments, strict=True):
        event.commitment = commitment
    EpcisEvent.objects.bulk_create(events, batch_size=EVENTS_AT_ONCE)


def _made(
    shipment: Shipment, lines: Sequence[ShipmentLine], when: epcis.When
) -> Iterator[EpcisEvent]:
    """One commissioning event for each line."""
    for line in lines:
        event = _event(shipment, EpcisEvent.Kind.COMMISSIONING, line.to_gln, line.recipient)
        event.line = line
        event.document = epcis.commissioning(
            id=event.id,
            gtin=line.gtin,
            lot=line.lot,
            expiry=line.expiry,
            serials=list(line.serials),
            at_gln=line.from_gln,
            when=when,
        )
        yield event


def _sent(
    shipment: Shipment, lines: Sequence[ShipmentLine], when: epcis.When
) -> Iterator[EpcisEvent]:
    """One shipping event for each way that packages go."""
    ways: dict[tuple[str, str], list[ShipmentLine]] = defaultdict(list)
    for line in lines:
        ways[line.from_gln, line.to_gln].append(line)
    for (from_gln, to_gln), together in ways.items():
        event = _event(shipment, EpcisEvent.Kind.SHIPPING, to_gln, together[0].recipient)
        epcs = [instance_uri(line.gtin, serial) for line in together for serial in line.serials]
        event.document = epcis.shipping(
            id=event.id, epcs=epcs, from_gln=from_gln, to_gln=to_gln, when=when
        )
        yield event


def _event(
    shipment: Shipment, kind: EpcisEvent.Kind, to_gln: str, recipient: Organisation | None
) -> EpcisEvent:
    return EpcisEvent(
        id=uuid4(),
        kind=kind,
        organisation=shipment.sender,
        recipient=recipient,
        shipment=shipment,
        to_gln=to_gln,
    )
