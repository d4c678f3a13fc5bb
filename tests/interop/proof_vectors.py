"""The committed vectors of docs/proof-vectors: what a verifier is given, and the steps it owes.

`python -m tests.interop.proof_vectors` writes them. Nothing here asks the verifier: expected steps
are spelled out, and signatures are made by other libraries.
"""

import base64
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests.interop.vectors import Answers, dumped

FOLDER = Path(__file__).resolve().parents[2] / "docs/proof-vectors"
RECORD = "proof commitment root head trust portal log"
CONSENT = "proof commitment statement signature trust portal registry"
ENDED = "proof commitment statement signature ending trust portal registry"
ARCHIVE = "archive commitment root head heads complete listed trust portal log"
FULL = (
    "archive proof commitment root head heads complete listed statement signature "
    "trust portal log registry"
)
NODE = "chain genesis final"
AT_LOG = f"{NODE} code entry previous"
AT_REGISTRY = f"{NODE} code granted standing"
AT_BOTH = f"{AT_LOG} code granted standing"
AUDIT = f"{NODE} code entries last end"


@dataclass(frozen=True)
class Vector:
    """One case. In `steps`, `!` marks what fails and `?` what stays open."""

    name: str
    what: str
    steps: str
    file: bytes | None  # none: an audit of the log
    trust: bytes | None
    nodes: tuple[Answers, ...]
    against: bytes | None = None
    confirmations: int | None = None

    @property
    def expected(self) -> list[list[str]]:
        states = {"!": "failed", "?": "open"}
        return [[step.rstrip("!?"), states.get(step[-1], "ok")] for step in self.steps.split()]

    @property
    def needed(self) -> "Vector":
        """Without what no verifier gets as far as to look at, so that the vectors stay small."""
        names = {step.rstrip("!?") for step in self.steps.split()}
        stops = "!" in self.steps and not names & {"chain", "node"}
        made = replace(
            self,
            trust=self.trust if "trust" in names else None,
            nodes=() if stops else tuple(map(self._wanted, self.nodes)),
            against=self.against if "kept" in names else None,
        )
        before, _, behind = self.steps.partition(" trust")
        early = "!" in before and "!" not in behind and "kept" not in names
        if behind and early and names & {"statement", "archive"}:
            return replace(made, steps=f"{before} trust?", trust=None)
        return made

    def _wanted(self, answers: Answers) -> Answers:
        """A consent's vectors leave out what only a log is asked, and most the newest block."""
        of_log = self.file is None or {"root", "root!"} & set(self.steps.split())
        unwanted: tuple[str, ...] = () if of_log else ('"0x390d7d6d', '"0x0102030405060708')
        if self.confirmations is None:
            unwanted += ('"latest"',)
        return {k: v for k, v in answers.items() if not any(part in k for part in unwanted)}

    @property
    def exit(self) -> int:
        return 1 if "!" in self.steps else 2 if "?" in self.steps else 0

    def text(self) -> str:
        made = {
            "name": self.name,
            "what": self.what,
            "file": coded(self.file),
            "trust": coded(self.trust),
            "against": coded(self.against),
            "nodes": [spelled(answers) for answers in self.nodes],
            "confirmations": self.confirmations,
            "exit": self.exit,
            "steps": self.expected,
        }
        lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in made.items()]
        return "{\n" + ",\n".join(lines) + "\n}\n"


def coded(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def spelled(answers: Answers) -> Answers:
    """Calls as the vectors write them: the method, a space, the parameters."""
    made = {}
    for call, answer in answers.items():
        method, params = json.loads(call)
        written = json.dumps(params, sort_keys=True, separators=(",", ":"))
        made[f"{method} {written}"] = answer
    return made


def but(steps: str, *marks: str) -> str:
    """The steps with some marked: each mark goes to the first step of its name that has none."""
    made = steps.split()
    for mark in marks:
        made[made.index(mark[:-1])] = mark
    return " ".join(made)


def upto(steps: str, mark: str) -> str:
    """The steps as far as one that is marked."""
    return but(steps[: f"{steps} ".index(f"{mark[:-1]} ") + len(mark) - 1], mark)


def vectors() -> list[Vector]:
    """All of them, each with a name of its own."""
    from tests.interop import archive_vectors, consent_vectors, log_vectors, record_vectors

    parts = (record_vectors, consent_vectors, archive_vectors, log_vectors)
    found = [vector for part in parts for vector in part.vectors()]
    assert len({vector.name for vector in found}) == len(found)
    return [vector.needed for vector in found]


@dataclass(frozen=True)
class Bench:
    """What most vectors of a kind share; each says what is other."""

    trust: bytes
    nodes: tuple[Answers, ...]
    file: bytes | None = None
    against: bytes | None = None

    def vector(self, name: str, what: str, steps: str, **other: Any) -> Vector:
        """One in which some members are other; objects are files that are written as JSON."""
        shared = Vector(name, what, steps, self.file, self.trust, self.nodes, self.against)
        for member, value in other.items():
            made: Any = dumped(value) if isinstance(value, dict) else value
            shared = replace(shared, **{member: made})
        return shared


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    made = vectors()
    for old in FOLDER.glob("*.json"):
        old.unlink()
    for vector in made:
        (FOLDER / f"{vector.name}.json").write_text(vector.text())
    size = sum(path.stat().st_size for path in FOLDER.glob("*.json"))
    print(f"{len(made)} vectors, {size:,} bytes")


if __name__ == "__main__":
    main()
