"""The fault run in small: kills, reorganisations and outages under load, then a comparison."""

import json
import os
import subprocess
import sys

from portal.stack.state import ROOT
from tests.e2e.product import OURS

SECONDS = 300  # a bound for a busy machine; it takes 50


def test_nothing_is_lost_or_doubled_whatever_breaks(tmp_path):
    """`script/bench faults` itself, with a stack of its own; the whole run takes many minutes."""
    results = tmp_path / "results.json"
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    done = subprocess.run(
        [sys.executable, "-m", "bench", "faults", "--quick", "--results", str(results)],
        cwd=ROOT,
        env=kept,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    found = {r["metric"]: r for r in json.loads(results.read_text())}
    assert all(r["holds"] for r in found.values() if r["goal"] is not None), done.stdout
    assert found["kills_at_failpoints"]["value"] >= 19
    assert found["commitments"]["value"] > 100
    assert found["reorgs_seen"]["value"] >= 1
    print(done.stdout)
