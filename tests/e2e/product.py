"""The product as its users start it: a process of its own, in a state directory of its own."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from portal.stack.services import free_port
from portal.stack.state import OWNER_URL, REPLACEABLE, ROOT

READY = re.compile(r"^Salus is ready at (http://localhost:\d+)$", re.MULTILINE)
# What tests/plugin.py and Django's settings put into this process's environment for its own tests.
OURS = {
    *REPLACEABLE,
    OWNER_URL,
    "SALUS_STATE_DIR",
    "SALUS_ENVIRONMENT",
    "SECRET_KEY_FILE",
    "MASTER_KEY_FILE",
    "KEYSTORE_PASSWORD_FILE",
    "KEYSTORE_DIR",
    "MEDIA_DIR",
    "CHAIN_MINES_ON_DEMAND",
    "DEMO",
    "PORT",
    "BASE_URL",
    "DJANGO_SETTINGS_MODULE",
}


class Product:
    """`script/server` on a state directory; `start` waits until it is ready."""

    def __init__(self, state: Path, *options: str, port: int = 0) -> None:
        self.state = state
        self.port = port or free_port()
        self.options = options
        self.log = state.parent / f"{state.name}.log"
        self.seconds = 0.0
        self.family: list[psutil.Process] = []
        self.listening: set[tuple[str, int]] = set()
        self.process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://localhost:{self.port}"

    @property
    def output(self) -> str:
        """What it has printed since its last start."""
        return self.log.read_text(errors="replace")

    def command(self, name: str, *arguments: str) -> list[str]:
        """`script/server` or `script/manage` without its call of script/setup."""
        return [sys.executable, "-m", "portal.stack", name, *arguments]

    @property
    def environment(self) -> dict[str, str]:
        """A terminal's environment, as if no tests were running."""
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        return {**kept, "SALUS_STATE_DIR": str(self.state)}

    def launch(self) -> None:
        """Start it and go on."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command("server", "--port", str(self.port), *self.options),
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start(self, seconds: float = 240) -> "Product":
        """Start it and wait for the line that says so; its processes and ports are noted."""
        began = time.monotonic()
        self.launch()
        while not READY.search(self.output):
            code = self.process.poll()
            if code is not None or time.monotonic() - began > seconds:
                self.kill()
                raise AssertionError(f"not ready ({code=}):\n{self.output[-4000:]}")
            time.sleep(0.1)
        self.seconds = time.monotonic() - began
        leader = psutil.Process(self.process.pid)
        self.family = [leader, *leader.children(recursive=True)]
        self.listening = set(_addresses_of(self.family))
        return self

    def manage(self, *arguments: str) -> str:
        """What `script/manage` prints, with this state directory; it must succeed."""
        done = subprocess.run(
            self.command("manage", *arguments),
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end and wait; gives its exit code."""
        self.process.send_signal(with_signal)
        return self.process.wait(60)

    def kill(self) -> None:
        """End whatever there is of it, at once: for a test's last line, or as a power cut."""
        for process in {*self.family, *self.remains()}:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        psutil.wait_procs(self.family, timeout=10)

    def remains(self) -> list[psutil.Process]:
        """Processes that run still: those it had, and any that works in its state directory."""
        family = [process for process in self.family if process.is_running()]
        others = [process for process in psutil.process_iter() if self._is_ours(process)]
        return [p for p in dict.fromkeys([*family, *others]) if not _is_zombie(p)]

    def still_listening(self) -> set[tuple[str, int]]:
        """The addresses, of those it had, on which somebody answers."""
        return {address for address in self.listening if _answers(address)}

    def _is_ours(self, process: psutil.Process) -> bool:
        if process.pid == os.getpid():
            return False
        with contextlib.suppress(psutil.Error, OSError):
            # PostgreSQL writes over its environment, but it works in its folder.
            if Path(process.cwd()).is_relative_to(self.state):
                return True
            return process.environ().get("SALUS_STATE_DIR") == str(self.state)
        return False


def _is_zombie(process: psutil.Process) -> bool:
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def _addresses_of(processes: list[psutil.Process]) -> Iterator[tuple[str, int]]:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            for connection in process.net_connections(kind="inet"):
                if connection.status == psutil.CONN_LISTEN:
                    yield connection.laddr.ip, connection.laddr.port


def _answers(address: tuple[str, int]) -> bool:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family) as probe:
        probe.settimeout(2)
        return probe.connect_ex(address) == 0
    return False
