"""The web server: what a signed-in, consent-checked, audited FHIR read costs, by interface.

The ceiling is a bare view on the same server: one row by its key, decrypted.
"""

import importlib.util
import re
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from bench.load import load
from bench.measure import Recorder
from core.acting import portal_acts
from core.audit import Actor
from portal.stack.processes import Processes
from portal.stack.services import free_port
from portal.stack.state import ROOT
from records.models import Record, Version

WORKERS, THREADS, ROUNDS, SECONDS = "2", "4", 3, 4.0


def servers(port: int, application: str) -> dict[str, list[str]]:
    """The candidates' command lines; those that are not installed are left out."""
    granian = ["-m", "granian", "--workers", WORKERS, "--port", str(port), "--log-level", "error"]
    found = {
        "granian_wsgi": [
            *granian,
            "--interface",
            "wsgi",
            "--blocking-threads",
            THREADS,
            application,
        ]
    }
    if importlib.util.find_spec("gunicorn"):
        bind = ["-b", f"127.0.0.1:{port}", "-w", WORKERS, "--log-level", "error"]
        found["gunicorn_gthread"] = [
            "-m", "gunicorn", "-k", "gthread", "--threads", THREADS, *bind, application,
        ]  # fmt: skip
    return found


@dataclass(frozen=True)
class Read:
    """A signed-in person's read of one of their own results."""

    version: int
    path: str
    headers: dict[str, str]


def a_read() -> Read:
    """The demo's patient, with a token."""
    from accounts.models import User
    from accounts.tokens import token_issue
    from chain.deployment import ensure_contracts
    from portal.demo.seed import seed

    ensure_contracts()
    seed(say=lambda _text: None)
    user = User.objects.get(email="patient@salus.example")
    token = token_issue(user=user, by=Actor.system("bench"))
    record = Record.objects.filter(patient__account=user, type="Observation").earliest("pk")
    version = Version.objects.get(record=record, current=True)
    return Read(version.pk, f"/fhir/{record}", {"Authorization": f"Bearer {token}"})


def run(recorder: Recorder, processes: Processes, env: dict[str, str]) -> None:
    """Measure each server with the real read and with the bare one."""
    with portal_acts():
        wanted = a_read()
    for name in servers(0, ""):
        bare = measure(
            processes,
            as_superuser(processes, env),
            name,
            "bench.ceiling:application",
            f"/bare/{wanted.version}",
            {},
        )
        recorder.add("web", f"bare_{name}", bare, "1/s")
        rates = measure(
            processes, env, name, "portal.wsgi:application", wanted.path, wanted.headers
        )
        recorder.add("web", f"read_{name}", rates, "1/s", max(bare))


def as_superuser(processes: Processes, env: dict[str, str]) -> dict[str, str]:
    """An environment in which row-level security does not count."""
    password = processes.state.secret("postgres-superuser")
    url = re.sub("//[^@]*@", f"//postgres:{password}@", env["DATABASE_URL"])
    return {**env, "DATABASE_URL": url}


def measure(  # noqa: PLR0913, PLR0917 - a measurement's circumstances
    processes: Processes, env: dict[str, str], name: str, application: str, path: str,
    headers: dict[str, str],
) -> list[float]:  # fmt: skip
    """Answers per second, a few times over."""
    port = free_port()
    command = [sys.executable, *servers(port, application)[name]]
    child = processes.start(name, command, env=env, cwd=ROOT)
    try:
        _wait(port, path, headers)
        load(port, path, headers, seconds=1)
        found = [load(port, path, headers, seconds=SECONDS) for _ in range(ROUNDS)]
        assert not any(f.failures for f in found), f"{name} answered with errors"
        return [f.per_second for f in found]
    finally:
        processes.end(child)


def _wait(port: int, path: str, headers: dict[str, str]) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    for _ in range(200):
        try:
            urllib.request.urlopen(request, timeout=5).read()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"nothing answers at port {port}")
