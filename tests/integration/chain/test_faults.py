"""The fault run in small: kills, reorganisations and outages under load, then a comparison."""

import json
import os
import signal
import subprocess
import sys

from portal.stack.state import ROOT
from tests.e2e.product import OURS

SECONDS = 600  # a bound for a busy machine; it takes 50
STOPS = 60  # seconds in which a run that is interrupted ends its servers


def test_nothing_is_lost_or_doubled_whatever_breaks(tmp_path):
    """`script/bench faults` itself, with a stack of its own; the whole run takes many minutes."""
    results = tmp_path / "results.json"
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    run = subprocess.Popen(
        [sys.executable, "-m", "bench", "faults", "--quick", "--results", str(results)],
        cwd=ROOT, env=kept, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        told, errors = run.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        # Killed at once, it would leave its chain and its servers running.
        run.send_signal(signal.SIGINT)
        run.communicate(timeout=STOPS)
        raise
    assert run.returncode == 0, told + errors[-4000:]
    found = {r["metric"]: r for r in json.loads(results.read_text())}
    assert all(r["holds"] for r in found.values() if r["goal"] is not None), told
    assert found["kills_at_failpoints"]["value"] >= 19
    assert found["commitments"]["value"] > 100
    assert found["reorgs_seen"]["value"] >= 1
    print(told)
