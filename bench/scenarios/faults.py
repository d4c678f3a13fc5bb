"""The ledger while everything breaks: kills, reorganisations, outages, all under load.

Then everything stops, and what the database says is compared with what the chain says. The whole
run is many such rounds, each with a chain of its own: above some height a reorganisation makes
anvil forget the state of every account, which no chain does.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.measure import Recorder
from portal.stack.processes import Child, Processes, wait_until
from portal.stack.services import start_postgres
from portal.stack.state import ROOT

SEED = 20261122
DEPTH = 16  # blocks until final: deeper than any reorganisation here
WORKERS = 2
BLOCK = 0.12  # seconds
ROOM, NO_ROOM = 30_000_000, 30_000  # gas of a block
LONGEST = 60.0  # seconds to wait for one thing to happen


@dataclass(frozen=True)
class Plan:
    """How much is broken."""

    kills: int  # at each failpoint
    random_kills: int
    reorgs: int
    outages: int  # of each server


ROUND = Plan(kills=1, random_kills=10, reorgs=2, outages=1)
ROUNDS = 10


def run(recorder: Recorder, processes: Processes, env: dict[str, str]) -> None:
    """All rounds, one after the other: some ten minutes."""
    found = [_one_round(SEED + n, env) for n in range(ROUNDS)]
    for metric in found[0]:
        recorder.add("faults", metric, [sum(values[metric] for values in found)], "")


def _one_round(seed: int, env: dict[str, str]) -> dict[str, float]:
    results = Path(env["SALUS_STATE_DIR"]) / f"round-{seed}.json"
    options = ["--quick", "--seed", str(seed), "--results", str(results)]
    command = [sys.executable, "-m", "bench", "faults", *options]
    # It starts servers of its own, so it must not hear of ours.
    outside = {name: value for name, value in os.environ.items() if name not in env}
    subprocess.run(command, cwd=ROOT, env=outside, check=False)
    return {row["metric"]: row["value"] for row in json.loads(results.read_text())}


def run_quick(recorder: Recorder, processes: Processes, env: dict[str, str], seed: int) -> None:
    """One round, in less than a minute: break, settle, compare."""
    from django.conf import settings

    from bench.scenarios.fault_checks import differences
    from chain.deployment import ensure_contracts

    settings.CHAIN_FINALITY_DEPTH = DEPTH
    ensure_contracts()
    settings.CHAIN_MINES_ON_DEMAND = False
    started = time.monotonic()
    with Arena(processes, env, random.Random(seed)) as arena:
        arena.run(ROUND)
        arena.settle()
    found = differences(Path(env["SALUS_STATE_DIR"]) / "promises")
    for name, count in {**arena.counts, **found}.items():
        recorder.add("faults_quick", name, [float(count)], "")
    recorder.add("faults_quick", "seconds", [time.monotonic() - started], "s")


class Arena:
    """The processes that are broken, and those who break them."""

    def __init__(self, processes: Processes, env: dict[str, str], chance: random.Random) -> None:
        self.processes = processes
        self.env = {
            **env,
            "CHAIN_MINES_ON_DEMAND": "0",
            "CHAIN_FINALITY_DEPTH": str(DEPTH),
            "ANCHOR_BATCH_SECONDS": "0",
            "LEDGER_TICK_SECONDS": "0.2",  # one round each time: the workers here know no rest
        }
        self.chance = chance
        self.counts: Counter[str] = Counter()
        self.workers: list[int] = []
        self.stopping = threading.Event()

    def __enter__(self) -> "Arena":
        from chain.node import get_node

        self.node = get_node()
        self.node.ask("evm_setAutomine", False)
        self.nursery = subprocess.Popen(
            [sys.executable, "-m", "bench.fault_worker"],
            cwd=ROOT, env={**os.environ, **self.env}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log(),
        )  # fmt: skip
        self.miner = threading.Thread(target=self._mine, daemon=True)
        self.miner.start()
        self.load = self._spawn("load")
        self.celery = self._start_celery()
        return self

    def __exit__(self, *_: object) -> None:
        self._end_workers()
        self._kill(self.load)
        self.stopping.set()
        self.miner.join()
        self.nursery.stdin.close()  # type: ignore[union-attr]
        self.nursery.wait(10)
        self.node.ask("evm_setAutomine", True)

    def _log(self) -> Any:
        return (self.processes.state.sub("logs") / "faults.log").open("a")

    def _mine(self) -> None:
        """A block every so often, as on a chain of others; not while its process is stopped."""
        while not self.stopping.wait(BLOCK):
            with suppress(Exception):
                self.node.ask("evm_mine")

    # -- processes ---------------------------------------------------------------------------------

    def _spawn(self, role: str, failpoint: str = "") -> int:
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        self.nursery.stdin.write(f"{role} {failpoint}\n")
        self.nursery.stdin.flush()
        return int(self.nursery.stdout.readline())

    def _start_celery(self) -> list[Child]:
        """The ledger's real worker and its clock, beside ours."""
        celery = [sys.executable, "-m", "celery", "-A", "portal.celery", "--quiet"]
        worker = [*celery, "worker", "-Q", "chain", "-c", "1", "-l", "ERROR", "--without-mingle"]
        schedule = self.processes.state.sub("beat") / "schedule"
        beat = [*celery, "beat", "-s", str(schedule), "-l", "ERROR"]
        start = self.processes.start
        return [
            start("chain", worker, env=self.env, cwd=ROOT),
            start("beat", beat, env=self.env, cwd=ROOT),
        ]

    def _kill_celery(self) -> None:
        for child in self.celery:
            with suppress(ProcessLookupError):
                os.killpg(child.process.pid, signal.SIGKILL)
            self.processes.end(child)
        self.celery = self._start_celery()

    def _kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)

    def _end_workers(self) -> None:
        for pid in self.workers:
            self._kill(pid)
        self.workers = []

    def _have_workers(self, failpoint: str = "") -> int:
        """Replace the dead; gives how many had died."""
        alive = [pid for pid in self.workers if psutil.pid_exists(pid)]
        dead = len(self.workers) - len(alive)
        while len(alive) < WORKERS:
            alive.append(self._spawn("ledger", failpoint))
        self.workers = alive
        return dead

    # -- what is broken ----------------------------------------------------------------------------

    def run(self, plan: Plan) -> None:
        """All of it, one after the other, while the load goes on."""
        from chain.failpoints import NAMES

        for name in NAMES:
            self._kill_at(name, plan.kills)
        self._have_workers()
        for _ in range(plan.random_kills):
            self._kill_at_random()
        for _ in range(plan.reorgs):
            self._reorganise(self.chance.randint(1, 12))
        for _ in range(plan.outages):
            self._stop_the_chain()
            self._flush_valkey()
            self._restart_postgres()

    def _kill_at(self, name: str, times: int) -> None:
        """All workers end themselves at one place, and are replaced, until it was enough."""
        if name == "commit.stored":
            self._kill_loads(name, times)
            return
        self._end_workers()
        provoke = {"replacement": self._make_stuck, "orphan": self._reorganise_some}
        provoker = provoke.get(name.partition(".")[0])
        self._have_workers(name)
        died, end = 0, time.monotonic() + LONGEST * times
        while died < times:
            if provoker:
                provoker()
            time.sleep(0.05)
            died += self._have_workers(name)
            if time.monotonic() > end:
                raise TimeoutError(f"{name} was reached {died} times only")
        self.counts["kills_at_failpoints"] += died
        self._end_workers()

    def _kill_loads(self, name: str, times: int) -> None:
        for _ in range(times):
            pid = self._spawn("load", name)
            wait_until(lambda pid=pid: not psutil.pid_exists(pid), what=f"the kill at {name}")  # type: ignore[misc]
            self.counts["kills_at_failpoints"] += 1

    def _make_stuck(self) -> None:
        """Blocks without room go by, so that what is under way gets replaced."""
        from chain.models import Job

        wait_until(self._something_is_pending, what="a transaction")
        height = self.node.latest()
        self.node.ask("evm_setBlockGasLimit", hex(NO_ROOM))
        wait_until(lambda: self.node.latest() > height + 5, what="blocks")
        self.node.ask("evm_setBlockGasLimit", hex(ROOM))
        # Calls that found no room would wait for minutes; that patience is not what is tried here.
        Job.objects.update(not_before=None)
        time.sleep(0.3)

    def _something_is_pending(self) -> bool:
        from chain.models import Transaction

        return Transaction.objects.filter(outcome=Transaction.Outcome.PENDING).exists()

    def _reorganise_some(self) -> None:
        time.sleep(0.5)
        self._reorganise(self.chance.randint(1, 12))

    def _kill_at_random(self) -> None:
        time.sleep(self.chance.random() * 0.5)
        if self.chance.random() < 0.05:
            self._kill_celery()
        else:
            self._kill(self.chance.choice(self.workers))
        self.counts["kills_at_random"] += 1
        self._have_workers()

    def _reorganise(self, depth: int) -> None:
        height = self.node.latest()
        wait_until(lambda: self.node.latest() > height + depth, what="blocks")
        self.node.ask("anvil_reorg", depth, [])
        self.counts["reorgs"] += 1

    def _stop_the_chain(self) -> None:
        anvil = self._child("anvil").process.pid
        os.kill(anvil, signal.SIGSTOP)
        time.sleep(1)
        os.kill(anvil, signal.SIGCONT)
        self._note_outage("chain")

    def _flush_valkey(self) -> None:
        import redis

        redis.Redis.from_url(self.env["REDIS_URL"]).flushall()
        self._note_outage("valkey")

    def _restart_postgres(self) -> None:
        """At once and without notice, every other time; else as an operator would."""
        from django.db import connection, connections

        child = self._child("postgres")
        if self.chance.random() < 0.5:
            os.killpg(child.process.pid, signal.SIGKILL)
        self.processes.end(child)
        time.sleep(0.5)
        start_postgres(self.processes.state, self.processes)
        connections.close_all()
        connection.close_pool()  # type: ignore[attr-defined]
        self._note_outage("postgres")

    def _note_outage(self, name: str) -> None:
        self.counts[f"outages_of_{name}"] += 1
        time.sleep(1)
        self._have_workers()

    def _child(self, name: str) -> Child:
        return next(c for c in self.processes.children if c.name == name)

    # -- the end -----------------------------------------------------------------------------------

    def settle(self) -> None:
        """The load stops; undisturbed workers finish everything."""
        from chain.anchoring import all_final

        self._kill(self.load)
        self._have_workers()
        wait_until(all_final, what="the end of all work", seconds=300)
