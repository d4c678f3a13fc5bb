"""The contracts' own tests, in Solidity, run by Foundry."""

import os
import re
import subprocess
from pathlib import Path

# Raise it with every test added, so that none can drop out unseen.
AT_LEAST = 20


def test_foundry_tests_pass(forge: Path, node: Path, root: Path) -> None:
    # A developer's own FOUNDRY_ variables would override foundry.toml; contracts/solc wants node.
    env = {name: value for name, value in os.environ.items() if not name.startswith("FOUNDRY_")}
    env["PATH"] = os.pathsep.join((str(node.parent), env["PATH"]))

    result = subprocess.run(
        [forge, "test", "--root", root, "--offline", "--color", "never"],
        cwd=root,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )

    output = result.stdout + result.stderr
    assert result.returncode == 0, output
    total = re.search(r"(\d+) tests passed, 0 failed, 0 skipped", output)
    assert total, output
    assert int(total[1]) >= AT_LEAST, output
