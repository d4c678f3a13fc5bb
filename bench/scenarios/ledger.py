"""The ledger: how fast commitments are sealed, what an entry costs, how long a check takes."""

import json
import time
from uuid import uuid4

from django.conf import settings
from django.db import transaction

import salus_verify
from bench.measure import Recorder
from chain.anchoring import seal_batch
from chain.deployment import ensure_log
from chain.models import AnchorState, Batch, Commitment, Contract, Kind, Transaction
from chain.node import get_node
from chain.presenters import trust_file
from chain.services import Item, commit, commitment_for, proof
from chain.tasks import tick
from core.keys import Owner, sealer_for
from portal.stack.processes import Processes

LEAVES = 16_384
ROUNDS = 3


def run(recorder: Recorder, processes: Processes, env: dict[str, str]) -> None:
    """Seal, append, verify."""
    settings.ANCHOR_BATCH_SECONDS = 0
    log = ensure_log()
    committed, sealed = [], []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        rows = _commit(LEAVES)
        committed.append(LEAVES / (time.perf_counter() - started))
        started = time.perf_counter()
        seal_batch()
        sealed.append(LEAVES / (time.perf_counter() - started))
        _until_final()
    recorder.add("ledger", "committed_per_second", committed, "1/s")
    recorder.add("ledger", "sealed_per_second", sealed, "1/s")
    hashes = Transaction.objects.filter(succeeded=True).values_list("hash", flat=True)
    receipts = [get_node().receipt(bytes(h)) for h in hashes]
    recorder.add("ledger", "append_gas", [float(r.gas_used) for r in receipts if r], "gas")
    recorder.add("ledger", "verify_cpu_ms", _verify(rows[0], log), "ms")


def _commit(count: int) -> list[Commitment]:
    with transaction.atomic():
        items = [
            Item(Kind.FHIR, f"Observation/{uuid4()}/_history/1", b'{"a":1}') for _ in range(count)
        ]
        return commit(items, sealer=sealer_for(Owner.patient(uuid4())))


def _until_final() -> None:
    while Batch.objects.exclude(state=AnchorState.FINAL).exists():
        tick()


def _verify(row: Commitment, log: Contract) -> list[float]:
    fresh = commitment_for(row.pk)
    assert fresh is not None
    file = json.dumps(proof(fresh, b'{"a":1}')).encode()
    trust = json.dumps(trust_file(log)).encode()
    node = salus_verify.node_at(settings.CHAIN_RPC_URL)
    samples = []
    for _ in range(20):
        started = time.process_time()
        report = salus_verify.verify(file, trust, [node])
        samples.append((time.process_time() - started) * 1000)
        assert report.exit_code == 0
    return samples
