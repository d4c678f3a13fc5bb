"""A verifier that was written from docs/PROOFS.md alone takes the steps that the vectors record.

Where this fails and the first verifier passes, the page does not say what a verifier has to do.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).parents[2] / "docs" / "proof-vectors"
NAMES = sorted(path.stem for path in VECTORS.glob("*.json"))


@pytest.fixture(scope="module")
def vectors() -> dict[str, Any]:
    return {name: json.loads((VECTORS / f"{name}.json").read_text()) for name in NAMES}


@pytest.fixture(scope="module")
def found(in_node: Callable[[str, Any], Any], vectors: dict[str, Any]) -> dict[str, Any]:
    results = in_node("second_verifier.mjs", list(vectors.values()))
    return dict(zip(vectors, results, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_takes_the_recorded_steps(
    name: str, vectors: dict[str, Any], found: dict[str, Any]
) -> None:
    owed = {member: vectors[name][member] for member in ("exit", "steps")}
    assert found[name] == owed, vectors[name]["what"]


def test_there_are_vectors() -> None:
    assert NAMES
