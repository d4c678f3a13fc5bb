"""One Node process per test, fed with all cases at once."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contracts.conftest import node

HERE = Path(__file__).parent
__all__ = ["node"]


@pytest.fixture(scope="session")
def in_node(node: Path) -> Callable[[str, Any], Any]:
    """Run a script of this folder: cases in as JSON, results out."""

    def run(script: str, cases: Any) -> Any:
        done = subprocess.run(
            [node, HERE / script],
            input=json.dumps(cases),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run
