"""Slither, a static analysis that others wrote, finds no fault in the contracts."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from .conftest import Run

# Findings that are no faults, each with the reason: {"detector file name": "reason"}.
TRIAGED: dict[str, str] = {}

FAULT = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

contract Fault {
    function lend(address code, bytes calldata data) external {
        (bool done,) = code.delegatecall(data);
        require(done);
    }
}
"""


@pytest.fixture
def faulty_checkout(root: Path, tmp_path: Path) -> Path:
    """Another place with the same tools and settings, and one contract that anyone can take over."""
    (tmp_path / "contracts/ledger").mkdir(parents=True)
    (tmp_path / "contracts/ledger/Fault.sol").write_text(FAULT)
    for needed in ("foundry.toml", "contracts/solc"):
        shutil.copy(root / needed, tmp_path / needed)
    (tmp_path / "node_modules").symlink_to(root / "node_modules", target_is_directory=True)
    return tmp_path


def describe(finding: dict[str, Any], *, root: Path) -> str:
    """A finding as in TRIAGED; without lines, so that it stays the same when they move."""
    place = finding["elements"][0]
    file = Path(place["source_mapping"]["filename_absolute"]).relative_to(root)
    return f"{finding['check']} {file.as_posix()} {place['name']}"


def findings(run: Run, forge: Path, slither: Path, *, root: Path, build: Path) -> set[str]:
    """What is of high or medium impact in our contracts, written as in TRIAGED."""
    compiled = run(
        forge, "build", "--root", root, "--offline", "--color", "never", "--skip=test",
        "--out", build, "--cache-path", build, "--build-info", "--build-info-path", build / "info",
    )  # fmt: skip
    assert compiled.returncode == 0, compiled.stdout + compiled.stderr
    analysed = run(
        slither, root, "--ignore-compile", "--foundry-build-info-directory", build / "info",
        "--filter-paths", "node_modules/|contracts/test/", "--fail-none", "--json", "-",
    )  # fmt: skip
    assert analysed.returncode == 0, analysed.stderr
    report = json.loads(analysed.stdout)
    assert report["success"], report["error"]
    return {
        describe(finding, root=root)
        for finding in report["results"].get("detectors", [])
        if finding["impact"] in {"High", "Medium"}
    }


def test_slither_finds_no_fault(
    run: Run, forge: Path, slither: Path, root: Path, tmp_path: Path
) -> None:
    assert findings(run, forge, slither, root=root, build=tmp_path) == set(TRIAGED)


def test_slither_finds_a_planted_fault(
    run: Run, forge: Path, slither: Path, faulty_checkout: Path
) -> None:
    found = findings(run, forge, slither, root=faulty_checkout, build=faulty_checkout / "build")

    assert found == {"controlled-delegatecall contracts/ledger/Fault.sol lend"}
