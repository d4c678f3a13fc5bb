"""Records: how fast bundles are imported, with encryption, commitments and audit."""

import time
from datetime import date

from bench.measure import Recorder
from core.audit import Actor
from portal.demo.clinical import bundles
from portal.stack.processes import Processes
from records.services.importing import import_bundle


def run(recorder: Recorder, processes: Processes, env: dict[str, str]) -> None:
    """Import the demo's bundles."""
    made = list(bundles(today=date(2026, 1, 31)))
    rates = []
    for bundle in made:
        started = time.perf_counter()
        done = import_bundle(bundle, by=Actor.system("bench"))
        if done.created > 100:
            rates.append(done.created / (time.perf_counter() - started))
    recorder.add("records", "imported_per_second", rates, "1/s")
