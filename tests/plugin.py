"""Starts the embedded servers for the tests, before Django's settings are read.

Any of DATABASE_URL, REDIS_URL and CHAIN_RPC_URL in the environment replaces its server.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.stack.embedded import start_services
from portal.stack.processes import Processes
from portal.stack.state import ROOT, State

_processes: Processes | None = None


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Runs before pytest-django configures Django."""
    global _processes  # noqa: PLW0603 - one per test session
    if _processes is not None:
        return
    state = State(Path(os.environ.get("SALUS_TEST_STATE_DIR") or ROOT / ".salus" / "test"))
    state.lock()
    # Asked to end, as when interrupted: what was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    _processes = Processes(state, quiet=True)
    _processes.end_leftovers()
    env = start_services(state, _processes, durable=False, keep_chain=False)
    os.environ.update(env, SALUS_STATE_DIR=str(state.path), CHAIN_MINES_ON_DEMAND="1", DEMO="1")


def pytest_unconfigure() -> Iterator[None] | None:
    """Stop what was started."""
    if _processes is not None:
        _processes.stop()
        _processes.state.unlock()
    return None
