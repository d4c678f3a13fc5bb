"""The state directory: secrets, data of the embedded servers, and the env file that settings read."""

import fcntl
import os
import secrets
import shutil
import stat
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
REPLACEABLE = ("DATABASE_URL", "REDIS_URL", "CHAIN_RPC_URL")
OWNER_URL = "DATABASE_OWNER_URL"  # for migrations alone


class StateBusy(Exception):
    """Another supervisor works on this state directory."""


class State:
    """Paths and secrets of one state directory (default `.salus/`)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(mode=0o711, parents=True, exist_ok=True)
        self._lock: IO[str] | None = None

    @classmethod
    def default(cls) -> "State":
        """The directory of SALUS_STATE_DIR, else `.salus/` beside manage.py."""
        return cls(Path(os.environ.get("SALUS_STATE_DIR") or ROOT / ".salus").resolve())

    def sub(self, name: str, mode: int = 0o700) -> Path:
        """A subdirectory, made on first use."""
        path = self.path / name
        path.mkdir(mode=mode, exist_ok=True)
        return path

    def lock(self) -> None:
        """Hold the directory until this process ends; raises StateBusy where another one does."""
        handle = (self.path / "lock").open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with handle:
                handle.seek(0)
                holder = handle.read().strip() or "unknown"
            raise StateBusy(holder) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        self._lock = handle

    def unlock(self) -> None:
        """Let others work on the directory."""
        if self._lock:
            self._lock.close()
            self._lock = None

    def secret(self, name: str, make: str | None = None) -> str:
        """The secret of that name, made on first use, in a file that only its owner can read."""
        path = self.sub("secrets") / name
        if not path.exists():
            write_private(path, make or secrets.token_urlsafe(48))
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise PermissionError(f"{path} can be read by others. Run: chmod 600 {path}")
        return path.read_text().strip()

    def wipe(self, *names: str) -> None:
        """Remove the named parts of the state; without names everything but the lock."""
        for path in [self.path / n for n in names] if names else list(self.path.iterdir()):
            if path.name == "lock":
                continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)

    def read_env(self) -> dict[str, str]:
        """What the last run wrote down; empty before the first."""
        path = self.path / "env"
        lines = path.read_text().splitlines() if path.exists() else []
        return dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")

    def write_env(self, values: dict[str, str]) -> None:
        """Tell Django's settings where the servers are."""
        lines = ["# Written by script/server; read by portal/settings.py."]
        lines += [f"{name}={value}" for name, value in sorted(values.items())]
        write_private(self.path / "env", "\n".join(lines) + "\n")


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 so that a crash leaves the old one or the new one."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    draft.replace(path)
