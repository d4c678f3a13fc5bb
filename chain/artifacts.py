"""The contracts as they were built: ABI and code, committed beside their sources."""

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.conf import settings
from eth_abi.abi import decode, encode

from chain.commitments import keccak256
from chain.node import Log


@dataclass(frozen=True)
class Artifact:
    """One contract's build."""

    name: str
    abi: tuple[dict[str, Any], ...]
    bytecode: bytes
    deployed: bytes
    input_hash: str
    source_path: str

    def creation(self, *arguments: Any) -> bytes:
        """The data of the transaction that creates it."""
        constructors = [e for e in self.abi if e["type"] == "constructor"]
        inputs = constructors[0]["inputs"] if constructors else []
        return self.bytecode + encode(_types(inputs), arguments)

    def call(self, function: str, *arguments: Any) -> bytes:
        """The calldata of a call."""
        entry = next(e for e in self.abi if e["type"] == "function" and e["name"] == function)
        types = _types(entry["inputs"])
        return keccak256(f"{function}({','.join(types)})".encode())[:4] + encode(types, arguments)

    def event(self, log: Log) -> tuple[str, dict[str, Any]] | None:
        """A log's event and its arguments, bytes as bytes; None where it is no event of ours."""
        entry = _events(self).get(log.topics[0]) if log.topics else None
        if entry is None:
            return None
        indexed = [i for i in entry["inputs"] if i["indexed"]]
        plain = [i for i in entry["inputs"] if not i["indexed"]]
        values = dict(zip((i["name"] for i in plain), decode(_types(plain), log.data), strict=True))
        for field, topic in zip(indexed, log.topics[1:], strict=True):
            values[field["name"]] = decode([field["type"]], topic)[0]
        return str(entry["name"]), values


def _types(fields: list[dict[str, Any]]) -> list[str]:
    return [str(field["type"]) for field in fields]


@lru_cache(maxsize=16)
def _events_by_name(name: str) -> dict[bytes, dict[str, Any]]:
    events = [e for e in artifact(name).abi if e["type"] == "event"]
    return {keccak256(f"{e['name']}({','.join(_types(e['inputs']))})".encode()): e for e in events}


def _events(of: Artifact) -> dict[bytes, dict[str, Any]]:
    return _events_by_name(of.name)


@lru_cache(maxsize=16)
def artifact(name: str) -> Artifact:
    """The committed build of a contract."""
    path = settings.BASE_DIR / "contracts" / "artifacts" / f"{name}.json"
    raw = json.loads(path.read_text())
    return Artifact(
        name=name,
        abi=tuple(raw["abi"]),
        bytecode=bytes.fromhex(raw["bytecode"].removeprefix("0x")),
        deployed=bytes.fromhex(raw["deployedBytecode"].removeprefix("0x")),
        input_hash=raw["inputHash"].removeprefix("0x"),
        source_path=raw["sourcePath"],
    )
