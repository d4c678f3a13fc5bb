"""EPCIS events: canonical bytes with the fields that the standard asks for."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from chain.canonical import canonical, parse
from supply import epcis

SHARED = Path(__file__).resolve().parents[4] / "shared/data/epcis/valid"
ID = UUID("9ab36ad4-176e-4343-841b-225274eb655f")
WHEN = epcis.When(
    event=datetime(2026, 3, 17, 8, 30, 0, 123456, UTC),
    record=datetime(2026, 3, 17, 8, 30, 1, tzinfo=UTC),
)
GTIN, MAKER, PHARMACY = "09521234543213", "9521234500018", "9521234500032"


def made() -> bytes:
    return epcis.commissioning(
        id=ID, gtin=GTIN, lot="L/1", expiry=date(2027, 5, 31), serials=["A1", "A2"],
        at_gln=MAKER, when=WHEN,
    )  # fmt: skip


def sent() -> bytes:
    epcs = [f"https://id.gs1.org/01/{GTIN}/21/A1"]
    return epcis.shipping(id=ID, epcs=epcs, from_gln=MAKER, to_gln=PHARMACY, when=WHEN)


def test_a_commissioning_event():
    place = {"id": f"https://id.gs1.org/414/{MAKER}"}
    assert json.loads(made()) == {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{ID}",
        "eventTime": "2026-03-17T08:30:00.123Z",
        "eventTimeZoneOffset": "+00:00",
        "recordTime": "2026-03-17T08:30:01.000Z",
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "epcList": [
            f"https://id.gs1.org/01/{GTIN}/21/A1",
            f"https://id.gs1.org/01/{GTIN}/21/A2",
        ],
        "readPoint": place,
        "bizLocation": place,
        "ilmd": {"cbvmda:lotNumber": "L/1", "cbvmda:itemExpirationDate": "2027-05-31"},
    }


def test_a_shipping_event():
    event = json.loads(sent())
    assert (event["action"], event["bizStep"], event["disposition"]) == (
        "OBSERVE", "shipping", "in_transit",
    )  # fmt: skip
    assert event["sourceList"] == [
        {"type": "possessing_party", "source": f"https://id.gs1.org/417/{MAKER}"}
    ]
    assert event["destinationList"] == [
        {"type": "possessing_party", "destination": f"https://id.gs1.org/417/{PHARMACY}"}
    ]
    assert event["readPoint"] == {"id": f"https://id.gs1.org/414/{MAKER}"}
    assert "bizLocation" not in event


@pytest.mark.parametrize("make", [made, sent])
def test_the_bytes_are_canonical(make):
    assert canonical(parse(make())) == make()


def test_a_document_holds_the_events_byte_for_byte():
    text = b"".join(epcis.document(id=ID, created=WHEN.record, events=[made(), sent()]))
    body = json.loads(text)
    assert made() + b"," + sent() in text
    assert canonical(parse(text)) == text
    assert (body["type"], body["schemaVersion"]) == ("EPCISDocument", "2.0")
    assert body["creationDate"] == "2026-03-17T08:30:01.000Z"
    assert [event["bizStep"] for event in body["epcisBody"]["eventList"]] == [
        "commissioning", "shipping",
    ]  # fmt: skip


def test_an_empty_document():
    text = b"".join(epcis.document(id=ID, created=WHEN.record, events=[]))
    assert json.loads(text)["epcisBody"] == {"eventList": []}


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared example files are not here")
def test_our_fields_are_those_of_the_standards_examples():
    examples = [json.loads(path.read_text()) for path in SHARED.glob("*.json")]
    events = [e for body in examples for e in body["epcisBody"]["eventList"]]
    known = {field for e in events if e["type"] == "ObjectEvent" for field in e}
    # The time of recording is set by whoever keeps the event, so that no example has it.
    known |= {"recordTime"}
    for event in (json.loads(made()), json.loads(sent())):
        assert set(event) <= known
        assert {"type", "eventTime", "eventTimeZoneOffset", "action", "eventID"} <= set(event)
    document = json.loads(b"".join(epcis.document(id=ID, created=WHEN.record, events=[])))
    assert set(document) <= {field for body in examples for field in body}
