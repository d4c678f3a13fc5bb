"""EPCIS 2.0 events as canonical bytes: pure functions, the core vocabulary (CBV 2.0) as names."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from chain.canonical import canonical
from supply.gs1 import instance_uri, location_uri, party_uri

# In each event, so that the sealed bytes can be understood without a document around them.
CONTEXT: Final = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]


@dataclass(frozen=True)
class When:
    """When it happened, and when it was written down."""

    event: datetime
    record: datetime


def commissioning(  # noqa: PLR0913 - the event's own parts
    *,
    id: UUID,
    gtin: str,
    lot: str,
    expiry: date,
    serials: Sequence[str],
    at_gln: str,
    when: When,
) -> bytes:
    """New packages of a lot: ObjectEvent ADD, commissioning, active."""
    place = {"id": location_uri(at_gln)}
    about = {
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "epcList": [instance_uri(gtin, serial) for serial in serials],
        "readPoint": place,
        "bizLocation": place,
        "ilmd": {"cbvmda:lotNumber": lot, "cbvmda:itemExpirationDate": expiry.isoformat()},
    }
    return canonical(_object_event(id, when) | about)


def shipping(*, id: UUID, epcs: Sequence[str], from_gln: str, to_gln: str, when: When) -> bytes:
    """Packages that leave: ObjectEvent OBSERVE, shipping, in_transit."""
    about = {
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "in_transit",
        "epcList": list(epcs),
        # No bizLocation: until they are received, nobody can say where they are.
        "readPoint": {"id": location_uri(from_gln)},
        "sourceList": [{"type": "possessing_party", "source": party_uri(from_gln)}],
        "destinationList": [{"type": "possessing_party", "destination": party_uri(to_gln)}],
    }
    return canonical(_object_event(id, when) | about)


def _object_event(id: UUID, when: When) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{id}",
        "eventTime": _moment(when.event),
        "eventTimeZoneOffset": "+00:00",
        "recordTime": _moment(when.record),
    }


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def document(*, id: UUID, created: datetime, events: Iterable[bytes]) -> Iterator[bytes]:
    """An EPCISDocument around events, whose bytes stay as they are; in parts, to be streamed."""
    frame = {
        "@context": CONTEXT,
        "creationDate": _moment(created),
        "epcisBody": {"eventList": []},
        "id": f"urn:uuid:{id}",
        "schemaVersion": "2.0",
        "type": "EPCISDocument",
    }
    before, after = canonical(frame).split(b"[]", 1)
    yield before + b"["
    for place, event in enumerate(events):
        yield b"," + event if place else event
    yield b"]" + after
