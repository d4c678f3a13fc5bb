"""The sender on the real chain: stuck, displaced, dear, dry; and its keys exchanged."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.db import transaction

from chain import registry, rotation, sender, watcher
from chain.anchoring import awaited, seal_batch
from chain.artifacts import artifact
from chain.models import (
    Account,
    AnchorState,
    Batch,
    Block,
    Commitment,
    Contract,
    Event,
    Job,
    Kind,
    RegistryEntry,
    Reorg,
    Transaction,
)
from chain.node import Node, Refused, get_node
from chain.sender import fees, signing
from chain.sender.accounts import look_at_funds
from chain.sender.fees import Fees, bumped
from chain.services import Item, commit
from chain.signer import get_signer
from chain.tasks import tick
from core.keys import Owner, sealer_for

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
Outcome = Transaction.Outcome
GWEI = 10**9
ROOM = hex(30_000_000)  # gas of a block


def committed(count: int = 1) -> list[Commitment]:
    with transaction.atomic():
        items = [Item(Kind.FHIR, f"Observation/{uuid4()}/_history/1", b"{}") for _ in range(count)]
        return commit(items, sealer=sealer_for(Owner.portal()))


def consented() -> RegistryEntry:
    owner = Owner.patient(uuid4())
    with transaction.atomic():
        [row] = commit(
            [Item(Kind.CONSENT, f"Consent/{uuid4()}/_history/1", b"{}")], sealer=sealer_for(owner)
        )
        return registry.register(row)


def settle() -> None:
    """Run the ledger until nothing is under way."""
    for _ in range(30):
        tick()
        if not awaited():
            return
    raise AssertionError("not settled after 30 ticks")


@pytest.fixture
def node(ledger: Contract) -> Iterator[Node]:
    """The chain with our contracts, settled; mining is switched on again afterwards."""
    settle()
    node = get_node()
    yield node
    node.ask("evm_setAutomine", True)
    node.ask("evm_setBlockGasLimit", ROOM)
    node.ask("anvil_dropAllTransactions")
    node.ask("evm_mine")


def anchors() -> list[Transaction]:
    rows = Transaction.objects.filter(job__key__startswith="anchor:")
    return list(rows.order_by("nonce", "max_fee"))


def leave_stuck(node: Node, settings) -> Transaction:
    """A transaction that no block takes: they have no room for it."""
    settings.CHAIN_MINES_ON_DEMAND = False
    node.ask("evm_setAutomine", False)
    committed()
    tick()
    node.ask("evm_setBlockGasLimit", hex(30_000))
    [stuck] = anchors()
    return stuck


def mine(node: Node, blocks: int) -> None:
    for _ in range(blocks):
        node.ask("evm_mine")


def make_room(node: Node, settings) -> None:
    node.ask("evm_setBlockGasLimit", ROOM)
    node.ask("evm_setAutomine", True)
    settings.CHAIN_MINES_ON_DEMAND = True


# -- stuck -----------------------------------------------------------------------------------------


def test_a_stuck_transaction_is_replaced_by_one_that_pays_more(node: Node, settings):
    stuck = leave_stuck(node, settings)
    mine(node, settings.CHAIN_STUCK_BLOCKS)
    assert node.receipt(bytes(stuck.hash)) is None
    node.ask("evm_setBlockGasLimit", ROOM)
    tick()
    first, second = anchors()
    assert first.pk == stuck.pk
    assert second.nonce == first.nonce
    assert second.max_fee >= first.max_fee * 9 / 8
    assert second.tip >= first.tip * 9 / 8
    assert node.knows(bytes(second.hash))

    make_room(node, settings)
    settle()
    assert [row.outcome for row in anchors()] == [Outcome.REPLACED, Outcome.SUCCEEDED]
    assert Batch.objects.get().state == AnchorState.FINAL


def test_it_is_left_alone_before_enough_blocks_went_by(node: Node, settings):
    leave_stuck(node, settings)
    mine(node, settings.CHAIN_STUCK_BLOCKS - 1)
    tick()
    assert len(anchors()) == 1


def test_the_first_attempt_may_still_win(node: Node, settings):
    leave_stuck(node, settings)
    mine(node, settings.CHAIN_STUCK_BLOCKS)
    sender.replace_stuck(node)
    first, second = anchors()
    make_room(node, settings)
    node.ask("evm_mine")
    assert node.receipt(bytes(first.hash)) is not None  # the second was never handed in
    settle()
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.outcome, second.outcome) == (Outcome.SUCCEEDED, Outcome.REPLACED)


def test_fees_are_never_above_the_cap(node: Node, settings):
    stuck = leave_stuck(node, settings)
    mine(node, settings.CHAIN_STUCK_BLOCKS)
    settings.CHAIN_MAX_FEE = int(stuck.max_fee)
    committed()
    problems = sender.replace_stuck(node) + sender.sign_waiting(node)
    assert len(anchors()) == 1
    assert "more than CHAIN_MAX_FEE" in problems[0]


def test_while_gas_is_too_dear_nothing_is_signed(node: Node, settings):
    settings.CHAIN_MAX_FEE = GWEI // 2
    committed()
    tick()
    assert anchors() == []
    settings.CHAIN_MAX_FEE = 500 * GWEI
    settle()
    assert [row.outcome for row in anchors()] == [Outcome.SUCCEEDED]


@pytest.mark.parametrize(
    ("last", "now", "expected"),
    [
        (Fees(8 * GWEI, GWEI), Fees(3 * GWEI, GWEI), Fees(9 * GWEI, 1_125_000_000)),
        (Fees(8 * GWEI, GWEI), Fees(20 * GWEI, 2 * GWEI), Fees(20 * GWEI, 2 * GWEI)),
        (Fees(3, 1), Fees(1, 1), Fees(4, 2)),
        (Fees(95 * GWEI, GWEI), Fees(150 * GWEI, GWEI), Fees(107 * GWEI, 1_125_000_000)),
    ],
)
def test_a_replacement_pays_an_eighth_more_rounded_up(last, now, expected, settings):
    settings.CHAIN_MAX_FEE = 107 * GWEI
    assert bumped(last, now) == expected


# -- foreign ---------------------------------------------------------------------------------------


def take_nonce(node: Node, name: str, nonce: int) -> None:
    """Somebody else who has our key sends from it."""
    signed = get_signer().sign(
        name,
        {
            "type": 2, "chainId": node.chain_id(), "nonce": nonce, "to": b"\x11" * 20, "value": 1,
            "data": b"", "gas": 21_000, "maxFeePerGas": 90 * GWEI,
            "maxPriorityFeePerGas": 80 * GWEI,
        },
    )  # fmt: skip
    node.broadcast(signed.raw)


def test_a_foreign_transaction_on_our_nonce_is_found_and_survived(node: Node, settings):
    settings.CHAIN_MINES_ON_DEMAND = False
    committed()
    seal_batch()
    sender.sign_waiting(node)
    [ours] = anchors()
    take_nonce(node, "anchor", ours.nonce)
    settings.CHAIN_MINES_ON_DEMAND = True
    for _ in range(8):
        tick()
        Job.objects.update(not_before=None)
    settle()
    ours.refresh_from_db()
    assert ours.outcome == Outcome.DISPLACED
    [_, again] = anchors()
    assert again.nonce == ours.nonce + 1
    assert again.outcome == Outcome.SUCCEEDED
    assert Event.objects.filter(name="Appended", orphaned=False).count() == 1
    assert any("somebody else sent from the account anchor" in t for t in sender.trouble())


def test_a_nonce_used_before_ours_was_signed_is_stepped_over(node: Node):
    account = Account.objects.get(name="anchor")
    take_nonce(node, "anchor", account.next_nonce)
    committed()
    settle()
    [ours] = anchors()
    assert ours.nonce == account.next_nonce + 1
    assert ours.outcome == Outcome.SUCCEEDED


# -- refused, without effect -----------------------------------------------------------------------


def test_a_call_that_would_revert_waits_longer_each_time(node: Node, monkeypatch):
    def refuse(*_: object) -> int:
        raise Refused("execution reverted: no such role")

    monkeypatch.setattr(Node, "gas_for", refuse)
    committed()
    tick()
    job = Job.objects.get(key__startswith="anchor:")
    assert (job.state, job.failures) == (Job.State.QUEUED, 1)
    assert "no such role" in sender.trouble()[0]
    tick()
    assert Job.objects.get(pk=job.pk).failures == 1  # not yet
    monkeypatch.undo()
    Job.objects.update(not_before=None)
    settle()
    assert sender.trouble() == []


def test_a_refusal_with_any_bytes_in_it_is_noted(node: Node):
    """A custom error has its arguments as bytes, which anvil puts into its message as they are."""
    committed()
    seal_batch()
    data = artifact("AnchorLog").call("append", 9, b"\7" * 32, 4)
    Job.objects.filter(key__startswith="anchor:").update(data=data)  # 9 is not the next one
    sender.sign_waiting(node)
    job = Job.objects.get(key__startswith="anchor:")
    assert job.failures == 1
    assert "reverted" in job.error
    assert job.error.isprintable()


def test_a_refused_call_whose_effect_is_there_is_done(node: Node):
    """Anybody may record a consent; ours is then superfluous."""
    entry = consented()
    registry.send_waiting()
    job = Job.objects.get(key__startswith="consents:")
    RegistryEntry.objects.filter(pk=entry.pk).update(
        state="mined", time=1, block_number=1, block_hash=b"\1" * 32, transaction_hash=b"\1" * 32
    )
    sender.jobs.came_to_nothing(job, "reverted")
    job.refresh_from_db()
    assert (job.state, job.error) == (Job.State.MINED, "")


def test_a_refusal_does_not_undo_what_another_worker_signed_meanwhile(node: Node, monkeypatch):
    """Else the call would be signed again, under a further nonce, and paid twice."""
    consented()
    registry.send_waiting()
    ask = Node.gas_for

    def faster(self: Node, sender_: bytes, to: bytes | None, data: bytes) -> int:
        monkeypatch.setattr(Node, "gas_for", ask)
        sender.sign_waiting(self)  # the other worker, to whom the node still answered
        raise Refused("block gas limit exceeded")

    monkeypatch.setattr(Node, "gas_for", faster)
    sender.sign_waiting(node)
    job = Job.objects.get(key__startswith="consents:")
    assert (job.state, job.failures, job.transactions.count()) == (Job.State.SENT, 0, 1)
    settle()
    assert job.transactions.count() == 1


def test_a_mined_call_without_effect_is_no_success(node: Node):
    """A call to an address without code succeeds, and does nothing."""
    consented()
    registry.send_waiting()
    Job.objects.filter(key__startswith="consents:").update(to=b"\x77" * 20)
    tick()
    tick()
    job = Job.objects.get(key__startswith="consents:")
    assert job.state == Job.State.QUEUED
    assert "without effect" in job.error


# -- funds -----------------------------------------------------------------------------------------


def test_an_account_that_runs_dry_is_an_alarm(node: Node, settings):
    settings.CHAIN_MINES_ON_DEMAND = False
    account = Account.objects.get(name="relay")
    node.ask("anvil_setBalance", "0x" + bytes(account.address).hex(), hex(10**15))
    look_at_funds(node, account)
    [alarm] = sender.trouble()
    assert "relay" in alarm
    assert "holds 0.001 ETH" in alarm


def test_a_chain_of_our_own_fills_accounts_up(node: Node):
    account = Account.objects.get(name="relay")
    node.ask("anvil_setBalance", "0x" + bytes(account.address).hex(), hex(10**15))
    look_at_funds(node, account)
    assert sender.trouble() == []


# -- no line before the door -----------------------------------------------------------------------


def test_one_purpose_does_not_wait_for_another(node: Node, settings, monkeypatch):
    real = Node.gas_for

    def refuse(self: Node, sender: bytes, to: bytes | None, data: bytes) -> int:
        if sender == bytes(Account.objects.get(name="anchor").address):
            raise Refused("no")
        return real(self, sender, to, data)

    monkeypatch.setattr(Node, "gas_for", refuse)
    committed()
    entry = consented()
    for _ in range(5):
        tick()
    entry.refresh_from_db()
    assert entry.state == AnchorState.FINAL
    assert not anchors()


# -- consents --------------------------------------------------------------------------------------


def test_consents_share_transactions(node: Node):
    entries = [consented() for _ in range(5)]
    settle()
    jobs = Job.objects.filter(key__startswith="consents:")
    assert jobs.count() == 1
    for entry in entries:
        entry.refresh_from_db()
        assert entry.state == AnchorState.FINAL
        assert entry.time


def test_a_consent_survives_a_reorg(node: Node, settings):
    entry = consented()
    settings.CHAIN_FINALITY_DEPTH = 5
    tick()
    tick()
    entry.refresh_from_db()
    assert entry.state == AnchorState.MINED
    lost = bytes(entry.block_hash or b"")
    node.ask("anvil_reorg", 3, [])
    watcher.catch_up(node)
    entry.refresh_from_db()
    assert entry.state == AnchorState.SENT
    reorg = Reorg.objects.get()
    assert reorg.events >= 1
    settings.CHAIN_FINALITY_DEPTH = None
    settle()
    entry.refresh_from_db()
    assert entry.state == AnchorState.FINAL
    assert bytes(entry.block_hash or b"") != lost


def test_a_reverted_attempt_of_a_dead_block_counts_again(node: Node, settings, monkeypatch):
    """It had used up a nonce; on the new branch that nonce is free, and the stored bytes go out."""
    settings.CHAIN_FINALITY_DEPTH = 8
    committed()
    seal_batch()
    monkeypatch.setattr(Node, "gas_for", lambda *_: 30_000)
    sender.sign_waiting(node)
    monkeypatch.undo()
    sender.broadcast(node)
    node.ask("evm_mine")
    watcher.catch_up(node)
    sender.record_receipts(node)
    assert [row.outcome for row in anchors()] == [Outcome.REVERTED]
    node.ask("anvil_reorg", 2, [])
    watcher.catch_up(node)
    assert [row.outcome for row in anchors()] == [Outcome.PENDING]
    assert Job.objects.get(key__startswith="anchor:").state == Job.State.SENT
    settings.CHAIN_FINALITY_DEPTH = None
    for _ in range(10):
        tick()
        Job.objects.update(not_before=None)
    settle()
    assert Event.objects.filter(name="Appended", orphaned=False).count() == 1


# -- rotation --------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", [Account.Purpose.ANCHOR, Account.Purpose.RELAY])
def test_a_key_is_exchanged_without_a_gap(node: Node, purpose, until_final: Callable[[], None]):
    committed()
    consented()
    tick()
    old = Account.objects.get(name=purpose.value)
    new = rotation.rotate(node, purpose)
    assert rotation.rotate(node, purpose).pk == new.pk
    for _ in range(20):
        committed()
        consented()
        tick()
    settle()
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state) == (Account.State.RETIRED, Account.State.ACTIVE)
    assert new.transactions.filter(outcome=Outcome.SUCCEEDED).exists()
    assert not Batch.objects.exclude(state=AnchorState.FINAL).exists()
    assert not Transaction.objects.filter(outcome=Outcome.REVERTED).exists()
    roles = Event.objects.filter(name__in=["RoleGranted", "RoleRevoked"], orphaned=False)
    told = [(e.name, e.args["account"]) for e in roles.order_by("block_number")]
    if purpose == Account.Purpose.ANCHOR:
        assert told[-2:] == [
            ("RoleGranted", "0x" + bytes(new.address).hex()),
            ("RoleRevoked", "0x" + bytes(old.address).hex()),
        ]


def test_a_key_that_was_just_exchanged_signs_nothing_more(node: Node):
    """Another worker exchanged it between our look at the account and its lock."""
    committed()
    seal_batch()
    held = Account.objects.get(name="anchor")
    Account.objects.filter(pk=held.pk).update(state=Account.State.RETIRING)
    assert signing._sign_next(node, held, fees.market(node)) is False
    assert anchors() == []


def test_a_role_that_is_not_ours_to_give_is_asked_for(node: Node, settings):
    settings.CHAIN_ADMIN = "0x" + "ad" * 20
    rotation.rotate(node, Account.Purpose.ANCHOR)
    settle()
    [wanted] = rotation.trouble()
    assert "waits for ANCHOR_ROLE" in wanted
    assert Account.objects.get(name="anchor").state == Account.State.ACTIVE


# -- finality --------------------------------------------------------------------------------------


def test_a_depth_of_our_own_makes_final_where_the_node_names_none(node: Node, settings):
    settings.CHAIN_FINALITY_DEPTH = 4
    committed()
    for _ in range(4):
        tick()
    assert Batch.objects.get().state == AnchorState.MINED
    for _ in range(3):
        tick()
    assert Batch.objects.get().state == AnchorState.FINAL


def test_without_both_the_ledger_says_what_to_do(node: Node, monkeypatch):
    from chain.errors import ChainMismatch

    monkeypatch.setattr(Node, "header", lambda *_: None)
    with pytest.raises(ChainMismatch, match="CHAIN_FINALITY_DEPTH"):
        node.finalized()


def test_below_finality_blocks_are_read_in_ranges(node: Node, monkeypatch):
    committed()
    settle()
    asked = ranges_asked(monkeypatch)
    monkeypatch.setattr(watcher, "RANGE", 20)
    before = tip()
    node.ask("anvil_mine", hex(50))
    assert watcher.catch_up(node) == 50
    assert asked == [20, 20, 8]  # the last two are not final, and read one by one
    assert tip() == before + 50
    assert Block.objects.count() == 3


def test_a_node_that_refuses_long_ranges_is_asked_for_shorter_ones(node: Node, monkeypatch):
    asked = ranges_asked(monkeypatch, most=15)
    node.ask("anvil_mine", hex(50))
    assert watcher.catch_up(node) == 50
    assert asked == [48, 24, 12, 36, 18, 9, 27, 14, 13]


def tip() -> int:
    return Block.objects.order_by("-number").values_list("number", flat=True)[0]


def ranges_asked(monkeypatch, most: int = 10**9) -> list[int]:
    """How many blocks each query spans, from now on; the node refuses more than `most`."""
    asked, real = [], Node.logs_between

    def limited(self: Node, addresses: list[bytes], first: int, last: int):
        asked.append(last - first + 1)
        if asked[-1] > most:
            raise Refused("query returned more than 10000 results")
        return real(self, addresses, first, last)

    monkeypatch.setattr(Node, "logs_between", limited)
    return asked
