"""From a commitment to a proof: once, in order, and after any interruption."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from chain import anchoring, sender, tasks, watcher
from chain.anchoring import ForeignAppend, awaited, seal_batch
from chain.commitments import fold, genesis_head, leaf_of, next_head
from chain.continuity import check_chain, forget_chain
from chain.deployment import ensure_contracts
from chain.errors import ChainMismatch, ChainUnavailable, NotFinal
from chain.models import (
    Account,
    AnchorState,
    Batch,
    Commitment,
    Contract,
    Event,
    Job,
    Kind,
    Transaction,
)
from chain.node import Node, get_node
from chain.proofs import path_of, proof
from chain.services import Disclosed, Item, commit
from chain.signer import get_signer
from chain.tasks import ledger_tick, tick
from core.keys import Owner, sealer_for

pytestmark = pytest.mark.django_db
EMPTY = Disclosed(b"{}")


def committed(count: int = 1) -> list[Commitment]:
    owner = Owner.patient(uuid4())
    with transaction.atomic():
        items = [Item(Kind.FHIR, f"Observation/{uuid4()}/_history/1", b"{}") for _ in range(count)]
        return commit(items, sealer=sealer_for(owner))


def send(node: Node) -> None:
    sender.sign_waiting(node)
    sender.broadcast(node)


def settle(node: Node) -> None:
    """Let the creation of the contracts become final in the database too."""
    for _ in range(10):
        tick()
        if not awaited():
            return
    raise AssertionError("not settled")


def reloaded(row: Commitment) -> Commitment:
    return Commitment.objects.select_related("batch__log").get(pk=row.pk)


def test_a_commitment_becomes_final_with_a_path_to_the_root(until_final: Callable[[], None]):
    rows = committed(5)
    until_final()
    for row in map(reloaded, rows):
        batch = row.batch
        assert batch is not None
        assert row.position is not None
        assert batch.state == AnchorState.FINAL
        path = path_of(batch.pk, row.position, batch.depth)
        assert fold(leaf_of(bytes(row.digest)), path) == bytes(batch.root)


def test_there_is_no_proof_before_the_seal_is_final(ledger: Contract):
    [row] = committed()
    with pytest.raises(NotFinal) as refusal:
        proof(reloaded(row), EMPTY)
    assert refusal.value.state == AnchorState.QUEUED


def test_heads_follow_from_the_roots_alone(until_final: Callable[[], None], ledger: Contract):
    for _ in range(3):
        committed(2)
        until_final()
    head = genesis_head(ledger.chain_id, bytes(ledger.address))
    for batch in Batch.objects.order_by("sequence"):
        assert batch.time is not None
        head = next_head(head, batch.sequence, bytes(batch.root), batch.depth, batch.time)
        assert head == bytes(batch.head or b"")


def test_only_one_batch_is_under_way_at_a_time(ledger: Contract):
    committed()
    assert seal_batch() is not None
    committed()
    assert seal_batch() is None


def test_a_young_commitment_waits_for_company(ledger: Contract, settings):
    settings.ANCHOR_BATCH_SECONDS = 60
    committed()
    assert seal_batch() is None
    settings.ANCHOR_BATCH_LEAVES = 4
    committed(3)
    batch = seal_batch()
    assert batch is not None
    assert batch.count == 4  # two leaves with their persons' heads: no more fits


def test_a_version_is_committed_to_once(ledger: Contract):
    sealer = sealer_for(Owner.patient(uuid4()))
    item = Item(Kind.FHIR, "Observation/1/_history/1", b"{}")
    with transaction.atomic():
        commit([item], sealer=sealer)
    with pytest.raises(IntegrityError), transaction.atomic():
        commit([item], sealer=sealer)


def test_asking_twice_for_a_call_makes_one_job(ledger: Contract):
    committed()
    seal_batch()
    job = Job.objects.get(key__startswith="anchor:")
    again = sender.enqueue(
        purpose=Account.Purpose.RELAY, to=b"\x01" * 20, data=b"other", reason="again", key=job.key
    )
    assert again.pk == job.pk
    assert bytes(again.data) == bytes(job.data)


def test_a_transaction_that_the_node_forgot_is_handed_in_again(ledger: Contract):
    """Signed and stored, but the process ended before the broadcast."""
    node = get_node()
    committed()
    seal_batch()
    sender.sign_waiting(node)
    signed = Transaction.objects.get(job__key__startswith="anchor:")
    assert not node.knows(bytes(signed.hash))
    assert sender.broadcast(node) == 1
    assert node.knows(bytes(signed.hash))
    assert sender.broadcast(node) == 0


def test_a_reorg_undoes_the_batch_and_anchors_it_again(until_final: Callable[[], None]):
    node = get_node()
    [row] = committed()
    node.ask("anvil_mine", "0x3")
    for _ in range(6):
        watcher.catch_up(node)
        seal_batch()
        send(node)
        batch = Batch.objects.first()
        if batch and batch.state == AnchorState.MINED:
            break
    assert Batch.objects.get().state == AnchorState.MINED
    lost = bytes(Batch.objects.get().block_hash or b"")

    node.ask("anvil_reorg", 1, [])
    watcher.catch_up(node)
    assert Event.objects.filter(block_hash=lost, orphaned=True).count() == 1
    assert Batch.objects.get().state == AnchorState.SENT

    until_final()
    batch = Batch.objects.get()
    assert bytes(batch.block_hash or b"") != lost
    assert Event.objects.filter(orphaned=False, name="Appended").count() == 1
    assert proof(reloaded(row), EMPTY)["batch"]["sequence"] == 1


def test_a_reverted_transaction_is_tried_again_with_more_gas(
    ledger: Contract, until_final: Callable[[], None], monkeypatch
):
    node = get_node()
    settle(node)
    committed()
    seal_batch()
    monkeypatch.setattr(Node, "gas_for", lambda *_: 30_000)
    send(node)
    node.ask("evm_mine")
    watcher.catch_up(node)
    assert sender.record_receipts(node) == 1
    attempts = Transaction.objects.filter(job__key__startswith="anchor:")
    first = attempts.get()
    assert first.outcome == Transaction.Outcome.REVERTED
    assert sender.trouble() == [f"anchor batch 1: mined in block {first.block_number} and reverted"]
    monkeypatch.undo()
    Job.objects.update(not_before=None)
    until_final()
    assert sender.trouble() == []
    assert attempts.filter(outcome=Transaction.Outcome.SUCCEEDED).count() == 1
    assert Event.objects.filter(name="Appended", orphaned=False).count() == 1


def test_a_worker_that_saw_an_older_tip_writes_nothing(ledger: Contract):
    """Two workers in a reorg: what one of them still holds in its hand is out of date."""
    node = get_node()
    watcher.catch_up(node)
    tip = watcher.Block.objects.order_by("-number").first()
    assert tip is not None
    node.ask("anvil_mine", "0x1")
    header = node.header(tip.number + 1)
    assert header is not None
    watcher.Block.objects.filter(pk=tip.pk).update(hash=b"\x05" * 32)
    watcher._store([ledger], tip, header, [])
    assert not watcher.Block.objects.filter(number=header.number).exists()


def test_somebody_elses_root_in_our_log_is_an_alarm(ledger: Contract):
    """Only a stolen anchoring key can do this; nothing may be built upon it."""
    node = get_node()
    from chain.artifacts import artifact

    committed()
    batch = seal_batch()
    assert batch is not None
    data = artifact("AnchorLog").call("append", batch.sequence, b"\x07" * 32, 4)
    Job.objects.filter(key__startswith="anchor:").update(data=data)
    send(node)
    with pytest.raises(ForeignAppend):
        watcher.catch_up(node)
    assert Batch.objects.get().state == AnchorState.SENT


def test_an_unreachable_node_is_an_error_of_ours():
    with pytest.raises(ChainUnavailable):
        Node("http://127.0.0.1:9").chain_id()


def test_a_node_that_lost_our_final_block_is_refused(until_final: Callable[[], None], ledger):
    committed()
    until_final()
    watcher.Block.objects.filter(final=True).update(hash=b"\x01" * 32)
    with pytest.raises(ChainMismatch, match="fresh-chain"):
        check_chain(get_node(), [ledger])


def test_after_a_lost_chain_everything_is_anchored_again(until_final: Callable[[], None]):
    [row] = committed()
    until_final()
    first = proof(reloaded(row), EMPTY)
    assert forget_chain() == 2  # the commitment and the person's head
    log = ensure_contracts()[0]
    until_final()
    second = proof(reloaded(row), EMPTY)
    assert second["chain"]["contract"] == "0x" + bytes(log.address).hex()
    assert second["chain"]["contract"] != first["chain"]["contract"]
    assert second["commitment"] == first["commitment"]


def test_a_deployment_that_crashed_before_its_row_is_taken_up(ledger: Contract):
    node = get_node()
    nonce = node.nonce(get_signer().address("deploy"))
    Contract.objects.filter(pk=ledger.pk).delete()
    assert bytes(ensure_contracts()[0].address) == bytes(ledger.address)
    assert node.nonce(get_signer().address("deploy")) == nonce


def test_an_idle_ledger_does_nothing(ledger: Contract):
    settle(get_node())
    before = get_node().header("latest")
    tick()
    assert get_node().header("latest") == before
    assert not Batch.objects.exists()


@pytest.mark.parametrize(("waits", "least", "most"), [(True, 3, 4), (False, 1, 1)])
def test_while_a_block_is_awaited_the_ledger_is_looked_after_more_often(
    waits, least, most, monkeypatch, settings
):
    settings.LEDGER_TICK_SECONDS = 1.0
    rounds: list[None] = []
    monkeypatch.setattr(tasks, "tick", lambda: rounds.append(None))
    monkeypatch.setattr(anchoring, "awaited", lambda: waits)
    ledger_tick()
    assert least <= len(rounds) <= most
