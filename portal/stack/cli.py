"""script/server and script/manage: one supervisor for everything that Salus needs."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from types import FrameType

from portal.stack.embedded import secrets_of, start_services
from portal.stack.processes import Processes, wait_until
from portal.stack.services import free_port
from portal.stack.state import ROOT, State, StateBusy

PYTHON = sys.executable
READY_SECONDS = 600.0


class Ended(Exception):
    """Somebody asked us to stop."""


def main() -> None:
    """Run the named command; exit codes are the children's where there is one."""
    name, *rest = sys.argv[1:] or [""]
    if name == "server":
        sys.exit(serve(_server_options(rest)))
    if name == "manage":
        sys.exit(manage(rest))
    sys.exit("usage: python -m portal.stack server|manage ...")


def _server_options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/server", description="Run the whole portal.")
    parser.add_argument("--port", type=int, default=8000, help="port of the web server (8000)")
    parser.add_argument("--fresh", action="store_true", help="forget everything and start over")
    parser.add_argument(
        "--fresh-chain",
        action="store_true",
        help="forget the embedded chain and anchor everything again on a new one",
    )
    parser.add_argument("--no-demo", action="store_true", help="no demo people and records")
    return parser.parse_args(argv)


def say(text: str) -> None:
    """Progress for the person at the terminal; stdout is kept for the readiness line."""
    print(f"salus: {text}", file=sys.stderr, flush=True)


# -- script/server ---------------------------------------------------------------------------------


def serve(options: argparse.Namespace) -> int:
    """Start everything, say when it is ready, and stop everything again; gives the exit code."""
    state = State.default()
    try:
        state.lock()
    except StateBusy as busy:
        say(f"already running with this state directory (process {busy})")
        return 1
    processes = Processes(state)
    for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(asked, _raise_ended)
    try:
        return _serve(state, processes, options)
    except Ended:
        say("stopping")
        return 0
    except (TimeoutError, subprocess.CalledProcessError, OSError) as error:
        say(f"could not start: {error}")
        return 1
    finally:
        for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(asked, signal.SIG_IGN)
        processes.stop()
        state.unlock()


def _raise_ended(number: int, _frame: FrameType | None) -> None:
    raise Ended(signal.Signals(number).name)


def _serve(state: State, processes: Processes, options: argparse.Namespace) -> int:
    started = time.monotonic()
    if leftovers := processes.end_leftovers():
        say(f"ended what the last run left behind: {', '.join(leftovers)}")
    if options.fresh and os.environ.get("DATABASE_URL"):
        raise OSError("--fresh would destroy the keys of the database that DATABASE_URL names")
    if options.fresh:
        state.wipe()
    elif options.fresh_chain:
        state.wipe("chain")
    _check_port(options.port)
    say("starting " + _what_is_embedded())
    env = start_services(state, processes)
    env["DEMO"] = "0" if options.no_demo else "1"
    env["PORT"] = str(options.port)
    if not os.environ.get("CHAIN_RPC_URL"):
        env["CHAIN_MINES_ON_DEMAND"] = "1"
    state.write_env(env)
    prepare = ["prepare", *(["--fresh-chain"] if options.fresh_chain else [])]
    _run(processes, env, "prepare", [PYTHON, ROOT / "manage.py", *prepare])
    _start_workers(processes, env)
    _start_web(processes, env, options.port)
    health = f"http://127.0.0.1:{options.port}/readyz"
    wait_until(lambda: _alive(processes) and _is_ready(health), what="the portal", seconds=120)
    if not options.no_demo:
        _run(processes, env, "demo", [PYTHON, ROOT / "manage.py", "demo_report"])
    print(f"Salus is ready at http://localhost:{options.port}", flush=True)
    say(f"ready after {time.monotonic() - started:.0f} s. Ctrl-C stops everything.")
    return _watch(processes)


def _what_is_embedded() -> str:
    names = {"DATABASE_URL": "PostgreSQL", "REDIS_URL": "Valkey", "CHAIN_RPC_URL": "anvil"}
    own = [label for name, label in names.items() if not os.environ.get(name)]
    return ", ".join([*own, "workers and web server"])


def _check_port(port: int) -> None:
    import socket

    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            if family == socket.AF_INET:
                raise OSError(f"port {port} is taken ({error.strerror}). Try --port.") from error


def _run(processes: Processes, env: dict[str, str], name: str, command: list[object]) -> None:
    """Run a step to its end; raises CalledProcessError where it fails."""
    child = processes.start(name, [str(c) for c in command], env=env, cwd=ROOT)
    while child.process.poll() is None:
        _alive(processes, but=name)
        time.sleep(0.05)
    processes.children.remove(child)
    if child.process.returncode:
        raise subprocess.CalledProcessError(child.process.returncode, name)


def _alive(processes: Processes, but: str | None = None) -> bool:
    ended = next(
        (c for c in processes.children if c.name != but and c.process.poll() is not None), None
    )
    if ended:
        raise OSError(f"{ended.name} ended with code {ended.process.returncode}")
    return True


def _start_workers(processes: Processes, env: dict[str, str]) -> None:
    celery = [PYTHON, "-m", "celery", "-A", "portal.celery", "--quiet"]
    options = ["--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    for queue in ("chain", "work"):
        processes.start(
            queue,
            [*celery, "worker", "-Q", queue, "-n", f"{queue}@%h", "-c", "1", *options],
            env=env, cwd=ROOT,
        )  # fmt: skip
    schedule = processes.state.sub("beat") / "schedule"
    processes.start("beat", [*celery, "beat", "-s", schedule, "-l", "WARNING"], env=env, cwd=ROOT)


def _start_web(processes: Processes, env: dict[str, str], port: int) -> None:
    """Both loopbacks are bound, because a browser resolves `localhost` to either."""
    processes.start("web", [PYTHON, "-m", "portal.stack.web", str(port)], env=env, cwd=ROOT)


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # our own server  # nosec B310
            return bool(json.load(response)["ready"])
    except (OSError, ValueError, KeyError):
        return False


def _watch(processes: Processes) -> int:
    """Wait until a child ends by itself, which stops the others: nothing is restarted silently."""
    while True:
        if child := processes.ended():
            say(f"{child.name} ended with code {child.process.returncode}; stopping the others")
            return 1
        time.sleep(0.2)


# -- script/manage ---------------------------------------------------------------------------------


def manage(argv: list[str]) -> int:
    """Run a Django command against the running services, or against ones started for it."""
    state = State.default()
    command = [PYTHON, str(ROOT / "manage.py"), *argv]
    try:
        state.lock()
    except StateBusy:
        return subprocess.run(command, check=False).returncode
    processes = Processes(state, quiet=True)
    signal.signal(signal.SIGTERM, _raise_ended)
    try:
        processes.end_leftovers()
        demo = os.environ.get("DEMO") or state.read_env().get("DEMO", "1")
        env = {**start_services(state, processes), "DEMO": demo}
        if not os.environ.get("CHAIN_RPC_URL"):
            env["CHAIN_MINES_ON_DEMAND"] = "1"
        state.write_env(env)
        return subprocess.run(command, check=False, env={**os.environ, **env}).returncode
    except (Ended, KeyboardInterrupt):
        return 130
    finally:
        processes.stop()
        state.unlock()


__all__ = ["free_port", "main", "manage", "secrets_of", "serve"]
