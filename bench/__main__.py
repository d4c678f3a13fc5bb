"""Runs the scenarios on a stack of its own, which lives as long as the run."""

import os
import sys
import tempfile
from pathlib import Path

from portal.stack.embedded import start_services
from portal.stack.processes import Processes
from portal.stack.state import State

NAMES = ("ledger", "records", "web")


def main() -> int:
    """Gives 1 where a goal was missed."""
    wanted = sys.argv[1:] or list(NAMES)
    if unknown := set(wanted) - set(NAMES):
        print(f"There is no scenario {', '.join(sorted(unknown))}. There are: {', '.join(NAMES)}")
        return 2
    with tempfile.TemporaryDirectory(prefix="salus-bench-") as folder:
        state = State(Path(folder))
        processes = Processes(state, quiet=True)
        try:
            env = start_services(state, processes)
            env |= {"CHAIN_MINES_ON_DEMAND": "1", "DEMO": "1", "SALUS_STATE_DIR": folder}
            os.environ.update(env, DJANGO_SETTINGS_MODULE="portal.settings")
            state.write_env(env)
            return _run(wanted, processes, env)
        finally:
            processes.stop()


def _run(wanted: list[str], processes: Processes, env: dict[str, str]) -> int:
    import django

    django.setup()
    from django.core.management import call_command

    from bench.measure import Recorder
    from bench.scenarios import ledger, records, web
    from core.deployment import portal_id

    call_command("migrate", verbosity=0)
    recorder = Recorder()
    for name in wanted:
        # Each scenario begins with an empty database.
        call_command("flush", verbosity=0, interactive=False)
        portal_id.cache_clear()
        {"ledger": ledger.run, "records": records.run, "web": web.run}[name](
            recorder, processes, env
        )
    print(f"\nwritten to {recorder.write().relative_to(Path.cwd())}")
    return int(any(r.holds is False for r in recorder.results))


sys.exit(main())
