"""The pieces of the embedded stack that need no server: state, children, options."""

import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from portal.stack import cli
from portal.stack.embedded import secrets_of
from portal.stack.processes import Child, Processes, wait_until
from portal.stack.services import _package_folder, _socket_directory
from portal.stack.state import ROOT, State, write_private

LOCK = "from portal.stack.state import State; State(Path"
# Also where whoever started the tests had SIGINT ignored, as shells do for what runs beside.
SLEEP = "signal.signal(signal.SIGINT, signal.SIG_DFL); print('awake', flush=True); time.sleep(600)"
SLEEPER = [sys.executable, "-c", f"import signal, time; {SLEEP}"]
# It hears the friendly signal and goes on; and it has a child of its own.
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("awake", flush=True)
time.sleep(600)
"""
# Works in the state directory, like the real ones.
SERVER = """
import os, pathlib, signal, sys
def end(*_):
    client = int(pathlib.Path("client").read_text())
    print("attended" if pathlib.Path(f"/proc/{client}").exists() else "alone", flush=True)
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("awake", flush=True)
signal.pause()
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    made = State(tmp_path / "state")
    yield made
    made.unlock()


@pytest.fixture
def processes(state: State) -> Iterator[Processes]:
    children = Processes(state, quiet=True)
    yield children
    children.stop()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def until(ready: Callable[[], object]) -> None:
    wait_until(ready, what="the test's child", seconds=20)


def log_of(state: State, name: str) -> str:
    path = state.path / "logs" / f"{name}.log"
    return path.read_text() if path.exists() else ""


# -- the state directory ---------------------------------------------------------------------------


def test_a_secret_is_made_once_and_only_its_owner_can_read_it(state: State) -> None:
    secret = state.secret("django-secret-key")
    assert len(secret) >= 48
    assert state.secret("django-secret-key") == secret
    assert State(state.path).secret("django-secret-key") == secret
    assert mode(state.path / "secrets" / "django-secret-key") == 0o600
    assert mode(state.path / "secrets") == 0o700


def test_secrets_differ(state: State) -> None:
    assert len({state.secret(name) for name in "abcdefgh"}) == 8


def test_a_secret_that_others_can_read_is_refused_with_what_to_do(state: State) -> None:
    state.secret("master-key")
    path = state.path / "secrets" / "master-key"
    path.chmod(0o640)
    with pytest.raises(PermissionError, match=f"chmod 600 {path}"):
        state.secret("master-key")


def test_a_private_file_replaces_the_old_one_whole(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("old")
    path.with_name("env.new").write_text("half of what a crash left")
    write_private(path, "new")
    assert path.read_text() == "new"
    assert mode(path) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["env"]


def test_one_supervisor_at_a_time(state: State) -> None:
    lock = f"from pathlib import Path; {LOCK}({str(state.path)!r})).lock()"
    second = [sys.executable, "-c", lock]
    state.lock()
    refused = subprocess.run(second, cwd=ROOT, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert f"StateBusy: {os.getpid()}" in refused.stderr
    state.unlock()
    assert subprocess.run(second, cwd=ROOT, check=False).returncode == 0


def test_wiping_everything_keeps_the_lock(state: State) -> None:
    state.lock()
    state.secret("valkey")
    state.write_env({"PORT": "8000"})
    state.wipe()
    assert [path.name for path in state.path.iterdir()] == ["lock"]


def test_wiping_a_part_keeps_the_rest(state: State) -> None:
    state.sub("chain").joinpath("state.json").write_text("{}")
    state.secret("valkey")
    state.wipe("chain", "never-made")
    assert [path.name for path in state.path.iterdir()] == ["secrets"]


def test_the_settings_find_what_was_written_down(state: State) -> None:
    state.write_env({"REDIS_URL": "redis://127.0.0.1:1/0", "DEMO": "1"})
    lines = (state.path / "env").read_text().splitlines()
    assert lines[0].startswith("#")
    assert lines[1:] == ["DEMO=1", "REDIS_URL=redis://127.0.0.1:1/0"]


def test_the_state_directory_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALUS_STATE_DIR", str(tmp_path / "elsewhere"))
    assert State.default().path == tmp_path / "elsewhere"


def test_the_environment_names_files_of_secrets_and_holds_none(state: State) -> None:
    env = secrets_of(state)
    for name in ("SECRET_KEY", "MASTER_KEY", "KEYSTORE_PASSWORD"):
        assert Path(env[f"{name}_FILE"]).is_file()
        assert name not in env
    assert env["SALUS_ENVIRONMENT"] == "demo"


def test_a_deep_state_directory_keeps_its_sockets_elsewhere(tmp_path: Path) -> None:
    deep = State(tmp_path / ("d" * 90))
    sockets = _socket_directory(deep)
    assert len(str(sockets)) < 90
    assert _socket_directory(deep) == sockets
    sockets.rmdir()


def test_a_missing_package_is_told_with_what_to_do() -> None:
    with pytest.raises(FileNotFoundError, match="Run: script/setup"):
        _package_folder("no_such_package_at_all")


# -- children --------------------------------------------------------------------------------------


def test_what_a_child_says_is_kept(state: State, processes: Processes) -> None:
    processes.start("speaker", [sys.executable, "-c", "print('one'); print('two')"])
    until(lambda: log_of(state, "speaker") == "one\ntwo\n")


def test_a_child_that_ended_is_named(state: State, processes: Processes) -> None:
    processes.start("sleeper", SLEEPER)
    processes.start("failing", [sys.executable, "-c", "raise SystemExit(3)"])
    until(processes.ended)
    ended = processes.ended()
    assert ended is not None
    assert (ended.name, ended.process.returncode) == ("failing", 3)


def test_children_are_written_down_for_a_successor(state: State, processes: Processes) -> None:
    child = processes.start("sleeper", SLEEPER, stop_signal=signal.SIGINT)
    register = state.path / "processes.json"
    [[pid, born, stop_signal, name]] = json.loads(register.read_text())
    assert (pid, stop_signal, name) == (child.process.pid, signal.SIGINT, "sleeper")
    assert abs(born - time.time()) < 60
    assert mode(register) == 0o600


def test_servers_end_after_those_that_need_them(state: State, processes: Processes) -> None:
    # A server that, when asked to end, notes whether its client is still there.
    client = processes.start("client", SLEEPER)
    server = processes.start("server", [sys.executable, "-c", SERVER], serves=True)
    until(lambda: "awake" in log_of(state, "server"))
    (state.path / "client").write_text(str(client.process.pid))
    processes.stop()
    assert log_of(state, "server").split() == ["awake", "alone"]
    assert server.process.returncode == 0
    assert not (state.path / "processes.json").exists()


def test_a_step_that_was_ended_is_no_longer_written_down(
    state: State, processes: Processes
) -> None:
    stays, goes = (processes.start(name, SLEEPER) for name in ("stays", "goes"))
    processes.end(goes)
    assert [row[3] for row in json.loads((state.path / "processes.json").read_text())] == ["stays"]
    assert stays.process.poll() is None


def test_who_does_not_listen_is_killed_with_its_own_children(
    state: State, processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.stack.processes.PATIENCE", 0.2)
    child = processes.start("stubborn", [sys.executable, "-c", STUBBORN])
    until(lambda: "awake" in log_of(state, "stubborn"))
    family = psutil.Process(child.process.pid).children()
    assert len(family) == 1
    processes.stop()
    assert child.process.returncode == -signal.SIGKILL
    until(lambda: not any(is_alive(process) for process in family))


def test_a_successor_ends_what_was_left_running(state: State) -> None:
    dead = Processes(state, quiet=True)
    children = [dead.start(name, SLEEPER) for name in ("one", "two")]
    reap_when_ended(children)
    assert Processes(state, quiet=True).end_leftovers() == ["two", "one"]
    assert all(child.process.poll() is not None for child in children)
    assert Processes(state, quiet=True).end_leftovers() == []


def test_a_number_that_went_to_somebody_else_is_left_alone(state: State) -> None:
    stranger = subprocess.Popen(SLEEPER, stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        born = psutil.Process(stranger.pid).create_time()
        row = [stranger.pid, born - 3600, signal.SIGTERM.value, "web"]
        write_private(state.path / "processes.json", json.dumps([row]))
        assert Processes(state, quiet=True).end_leftovers() == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_waiting_in_vain_says_for_what() -> None:
    with pytest.raises(TimeoutError, match="PostgreSQL was not ready after 0 s"):
        wait_until(lambda: False, what="PostgreSQL", seconds=0)


def is_alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def reap_when_ended(children: list[Child]) -> None:
    """As init does for a dead supervisor's children: nobody is left a zombie."""
    for child in children:
        threading.Thread(target=child.process.wait, daemon=True).start()


# -- options ---------------------------------------------------------------------------------------


def test_the_options_of_the_server() -> None:
    usual = {"port": 8000, "fresh": False, "fresh_chain": False, "no_demo": False}
    assert vars(cli._server_options([])) == usual
    every = cli._server_options(["--port", "9", "--fresh", "--fresh-chain", "--no-demo"])
    assert vars(every) == {"port": 9, "fresh": True, "fresh_chain": True, "no_demo": True}


def test_what_a_url_replaces_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "CHAIN_RPC_URL"):
        monkeypatch.delenv(name, raising=False)
    assert cli._what_is_embedded() == "PostgreSQL, Valkey, anvil, workers and web server"
    monkeypatch.setenv("DATABASE_URL", "postgresql://db.example/salus")
    assert cli._what_is_embedded() == "Valkey, anvil, workers and web server"


def test_an_unknown_command_says_how_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["portal.stack", "dance"])
    with pytest.raises(SystemExit, match=r"^usage: python -m portal\.stack server\|manage"):
        cli.main()
