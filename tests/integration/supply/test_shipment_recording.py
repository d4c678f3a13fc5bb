"""From a checked file to recorded packages and sealed events: all of it, once, or nothing."""

import json
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.db.models import ProtectedError

from accounts.models import Role
from accounts.viewer import viewer_for
from chain.commitments import commitment
from chain.models import AnchorState, Batch, Commitment, Contract, Kind
from chain.services import document_for
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.keys import Owner, sealer_for
from core.models import AuditEvent
from supply import recording
from supply.models import EpcisEvent, Item, Product, Shipment, ShipmentLine, ShipmentState
from supply.permissions import access_shipment
from supply.problems import FileRefused
from supply.progress import progress_of, progress_set
from supply.recording import shipment_record
from supply.selectors import shipments_of
from supply.services import product_add, shipment_check, shipment_confirm, shipment_discard
from tests.factories.audit import told
from tests.factories.supply import (
    OrganisationFactory,
    ProductFactory,
    csv_of,
    gtin_of,
    pharma_viewer,
    row,
    user_of,
)

pytestmark = pytest.mark.django_db


def confirmed(shipment, viewer):
    return shipment_confirm(shipment=shipment, by=viewer)


# -- products --------------------------------------------------------------------------------------


def test_a_product_is_added_once(maker):
    first = product_add(gtin=gtin_of(1)[1:], name="Amolidine 5 mg", manufacturer=maker)
    again = product_add(gtin=gtin_of(1), name="Another name", manufacturer=maker)
    assert (again.id, again.name, again.gtin) == (first.id, "Amolidine 5 mg", gtin_of(1))


def test_a_product_has_one_manufacturer_and_a_valid_number(maker, pharmacy):
    product_add(gtin=gtin_of(1), name="Amolidine 5 mg", manufacturer=maker)
    with pytest.raises(Conflict):
        product_add(gtin=gtin_of(1), name="Amolidine 5 mg", manufacturer=pharmacy)
    with pytest.raises(Invalid, match="check digit"):
        product_add(gtin="09521234543210", name="x", manufacturer=maker)
    assert Product.objects.filter(gtin=gtin_of(1)).count() == 1


# -- checking --------------------------------------------------------------------------------------


def test_a_good_file_becomes_a_draft_and_nothing_else(draft, maker, pharmacy, viewer):
    assert draft.state == ShipmentState.CHECKED
    assert (draft.line_count, draft.package_count, draft.product_count) == (2, 11, 1)
    assert (draft.recipient, draft.recipient_gln) == (pharmacy, pharmacy.gln)
    assert (draft.sender, draft.created_by) == (maker, viewer.user)
    assert [line.row for line in draft.lines.all()] == [2, 3]
    assert not Item.objects.exists()
    assert not Commitment.objects.exists()
    assert not AuditEvent.objects.filter(name="shipment.uploaded").exists()


def test_a_bad_file_stores_nothing(product, pharmacy, viewer):
    data = csv_of(row(product, pharmacy.gln, "SN1"), row(product, pharmacy.gln, "SN2", lot=""))
    with pytest.raises(FileRefused) as raised:
        shipment_check(data=data, by=viewer)
    assert [str(problem) for problem in raised.value.problems] == ["Row 3, Lot: this is missing"]
    assert not Shipment.objects.exists()


def test_lines_may_go_to_several_places_of_which_some_are_unknown(product, pharmacy, viewer):
    unknown = "9521234500032"
    data = csv_of(row(product, pharmacy.gln, "SN1"), row(product, unknown, "SN2"))
    draft = shipment_check(data=data, by=viewer)
    assert (draft.recipient, draft.recipient_gln) == (None, "")
    assert [line.recipient for line in draft.lines.all()] == [pharmacy, None]


def test_packs_recorded_before_are_told_when_the_file_is_checked(
    draft, product, pharmacy, viewer, recorded
):
    recorded(draft)
    data = csv_of(
        row(product, pharmacy.gln, "SN009-SN012"),
        row(product, pharmacy.gln, "NEW", lot="bad lot"),
        row(product, pharmacy.gln, "X", lot="bad lot"),
    )
    with pytest.raises(FileRefused) as raised:
        shipment_check(data=data, by=viewer)
    assert [str(problem) for problem in raised.value.problems] == [
        "Row 2, Serial: 2 serials were recorded before, from SN009 to SN010",
        "Row 3, Lot: a blank is not allowed here by GS1",
        "Row 4, Lot: a blank is not allowed here by GS1",
        "Row 4, Serial: X was recorded before",
    ]


def test_the_products_of_others_are_none(pharmacy, viewer):
    foreign = ProductFactory()
    data = csv_of(row(foreign, pharmacy.gln, "SN1", **{"from": viewer.organisation.gln}))
    with pytest.raises(FileRefused) as raised:
        shipment_check(data=data, by=viewer)
    assert "is not among your products" in str(raised.value.problems[0])


# -- deciding --------------------------------------------------------------------------------------


def test_confirming_twice_asks_once(draft, viewer, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as asked:
        first = confirmed(draft, viewer)
        second = confirmed(draft, viewer)
    assert (first.state, second.state) == (ShipmentState.RECORDING, ShipmentState.RECORDING)
    assert len(asked) == 1


def test_confirming_what_is_recorded_or_gone(draft, viewer, recorded):
    done = recorded(draft)
    assert confirmed(done, viewer).state == ShipmentState.RECORDED
    with pytest.raises(Conflict):
        shipment_discard(shipment=done, by=viewer)


def test_a_discarded_draft_is_gone(draft, viewer):
    gone = Shipment.objects.get(pk=draft.pk)
    shipment_discard(shipment=draft, by=viewer)
    assert not Shipment.objects.exists()
    assert not ShipmentLine.objects.exists()
    with pytest.raises(Conflict, match="discarded"):
        confirmed(gone, viewer)


def test_the_way_back_is_barred(draft, viewer, recorded):
    done = recorded(draft)
    with pytest.raises(ValueError, match="can't go from recorded to recording"):
        done.advance(ShipmentState.RECORDING)
    with pytest.raises(ProtectedError):
        done.delete()


# -- recording -------------------------------------------------------------------------------------


def test_recording_writes_each_pack_once(draft, product, viewer, recorded):
    done = recorded(draft)
    assert done.state == ShipmentState.RECORDED
    assert done.recorded_at is not None
    items = Item.objects.order_by("serial")
    assert [item.serial for item in items] == [f"SN{n:03d}" for n in range(1, 11)] + ["X"]
    assert {(item.gtin, item.lot) for item in items} == {(product.gtin, "L1"), (product.gtin, "L2")}


def test_recording_writes_the_events_that_tell_of_it(
    draft, product, maker, pharmacy, viewer, recorded
):
    done = recorded(draft)
    made = list(EpcisEvent.objects.filter(kind="commissioning").order_by("line__row"))
    sent = EpcisEvent.objects.get(kind="shipping")
    bodies = [json.loads(bytes(event.document)) for event in (*made, sent)]
    link = f"https://id.gs1.org/01/{product.gtin}/21/"
    assert [body["epcList"] for body in bodies] == [
        [f"{link}SN{n:03d}" for n in range(1, 11)],
        [f"{link}X"],
        [f"{link}SN{n:03d}" for n in range(1, 11)] + [f"{link}X"],
    ]
    assert [body["ilmd"]["cbvmda:lotNumber"] for body in bodies[:2]] == ["L1", "L2"]
    assert bodies[2]["sourceList"][0]["source"].endswith(f"/417/{maker.gln}")
    assert bodies[2]["destinationList"][0]["destination"].endswith(f"/417/{pharmacy.gln}")
    for event, body in zip((*made, sent), bodies, strict=True):
        assert body["eventID"] == f"urn:uuid:{event.id}"
        assert (event.organisation, event.recipient, event.shipment) == (maker, pharmacy, done)


def test_one_departure_for_each_destination(product, pharmacy, viewer, recorded):
    other = OrganisationFactory()
    serials = {"SN1": pharmacy.gln, "SN2": other.gln, "SN3": pharmacy.gln}
    data = csv_of(*(row(product, to, serial) for serial, to in serials.items()))
    recorded(shipment_check(data=data, by=viewer))
    sent = EpcisEvent.objects.filter(kind="shipping")
    packs = {e.recipient: len(json.loads(bytes(e.document))["epcList"]) for e in sent}
    assert packs == {pharmacy: 2, other: 1}


def test_each_event_is_committed_to_under_the_makers_key(draft, maker, viewer, recorded):
    recorded(draft)
    sealer = sealer_for(Owner.organisation(maker.id))
    for event in EpcisEvent.objects.select_related("commitment"):
        row = event.commitment
        assert (row.kind, row.owner_kind, row.owner_id) == (Kind.EPCIS, "organisation", maker.id)
        assert row.reference.endswith(f"/events/{event.id}")
        salt = sealer.open(bytes(row.sealed_salt), f"salt {row.kind} {row.reference}")
        assert bytes(row.digest) == commitment(
            salt=salt, kind=row.kind, reference=row.reference, document=bytes(event.document)
        )


def test_recording_is_audited_once(draft, viewer, recorded):
    recorded(draft)
    event = AuditEvent.objects.get(name=AuditEvent.Name.SHIPMENT_UPLOADED)
    assert (event.actor_id, event.organisation_id) == (viewer.user.id, viewer.organisation.id)
    assert (told(event).target, event.count) == (str(draft.id), 11)


def test_recording_again_changes_nothing(draft, viewer, recorded):
    recorded(draft)
    before = list(EpcisEvent.objects.values_list("id", flat=True).order_by("id"))
    shipment_record(shipment_id=draft.id)
    assert list(EpcisEvent.objects.values_list("id", flat=True).order_by("id")) == before
    assert Item.objects.count() == 11


def test_a_draft_is_not_recorded_and_an_unknown_id_does_no_harm(draft):
    shipment_record(shipment_id=draft.id)
    shipment_record(shipment_id=uuid4())
    assert not Item.objects.exists()


def test_progress_is_seen_before_the_end(draft, viewer, monkeypatch):
    monkeypatch.setattr(recording, "AT_ONCE", 4)
    confirmed(draft, viewer)
    seen = []

    def note(shipment_id, done, total):
        progress_set(shipment_id, done, total)
        seen.append((progress_of(shipment_id), total))

    monkeypatch.setattr(recording, "progress_set", note)
    shipment_record(shipment_id=draft.id)
    assert seen == [(4, 11), (8, 11), (11, 11)]
    assert progress_of(draft.id) == 0  # forgotten


@pytest.mark.parametrize("broken", ["_write_items", "_write_events", "commit"])
def test_a_fault_in_the_middle_leaves_nothing_and_the_next_run_succeeds(
    draft, viewer, monkeypatch, broken
):
    confirmed(draft, viewer)
    real = getattr(recording, broken)

    def breaks(*args, **kwargs):
        real(*args, **kwargs)
        raise RuntimeError("the power went")

    monkeypatch.setattr(recording, broken, breaks)
    with pytest.raises(RuntimeError):
        shipment_record(shipment_id=draft.id)
    assert not Item.objects.exists()
    assert not EpcisEvent.objects.exists()
    assert not Commitment.objects.exists()
    draft.refresh_from_db()
    assert draft.state == ShipmentState.RECORDING
    monkeypatch.setattr(recording, broken, real)
    shipment_record(shipment_id=draft.id)
    assert Item.objects.count() == 11


def test_packs_that_another_shipment_took_meanwhile(draft, product, pharmacy, viewer, recorded):
    data = csv_of(row(product, pharmacy.gln, "SN003-SN004"))
    recorded(shipment_check(data=data, by=viewer))
    failed = recorded(draft)
    assert failed.state == ShipmentState.FAILED
    assert failed.problems == [
        {
            "place": "Row 2, Serial",
            "text": "2 serials were recorded before, from SN003 to SN004",
        }
    ]
    assert Item.objects.count() == 2
    with pytest.raises(Conflict, match="could not be recorded"):
        confirmed(failed, viewer)


def test_packs_that_another_shipment_took_after_we_had_looked(
    draft, product, pharmacy, viewer, monkeypatch, recorded
):
    data = csv_of(row(product, pharmacy.gln, "SN003"))
    recorded(shipment_check(data=data, by=viewer))
    looks = iter([lambda _rows: set(), recording.recorded_among])  # too early the first time

    def look(rows):
        return next(looks)(rows)

    monkeypatch.setattr(recording, "recorded_among", look)
    failed = recorded(draft)
    assert failed.state == ShipmentState.FAILED
    assert failed.problems[0]["text"] == "SN003 was recorded before"
    assert Item.objects.count() == 1


# -- how far the seals are -------------------------------------------------------------------------


def _batch(state: AnchorState, sequence: int) -> Batch:
    log, _made = Contract.objects.get_or_create(
        name="log",
        defaults={
            "chain_id": 1, "genesis_hash": b"", "address": b"a", "deploy_block": 0,
            "code_hash": b"", "input_hash": "", "transaction_hash": b"",
        },
    )  # fmt: skip
    seen = {
        "head": b"h",
        "time": 1,
        "block_number": 1,
        "block_hash": b"b",
        "transaction_hash": b"t",
    }
    final = {"final_at": "2026-03-17T00:00:00Z"} if state == AnchorState.FINAL else {}
    mined = seen if state in (AnchorState.MINED, AnchorState.FINAL) else {}
    return Batch.objects.create(
        log=log, sequence=sequence, root=b"r", depth=0, count=1, nodes=b"", state=state,
        **mined, **final,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("states", "rank"),
    [
        (["final", "final", None], 0),
        (["final", "queued", "final"], 0),
        (["final", "sent", "mined"], 1),
        (["mined", "final", "final"], 2),
        (["final", "final", "final"], 3),
    ],
)
def test_a_shipment_is_as_far_as_its_least_advanced_event(
    draft, maker, viewer, states, rank, recorded
):
    recorded(draft)
    for number, (event, state) in enumerate(zip(EpcisEvent.objects.all(), states, strict=True), 1):
        if state:
            batch = _batch(AnchorState(state), number)
            Commitment.objects.filter(pk=event.commitment_id).update(batch=batch, position=0)
    assert shipments_of(maker).get().anchor == rank


def test_a_draft_has_no_seal(draft, maker):
    assert shipments_of(maker).get().anchor is None


# -- who may see it --------------------------------------------------------------------------------


def test_a_shipment_is_seen_by_its_sender_alone(draft, pharmacy, viewer):
    assert access_shipment(viewer, draft.id) == draft
    with pytest.raises(NotFound):
        access_shipment(pharma_viewer(pharmacy), draft.id)
    with pytest.raises(NotFound):
        access_shipment(viewer, viewer.user.id)


def test_who_is_not_of_pharma_sees_none(draft, maker):
    insurer = viewer_for(user_of(maker, Role.PAYER))
    for viewer in (viewer_for(user_of(role=Role.PATIENT)), insurer):
        with pytest.raises(Forbidden):
            access_shipment(viewer, draft.id)


def test_an_events_proof_is_for_sender_and_recipient(draft, pharmacy, viewer, recorded):
    recorded(draft)
    event = EpcisEvent.objects.select_related("commitment").get(kind="shipping")
    for allowed in (viewer, pharma_viewer(pharmacy)):
        assert document_for(allowed, event.commitment).document == bytes(event.document)
    assert AuditEvent.objects.filter(name=AuditEvent.Name.PROOF_READ).count() == 2
    with pytest.raises(NotFound):
        document_for(pharma_viewer(OrganisationFactory()), event.commitment)


# -- what the database holds by itself -------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "lost"},
        {"state": "recording"},
        {"confirmed_at": "2026-03-17T00:00:00Z"},
        {"recorded_at": "2026-03-17T00:00:00Z"},
        {"problems": [{"place": "", "text": "x"}]},
    ],
)
def test_states_that_contradict_themselves(draft, fields):
    with pytest.raises(IntegrityError):
        Shipment.objects.filter(pk=draft.pk).update(**fields)


def test_a_serial_of_a_product_exists_once(draft, viewer, recorded):
    recorded(draft)
    item = Item.objects.first()
    item.pk = None
    with pytest.raises(IntegrityError, match="item_serial_once"):
        item.save()
