"""Runs the scenarios on a stack of its own, which lives as long as the run."""

import argparse
import os
import sys
import tempfile
from functools import partial
from pathlib import Path

from bench.scenarios import faults
from portal.stack.embedded import start_services
from portal.stack.processes import Processes
from portal.stack.state import State

NAMES = ("ledger", "people", "records", "web", "faults", "contracts")
RESULTS = Path(__file__).parent / "results" / "latest.json"


def main() -> int:
    """Gives 1 where a goal was missed."""
    parser = argparse.ArgumentParser(prog="script/bench", description="Run the benchmarks.")
    parser.add_argument("name", nargs="*", metavar="NAME", help=" ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="faults: a run of under a minute")
    parser.add_argument("--seed", type=int, default=faults.SEED, help="of faults --quick")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the JSON file to write")
    options = parser.parse_args()
    if unknown := set(options.name) - set(NAMES):
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="salus-bench-") as folder:
        state = State(Path(folder))
        processes = Processes(state, quiet=True)
        try:
            env = start_services(state, processes)
            env |= {"CHAIN_MINES_ON_DEMAND": "1", "DEMO": "1", "SALUS_STATE_DIR": folder}
            os.environ.update(env, DJANGO_SETTINGS_MODULE="portal.settings")
            state.write_env(env)
            return _run(options, processes, env)
        finally:
            processes.stop()


def _run(options: argparse.Namespace, processes: Processes, env: dict[str, str]) -> int:
    import django

    django.setup()
    from django.core.management import call_command

    from bench.measure import Recorder
    from bench.scenarios import contracts, ledger, people, records, web
    from core.deployment import portal_id

    scenarios = {
        "ledger": ledger.run,
        "records": records.run,
        "people": people.run,
        "web": web.run,
        "contracts": contracts.run,
        "faults": partial(faults.run_quick, seed=options.seed) if options.quick else faults.run,
    }
    call_command("migrate", database="owner", verbosity=0)
    recorder = Recorder()
    for name in options.name or NAMES:
        # Each scenario begins with an empty database.
        call_command("flush", database="owner", verbosity=0, interactive=False)
        portal_id.cache_clear()
        scenarios[name](recorder, processes, env)
    recorder.write(options.results)
    print(f"\nwritten to {options.results}")
    return int(any(r.holds is False for r in recorder.results))


sys.exit(main())
