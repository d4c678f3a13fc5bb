"""The contracts' own tests, in Solidity, run by Foundry; and what a call costs."""

import re
from pathlib import Path

from .conftest import Run

# Raise it with every test added, so that none can drop out unseen.
AT_LEAST = 48


def test_foundry_tests_pass(run: Run, forge: Path, root: Path) -> None:
    result = run(forge, "test", "--root", root, "--offline", "--color", "never")

    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    total = re.search(r"(\d+) tests passed, 0 failed, 0 skipped", output)
    assert total, output
    assert int(total[1]) >= AT_LEAST, output


def test_gas_is_what_the_snapshot_says(run: Run, forge: Path, root: Path) -> None:
    snapshot = root / "contracts/.gas-snapshot"

    result = run(
        forge, "snapshot", "--root", root, "--offline", "--color", "never",
        "--match-contract", "^GasTest$", "--check", snapshot,
    )  # fmt: skip

    output = result.stdout + result.stderr
    assert result.returncode == 0, f"{output}\nIf it is meant: contracts/README.md says how."
    # forge overlooks the lines of tests that are gone.
    count = len(snapshot.read_text().splitlines())
    assert f"{count} tests passed" in output, output
