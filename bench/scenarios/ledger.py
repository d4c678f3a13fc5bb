"""The ledger: how fast commitments are sealed, what an entry costs, how soon it is on the chain."""

import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import connection, connections, transaction

import salus_verify
from bench.measure import Recorder
from chain import registry
from chain.anchoring import awaited, seal_batch
from chain.deployment import ensure_contracts
from chain.models import (
    AnchorState,
    Batch,
    Block,
    Commitment,
    Contract,
    Event,
    Job,
    Kind,
    RegistryEntry,
    Transaction,
)
from chain.node import get_node
from chain.proofs import proof, trust_file
from chain.services import Disclosed, Item, commit, commitment_for
from chain.tasks import tick
from chain.watcher import catch_up
from core.keys import Owner, sealer_for
from portal.celery import forget_what_stays
from portal.stack.processes import Child, Processes
from portal.stack.state import ROOT

SCENARIO = "ledger"
DOCUMENT = b'{"a":1}'
LEAVES, PER_PERSON = 16_000, 100
SIZES = (1_000, 4_000, 16_000, 64_000)
BLOCKS, CHUNK = 10_000, 250
LOGS, PER_CALL = 20_000, 200
RATE, SECONDS = 200, 20


def run(recorder: Recorder, processes: Processes, env: dict[str, str]) -> None:
    """Seal, append, follow, verify."""
    forget_what_stays()  # as in the worker
    settings.ANCHOR_BATCH_SECONDS = 0
    log, registry_contract = ensure_contracts()
    until_final()
    follow_blocks(recorder)
    seal(recorder)
    recorder.add(SCENARIO, "seal_slope", [slope()], "")
    recorder.add(SCENARIO, "worker_rss_mb", [memory_of_a_full_batch()], "MB")
    gas(recorder)
    latency(recorder, processes, env)
    follow_events(recorder)
    verify(recorder, log, registry_contract)


# -- sealing ---------------------------------------------------------------------------------------


def write(count: int) -> list[Commitment]:
    """Commitments of many people, in one transaction."""
    rows: list[Commitment] = []
    with transaction.atomic():
        while len(rows) < count:
            items = [
                Item(Kind.FHIR, f"Observation/{uuid4()}/_history/1", DOCUMENT)
                for _ in range(min(PER_PERSON, count - len(rows)))
            ]
            rows += commit(items, sealer=sealer_for(Owner.patient(uuid4())))
    return rows


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def until_final() -> None:
    """Let everything under way become final."""
    while awaited():
        tick()


def seal(recorder: Recorder) -> None:
    """From the outbox to stored trees, person heads included."""
    committed, sealed = [], []
    for _ in range(3):
        committed.append(LEAVES / seconds(lambda: write(LEAVES)))
        sealed.append(LEAVES / seconds(seal_batch))
        until_final()
    recorder.add(SCENARIO, "committed_per_second", committed, "1/s")
    recorder.add(SCENARIO, "sealed_per_second", sealed, "1/s")


def slope() -> float:
    """How the time grows with the size, as the exponent between 1k and 64k: 1 is linear."""
    times = []
    for size in SIZES:
        best = []
        for _ in range(3 if size < LEAVES else 1):
            write(size)
            best.append(seconds(seal_batch))
            until_final()
        times.append(min(best))
    points = [(math.log(size), math.log(spent)) for size, spent in zip(SIZES, times, strict=True)]
    return statistics.linear_regression(*zip(*points, strict=True)).slope


def memory_of_a_full_batch() -> float:
    """The most that a process needs that seals 65,536 leaves, in MB."""
    write(settings.ANCHOR_BATCH_LEAVES - settings.ANCHOR_BATCH_LEAVES // PER_PERSON - 2)
    connections.close_all()
    connection.close_pool()  # type: ignore[attr-defined]
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        # Counted from here on; what the parent's own lists held is not the worker's.
        batch = seal_batch()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        os.write(writer, f"{peak} {batch.count if batch else 0}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    megabytes, count = os.read(reader, 100).split()
    assert int(count) > settings.ANCHOR_BATCH_LEAVES * 0.98
    until_final()
    return float(megabytes)


# -- gas -------------------------------------------------------------------------------------------


def gas(recorder: Recorder) -> None:
    """Of an entry in the log, and of a consent alone and among others."""
    anchors = Transaction.objects.filter(
        job__key__startswith="anchor:", outcome=Transaction.Outcome.SUCCEEDED
    )
    recorder.add(SCENARIO, "append_gas", [gas_of(row) for row in anchors], "gas")
    settings.CONSENT_CALL_LEAST = 1
    for count in (1, 10, 100):
        for action in registry.Action:
            used = gas_of_consents(action, count)
            recorder.add(SCENARIO, f"{action}_gas_among_{count}", [used / count], "gas")


def gas_of(row: Transaction) -> float:
    """What the chain charged."""
    receipt = get_node().receipt(bytes(row.hash))
    assert receipt is not None
    return float(receipt.gas_used)


def gas_of_consents(action: str, count: int) -> float:
    """Of the transaction that records so many."""
    if action == registry.Action.GRANT:
        grant(count)
    else:
        with transaction.atomic():
            for _ in range(count):
                registry.end(os.urandom(32), person=uuid4())
    registry.send_waiting()
    job = Job.objects.filter(key__startswith="consents:").latest("created_at")
    until_final()
    return gas_of(job.transactions.get(outcome=Transaction.Outcome.SUCCEEDED))


def grant(count: int) -> None:
    """Consents that wait to be recorded."""
    with transaction.atomic():
        items = [
            Item(Kind.CONSENT, f"Consent/{uuid4()}/_history/1", DOCUMENT) for _ in range(count)
        ]
        rows = commit(items, sealer=sealer_for(Owner.patient(uuid4())))
        RegistryEntry.objects.bulk_create(
            RegistryEntry(
                action=registry.Action.GRANT,
                word=row.digest,
                topic=row.digest,
                commitment=row,
                person_id=uuid4(),  # so that all of them may share transactions
            )
            for row in rows
        )


# -- how soon --------------------------------------------------------------------------------------


@contextmanager
def blocks_every_second() -> Iterator[None]:
    """A chain that mines by the clock, as others do."""
    node = get_node()
    node.ask("evm_setAutomine", False)
    node.ask("evm_setIntervalMining", 1)
    try:
        yield
    finally:
        node.ask("evm_setIntervalMining", 0)
        node.ask("evm_setAutomine", True)


def latency(recorder: Recorder, processes: Processes, env: dict[str, str]) -> None:
    """From written to mined under load, with the real worker and its clock; blocks of a second."""
    children = start_celery(processes, {**env, "CHAIN_MINES_ON_DEMAND": "0"})
    with blocks_every_second():
        time.sleep(5)  # until the worker is there
        rows = write_steadily()
        ids = [row.pk for row in rows]
        mined = Commitment.objects.filter(pk__in=ids, batch__state__in=["mined", "final"])
        while mined.count() < len(ids):
            time.sleep(0.5)
    for child in children:
        processes.end(child)
    waits = [
        max(0.0, (datetime.fromtimestamp(time_ or 0, UTC) - at).total_seconds())
        for at, time_ in mined.values_list("created_at", "batch__time")
    ]
    recorder.add(SCENARIO, "mined_p50_seconds", [statistics.median(waits)], "s")
    recorder.add(SCENARIO, "mined_p95_blocks", [statistics.quantiles(waits, n=20)[-1]], "")
    until_final()


def write_steadily() -> list[Commitment]:
    """200 commitments a second."""
    rows, started = [], time.monotonic()
    for part in range(SECONDS * 10):
        rows += write(RATE // 10)
        time.sleep(max(0.0, started + (part + 1) / 10 - time.monotonic()))
    return rows


def start_celery(processes: Processes, env: dict[str, str]) -> list[Child]:
    """The ledger's worker and beat."""
    celery = [sys.executable, "-m", "celery", "-A", "portal.celery", "--quiet"]
    schedule = processes.state.sub("beat") / "schedule"
    worker = [*celery, "worker", "-Q", "chain", "-c", "1", "-l", "ERROR", "--without-mingle"]
    beat = [*celery, "beat", "-s", str(schedule), "-l", "ERROR"]
    return [
        processes.start(n, c, env=env, cwd=ROOT) for n, c in (("chain", worker), ("beat", beat))
    ]


# -- the watcher -----------------------------------------------------------------------------------


def follow_blocks(recorder: Recorder) -> None:
    """Catching up with many empty blocks. First of all: anvil mines slowly once it holds much."""
    node = get_node()
    for _ in range(BLOCKS // CHUNK):
        node.ask("anvil_mine", hex(CHUNK))
    blocks = [BLOCKS / seconds(lambda: catch_up(node))]
    recorder.add(SCENARIO, "blocks_per_second", blocks, "1/s")


def follow_events(recorder: Recorder) -> None:
    """Reading the chain again from its beginning, with many events."""
    for _ in range(LOGS // PER_CALL // 10):
        grant(PER_CALL * 10)
        while registry.send_waiting():
            pass
        until_final()
    events = Event.objects.filter(orphaned=False).count()
    recorder.add(SCENARIO, "logs_per_second", [events / seconds(read_again)], "1/s")


def read_again() -> None:
    """As a new database would: nothing seen yet."""
    Event.objects.all()._raw_delete(using="default")
    Block.objects.all().delete()
    for anchored in (Batch, RegistryEntry):
        anchored.objects.update(
            state=AnchorState.SENT, time=None, block_number=None, block_hash=None,
            transaction_hash=None, final_at=None,
            **({"head": None} if anchored is Batch else {}),
        )  # fmt: skip
    while catch_up(get_node()):
        pass


# -- verifying -------------------------------------------------------------------------------------


def verify(recorder: Recorder, log: Contract, registry_contract: Contract) -> None:
    """One proof: the work alone, and the whole command from a cold start."""
    [row] = write(1)
    seal_batch()
    until_final()
    fresh = commitment_for(row.pk)
    assert fresh is not None
    file = json.dumps(proof(fresh, Disclosed(DOCUMENT))).encode()
    trust = json.dumps(trust_file(log, registry_contract)).encode()
    node = salus_verify.node_at(settings.CHAIN_RPC_URL)
    samples = []
    for _ in range(20):
        started = time.process_time()
        report = salus_verify.verify(file, trust, [node])
        samples.append((time.process_time() - started) * 1000)
        assert report.exit_code == 0
    recorder.add(SCENARIO, "verify_cpu_ms", samples, "ms")
    with tempfile.TemporaryDirectory() as folder:
        names = {"proof.json": file, "trust.json": trust}
        for name, content in names.items():
            (Path(folder) / name).write_bytes(content)
        command = [sys.executable, str(ROOT / "salus_verify.py"), "proof.json"]
        command += ["--trust", "trust.json", "--rpc", settings.CHAIN_RPC_URL]
        cold = [
            1000
            * seconds(
                lambda: subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
            )
            for _ in range(9)
        ]
    recorder.add(SCENARIO, "verify_cold_ms", cold, "ms")
