"""Proof files as somebody would tamper with them, and the verifier on one's own machine."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from portal.stack.state import ROOT

Proof = dict[str, Any]


def other_hex(text: str) -> str:
    """The same hex but for its last digit."""
    return text[:-1] + ("1" if text.endswith("0") else "0")


def with_other_document(proof: Proof) -> Proof:
    """One bit of one byte in the middle of the document is another."""
    document = bytearray(base64.b64decode(proof["document"]))
    document[len(document) // 2] ^= 1
    return {**proof, "document": base64.b64encode(document).decode()}


def with_other_salt(proof: Proof) -> Proof:
    """Another salt."""
    return {**proof, "salt": other_hex(proof["salt"])}


def with_other_path(proof: Proof) -> Proof:
    """Another last step to the root."""
    return {**proof, "path": [*proof["path"][:-1], other_hex(proof["path"][-1])]}


def with_other_root(proof: Proof) -> Proof:
    """Another root."""
    return {**proof, "root": other_hex(proof["root"])}


def as_upload(content: Proof, name: str = "proof.json") -> dict[str, Any]:
    """A file for a page's file field."""
    data = json.dumps(content).encode()
    return {"name": name, "mimeType": "application/json", "buffer": data}


def verifier(proof: Path, trust: Path, rpc: str) -> subprocess.CompletedProcess[str]:
    """`salus_verify.py`, run as a program that knows nothing of Salus."""
    return subprocess.run(
        [sys.executable, "-I", ROOT / "salus_verify.py", proof, "--trust", trust, "--rpc", rpc],
        cwd=proof.parent, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
