"""script/audit: pip-audit and npm audit over the lock files, and plain words where they can't ask."""

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from portal.stack.state import ROOT

FOUND, UNKNOWN = 1, 2
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-slither.txt")
MINUTES = 5 * 60
# What npm says of a registry that has no such service.
SHOWN = 300


def main() -> int:
    """The worst of all outcomes."""
    outcomes = [_tried(lock, lambda lock=lock: python_packages(lock)) for lock in LOCKS]  # type: ignore[misc]
    outcomes.append(_tried("package-lock.json", node_packages))
    return FOUND if FOUND in outcomes else max(outcomes)


def _tried(name: str, ask: Callable[[], int]) -> int:
    try:
        return ask()
    except (subprocess.TimeoutExpired, ValueError) as error:
        say(name, f"not checked: the service gave no answer ({type(error).__name__})")
        return UNKNOWN


def say(name: str, words: str) -> None:
    """One line for each lock file."""
    print(f"{name}: {words}")


def python_packages(lock: str) -> int:
    """Ask PyPI about a lock file."""
    done = _run(
        sys.executable, "-m", "pip_audit", "-r", lock, "--disable-pip", "--require-hashes",
        "--format", "json", "--progress-spinner", "off",
    )  # fmt: skip
    return judge_python(lock, json.loads(done.stdout))


def judge_python(lock: str, report: dict[str, Any]) -> int:
    """What pip-audit's report says; a package that it skipped was not checked."""
    packages = report["dependencies"]
    skipped = [p["name"] for p in packages if "skip_reason" in p]
    hit = [p for p in packages if p.get("vulns")]
    for package in hit:
        ids = ", ".join(v["id"] for v in package["vulns"])
        say(lock, f"{package['name']} {package['version']}: {ids}")
    if hit:
        return FOUND
    if skipped:
        names = "all" if len(skipped) == len(packages) else ", ".join(skipped)
        say(lock, f"not checked: the service knows nothing of {len(skipped)} packages ({names})")
        return UNKNOWN
    say(lock, f"{len(packages)} packages, nothing known against them")
    return 0


def node_packages() -> int:
    """Ask npm's registry about package-lock.json."""
    done = _run("npm", "audit", "--json", "--package-lock-only")
    return judge_node(json.loads(done.stdout))


def judge_node(report: dict[str, Any]) -> int:
    """What npm's report says."""
    name = "package-lock.json"
    if "error" in report or "vulnerabilities" not in report:
        told = str(report.get("error", {}).get("summary") or report.get("message", ""))[:SHOWN]
        say(name, f"not checked: the registry can't be asked ({' '.join(told.split())})")
        return UNKNOWN
    hit = report["vulnerabilities"]
    for package, found in hit.items():
        say(name, f"{package} {found['range']}: {found['severity']}")
    if not hit:
        say(name, "nothing known against its packages")
    return FOUND if hit else 0


def _run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=MINUTES
    )


if __name__ == "__main__":
    sys.exit(main())
