"""After the fault run: what the database says, against what the chain says and what was promised."""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Count

from chain.artifacts import artifact
from chain.canonical import parse
from chain.commitments import fold, genesis_head, hex_of, leaf_of, next_head
from chain.contracts import LOG, REGISTRY, current_contracts, current_log
from chain.heads import head_document
from chain.models import (
    AnchorState,
    Batch,
    Block,
    Commitment,
    Contract,
    Event,
    Job,
    Kind,
    PersonHead,
    RegistryEntry,
    Reorg,
    Transaction,
)
from chain.node import Log, get_node
from chain.proofs import path_of
from chain.registry import Action
from chain.watcher import catch_up


def differences(promises: Path) -> Mapping[str, int]:
    """How much there was, and everything that is not as it should be; those are all zero."""
    promised = set(promises.read_text().split())
    there = set(Commitment.objects.values_list("reference", flat=True))
    return {
        "commitments": len(there),
        "consents": RegistryEntry.objects.count(),
        "batches": Batch.objects.count(),
        "heads": PersonHead.objects.count(),
        "transactions": Transaction.objects.count(),
        "reorgs_seen": Reorg.objects.count(),
        "lost": len(promised - there) + _not_final(),
        "doubled": _doubled_roots() + _doubled_effects(),
        "wrong_paths": _wrong_paths(),
        "wrong_on_chain": _wrong_on_chain(),
        "wrong_heads": _wrong_heads(),
        "replay_differences": _replay_differences(),
    }


def _not_final() -> int:
    final = AnchorState.FINAL
    leaves = Commitment.objects.exclude(kind=Kind.CONSENT)
    return (
        leaves.exclude(batch__state=final).count()
        + RegistryEntry.objects.exclude(state=final).count()
        + Job.objects.exclude(state=Job.State.FINAL).count()
    )


def _doubled_roots() -> int:
    """Entries of the log that hold what another one holds, or that are none of our batches."""
    roots = Counter(log.topics[2] for log in _logs(LOG))
    ours = Counter(bytes(root) for root in Batch.objects.values_list("root", flat=True))
    per_place = Commitment.objects.exclude(batch=None).values("batch", "position")
    shared = per_place.annotate(n=Count("pk")).filter(n__gt=1).count()
    return sum((roots - ours).values()) + sum((ours - roots).values()) + shared


def _doubled_effects() -> int:
    """Keys with two successful transactions, by the chain's own receipts; tells which."""
    node, successes = get_node(), Counter[Job]()
    for row in Transaction.objects.select_related("job"):
        receipt = node.receipt(bytes(row.hash))
        successes[row.job] += bool(receipt and receipt.succeeded)
    doubled = [job for job, count in successes.items() if count > 1]
    for job in doubled:
        rows = job.transactions.order_by("created_at")
        attempts = [f"{r.created_at:%T} nonce {r.nonce} {r.outcome} {r.block_number}" for r in rows]
        print(f"sent twice: {job.reason}, {job.failures} failures: {attempts}", file=sys.stderr)
    return len(doubled)


def _wrong_paths() -> int:
    wrong = 0
    for row in Commitment.objects.exclude(batch=None).select_related("batch"):
        assert row.batch is not None
        assert row.position is not None
        path = path_of(row.batch.pk, row.position, row.batch.depth)
        wrong += fold(leaf_of(bytes(row.digest)), path) != bytes(row.batch.root)
    return wrong


def _wrong_on_chain() -> int:
    """Heads that do not follow from each other, and consents that the registry knows otherwise."""
    node, log = get_node(), current_log()
    assert log is not None
    head, wrong = genesis_head(log.chain_id, bytes(log.address)), 0
    for batch in Batch.objects.defer("nodes").order_by("sequence"):
        head = next_head(head, batch.sequence, bytes(batch.root), batch.depth, batch.time or 0)
        asked = artifact(LOG).call("heads", batch.sequence)
        wrong += not head == bytes(batch.head or b"") == node.call(bytes(log.address), asked)
    for entry in RegistryEntry.objects.select_related("registry"):
        assert entry.registry is not None
        function = "grantedAt" if entry.action == Action.GRANT else "revokedAt"
        asked = artifact(REGISTRY).call(function, bytes(entry.topic))
        known = int.from_bytes(node.call(bytes(entry.registry.address), asked), "big")
        wrong += known != entry.time
    topics = Counter(log.topics[1] for log in _logs(REGISTRY))
    ours = RegistryEntry.objects.values_list("topic", flat=True)
    return wrong + sum(1 for topic in ours if topics[bytes(topic)] != 1)


def _logs(name: str) -> list[Log]:
    contract = Contract.objects.get(name=name, current=True)
    node = get_node()
    logs = node.logs_between([bytes(contract.address)], contract.deploy_block, node.latest())
    return [log for log in logs if (found := artifact(name).event(log)) and "Role" not in found[0]]


def _wrong_heads() -> int:
    """Heads that are not chained, or do not list each commitment of a person exactly once."""
    wrong = 0
    for person in PersonHead.objects.values_list("owner_id", flat=True).distinct():
        heads = PersonHead.objects.filter(owner_id=person).select_related("commitment")
        previous, listed = None, Counter[str]()
        for number, head in enumerate(heads.order_by("number"), start=1):
            said = parse(head_document(head))
            listed.update(said["commitments"])
            right = (number, previous, sum(listed.values()))
            wrong += (said["number"], said["previous"], said["count"]) != right
            previous = hex_of(head.commitment.digest)
        own = Commitment.objects.filter(owner_id=person).exclude(kind=Kind.HEAD)
        wrong += listed != Counter(map(hex_of, own.values_list("digest", flat=True)))
    return wrong


# -- a fresh replay --------------------------------------------------------------------------------


def _replay_differences() -> int:
    """Read the chain again from its beginning, into emptied tables, and take that back."""
    before = _seen()
    with transaction.atomic():
        Event.objects.all().delete()
        Block.objects.all().delete()
        for anchored in (Batch, RegistryEntry):
            anchored.objects.update(
                state="sent", time=None, block_number=None, block_hash=None,
                transaction_hash=None, final_at=None,
                **({"head": None} if anchored is Batch else {}),
            )  # fmt: skip
        while catch_up(get_node()):
            pass
        after = _seen()
        transaction.set_rollback(True)
    return sum(1 for table in before if before[table] != after[table])


def _seen() -> dict[str, list[tuple[Any, ...]]]:
    """Whatever the watcher derives from the chain."""
    place = ("state", "time", "block_number", "block_hash", "transaction_hash")
    events = Event.objects.filter(orphaned=False, contract__in=current_contracts())
    return {
        "events": _rows(events, "block_hash", "log_index", "name", "args", "transaction_hash"),
        "batches": _rows(Batch.objects.all(), "id", "head", *place),
        "entries": _rows(RegistryEntry.objects.all(), "id", *place),
        "final": _rows(Block.objects.filter(final=True), "number", "hash"),
    }


def _rows(rows: Any, *columns: str) -> list[tuple[Any, ...]]:
    def plain(value: Any) -> str:
        return bytes(value).hex() if isinstance(value, bytes | memoryview) else str(value)

    return sorted(tuple(map(plain, row)) for row in rows.values_list(*columns))
