"""The committed artifacts are what the sources give, on any machine."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest


def build(node: Path, root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the build of the checkout at `root`."""
    return subprocess.run(
        [node, "contracts/build.mjs", *options],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def artifacts(root: Path) -> dict[str, str]:
    """Each artifact's text by its file name."""
    return {path.name: path.read_text() for path in root.glob("contracts/artifacts/*")}


@pytest.fixture
def checkout(root: Path, tmp_path: Path) -> Path:
    """A copy of the contracts in another place, with the same packages."""
    ignore = shutil.ignore_patterns("cache", "out")
    shutil.copytree(root / "contracts", tmp_path / "contracts", ignore=ignore)
    (tmp_path / "node_modules").symlink_to(root / "node_modules", target_is_directory=True)
    return tmp_path


def test_committed_artifacts_are_up_to_date(node: Path, root: Path) -> None:
    result = build(node, root, "--check")

    assert result.returncode == 0, result.stderr


def test_the_place_of_the_checkout_leaves_no_trace(node: Path, root: Path, checkout: Path) -> None:
    shutil.rmtree(checkout / "contracts/artifacts")

    result = build(node, checkout)

    assert result.returncode == 0, result.stderr
    assert artifacts(checkout) == artifacts(root)


def test_check_notices_a_changed_source(node: Path, checkout: Path) -> None:
    source = checkout / "contracts/ledger/AnchorLog.sol"
    source.write_text(source.read_text() + "// one more comment\n")

    result = build(node, checkout, "--check")

    assert result.returncode == 1
    assert "contracts/artifacts/AnchorLog.json differs from its sources" in result.stderr


def test_check_notices_a_changed_artifact(node: Path, checkout: Path) -> None:
    artifact = checkout / "contracts/artifacts/AnchorLog.json"
    artifact.write_text(json.dumps({**json.loads(artifact.read_text()), "bytecode": "0x00"}))

    result = build(node, checkout, "--check")

    assert result.returncode == 1
    assert "contracts/artifacts/AnchorLog.json differs from its sources" in result.stderr


def test_check_notices_missing_and_stray_artifacts(node: Path, checkout: Path) -> None:
    artifact = checkout / "contracts/artifacts/AnchorLog.json"
    artifact.rename(artifact.with_name("Gone.json"))

    result = build(node, checkout, "--check")

    assert result.returncode == 1
    assert "contracts/artifacts/AnchorLog.json is missing" in result.stderr
    assert "contracts/artifacts/Gone.json belongs to no contract" in result.stderr
