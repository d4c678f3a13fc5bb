"""Results as the table and the JSON file show them."""

import json
import operator
import platform
import statistics
import subprocess
import tomllib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
OPS: dict[str, Callable[[float, float], bool]] = {">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True)
class Result:
    """One figure; `ceiling` is what the same run measured as the most that could be had."""

    scenario: str
    metric: str
    value: float
    unit: str
    op: str | None
    goal: float | None
    holds: bool | None
    ceiling: float | None
    samples: list[float]
    commit: str
    machine: str


class Recorder:
    """Collects the results of a run."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self._goals = tomllib.loads((FOLDER / "goals.toml").read_text())
        self._commit = _commit()
        self._machine = (
            f"{platform.machine()}, {_cores()} cores, Python {platform.python_version()}"
        )

    def add(
        self,
        scenario: str,
        metric: str,
        samples: list[float],
        unit: str,
        ceiling: float | None = None,
    ) -> None:
        """Note the median of some samples."""
        value = statistics.median(samples)
        op, _, goal = self._goals.get(scenario, {}).get(metric, "").partition(" ")
        holds = OPS[op](value, float(goal)) if op else None
        self.results.append(
            Result(
                scenario, metric, value, unit, op or None, float(goal) if goal else None, holds,
                ceiling, samples, self._commit, self._machine,
            )
        )  # fmt: skip
        print(self._line(self.results[-1]), flush=True)

    def _line(self, r: Result) -> str:
        mark = {True: "holds", False: "MISSED", None: ""}[r.holds]
        goal = f"{r.op} {r.goal:g}" if r.op else ""
        return f"{r.scenario:10} {r.metric:28} {r.value:>12,.1f} {r.unit:6} {goal:>10} {mark}"

    def write(self, path: Path) -> None:
        """All results, for other programs."""
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps([asdict(r) for r in self.results], indent=1) + "\n")


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _cores() -> int:
    import os

    return os.cpu_count() or 1
