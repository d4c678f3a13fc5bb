"""Child processes: started in groups of their own, their lines prefixed, all of them ended."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psutil

from portal.stack.state import State, write_private

COLOURS = (36, 35, 33, 32, 34, 96, 95, 93)
PATIENCE = 20.0  # seconds that a child has to end by itself


@dataclass
class Child:
    """A running child and the signal that it takes as a friendly request to end."""

    name: str
    process: "subprocess.Popen[bytes]"
    stop_signal: signal.Signals
    reader: threading.Thread
    serves: bool  # others need it: it is ended after them


class Processes:
    """The children of one supervisor, written down so that a successor can end them too."""

    def __init__(self, state: State, *, quiet: bool = False) -> None:
        self.state = state
        self.children: list[Child] = []
        self.quiet = quiet
        self._register = state.path / "processes.json"
        self._mutex = threading.Lock()

    def start(  # noqa: PLR0913 - the parts of a command line
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: str | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        serves: bool = False,
    ) -> Child:
        """Start a child in a process group of its own and copy its lines to stderr."""
        process = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, **(env or {})},
            cwd=cwd or self.state.path,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdout is not None
        colour = COLOURS[len(self.children) % len(COLOURS)]
        copy = (name, colour, process.stdout)
        child = Child(
            name,
            process,
            stop_signal,
            threading.Thread(target=self._copy, args=copy, daemon=True),
            serves,
        )
        child.reader.start()
        with self._mutex:
            self.children.append(child)
            self._write_register()
        return child

    def _copy(self, name: str, colour: int, stream: IO[bytes]) -> None:
        with stream, (self.state.sub("logs") / f"{name}.log").open("ab", buffering=0) as log:
            for line in stream:
                log.write(line)
                if self.quiet:
                    continue
                text = line.decode(errors="replace").rstrip()
                prefix = f"\033[{colour}m{name:>9}\033[0m" if sys.stderr.isatty() else f"{name:>9}"
                print(f"{prefix} | {text}", file=sys.stderr, flush=True)

    def _write_register(self) -> None:
        rows = []
        for child in self.children:
            with contextlib.suppress(psutil.NoSuchProcess):
                born = psutil.Process(child.process.pid).create_time()
                rows.append([child.process.pid, born, child.stop_signal.value, child.name])
        write_private(self._register, json.dumps(rows))

    def ended(self) -> Child | None:
        """The first child that is no longer running, if any."""
        return next((c for c in self.children if c.process.poll() is not None), None)

    def stop(self) -> None:
        """End every child: those that need the servers first, then the servers."""
        self._end([child for child in self.children if not child.serves])
        self._end([child for child in self.children if child.serves])
        self._register.unlink(missing_ok=True)

    def end(self, child: Child) -> None:
        """End one child."""
        self._end([child])
        self._write_register()

    def _end(self, children: Sequence[Child]) -> None:
        """Ask all of them at once; whoever does not listen is killed."""
        for child in children:
            _end_group(child.process.pid, child.stop_signal)
        patience = time.monotonic() + PATIENCE
        for child in children:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, patience - time.monotonic()))
            _end_group(child.process.pid, signal.SIGKILL)
            child.process.wait()
            child.reader.join(PATIENCE)
            self.children.remove(child)

    def end_leftovers(self) -> list[str]:
        """End what a supervisor that was killed left running; gives their names."""
        if not self._register.exists():
            return []
        ended = []
        for pid, born, stop_signal, name in reversed(json.loads(self._register.read_text())):
            if _end_leftover(pid, born, signal.Signals(stop_signal)):
                ended.append(name)
        self._register.unlink()
        return ended


def _end_leftover(pid: int, born: float, stop_signal: signal.Signals) -> bool:
    group = _group_members(pid)
    try:
        leader = psutil.Process(pid)
        if abs(leader.create_time() - born) > 1:  # the number was given to somebody else
            return False
    except psutil.NoSuchProcess:
        if not group:
            return False
    _end_group(pid, stop_signal)
    _wait_gone(group, PATIENCE)
    _end_group(pid, signal.SIGKILL)
    _wait_gone(group, 5)
    return True


def _wait_gone(processes: Sequence[psutil.Process], seconds: float) -> None:
    """Wait until none of them runs; a zombie that nobody has collected counts as gone."""
    end = time.monotonic() + seconds
    while any(runs(process.pid) for process in processes) and time.monotonic() < end:
        time.sleep(0.05)


def runs(pid: int) -> bool:
    """Whether there is such a process and it is more than a zombie."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _group_members(group: int) -> list[psutil.Process]:
    members = []
    for process in psutil.process_iter():
        with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess, PermissionError):
            if os.getpgid(process.pid) == group:
                members.append(process)
    return members


def _end_group(group: int, with_signal: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, with_signal)


def wait_until(
    ready: Callable[[], object], *, what: str, child: Child | None = None, seconds: float = 60.0
) -> None:
    """Call `ready()` until it gives something true.

    Raises TimeoutError that says what was awaited, OSError where the child has ended meanwhile.
    """
    end = time.monotonic() + seconds
    while not ready():
        if child and child.process.poll() is not None:
            raise OSError(f"{what} ended at once with code {child.process.returncode}")
        if time.monotonic() > end:
            raise TimeoutError(f"{what} was not ready after {seconds:.0f} s")
        time.sleep(0.05)
