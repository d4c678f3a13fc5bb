"""One EVM node over JSON-RPC: the only module that talks to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings

from chain.commitments import hex_of
from chain.errors import ChainMismatch, ChainUnavailable

if TYPE_CHECKING:
    from web3 import Web3

TIMEOUT = 10.0  # seconds


@dataclass(frozen=True)
class Header:
    """A block, without its content."""

    number: int
    hash: bytes
    parent_hash: bytes
    time: int


@dataclass(frozen=True)
class Log:
    """A log entry, not yet decoded."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    index: int


@dataclass(frozen=True)
class Receipt:
    """What became of a transaction."""

    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    contract: bytes | None


class Refused(Exception):
    """The node answered with an error; its message is kept."""


class Node:
    """A node at a URL; every failure to reach it is ChainUnavailable."""

    def __init__(self, url: str) -> None:
        self.url = url

    @cached_property
    def web3(self) -> "Web3":
        """web3 takes a second to import, so only those who need it pay."""
        from chain.ethereum import HTTPProvider, Web3

        provider = HTTPProvider(self.url, request_kwargs={"timeout": TIMEOUT})
        return Web3(provider)

    def ask(self, method: str, *params: Any) -> Any:
        """One JSON-RPC call; raises ChainUnavailable or Refused."""
        with _reaching():
            answer = self.web3.provider.make_request(method, list(params))  # type: ignore[arg-type]
        if error := answer.get("error"):
            raise Refused(_words(error))
        return answer.get("result")

    def chain_id(self) -> int:
        """EIP-155 chain id."""
        return _int(self.ask("eth_chainId"))

    def client(self) -> str:
        """What the node calls itself."""
        return str(self.ask("web3_clientVersion"))

    def header(self, block: int | str) -> Header | None:
        """A block by number or tag; None where the node has none."""
        raw = self.ask(
            "eth_getBlockByNumber", hex(block) if isinstance(block, int) else block, False
        )
        if raw is None:
            return None
        return Header(
            _int(raw["number"]),
            _bytes(raw["hash"]),
            _bytes(raw["parentHash"]),
            _int(raw["timestamp"]),
        )

    def latest(self) -> int:
        """The newest block's number."""
        return _int(self.ask("eth_blockNumber"))

    def finalized(self) -> int:
        """The highest final block's number: the node's word, or our own depth where it has none."""
        depth: int | None = settings.CHAIN_FINALITY_DEPTH
        if depth is not None:
            return max(0, self.latest() - depth)
        try:
            header = self.header("finalized")
        except Refused:
            header = None
        if header is None:
            raise ChainMismatch(
                "The node names no final block. Set CHAIN_FINALITY_DEPTH to the number of blocks "
                "after which this chain counts as final."
            )
        return header.number

    def logs_of_block(self, addresses: list[bytes], block_hash: bytes) -> list[Log]:
        """Logs by block hash: an error after a reorg, where a range would silently be empty."""
        return self._logs({"address": _hexes(addresses), "blockHash": hex_of(block_hash)})

    def logs_between(self, addresses: list[bytes], first: int, last: int) -> list[Log]:
        """Logs of a range of blocks; only to be used below finality."""
        return self._logs(
            {"address": _hexes(addresses), "fromBlock": hex(first), "toBlock": hex(last)}
        )

    def _logs(self, query: dict[str, Any]) -> list[Log]:
        return [
            Log(
                _bytes(raw["address"]),
                tuple(_bytes(topic) for topic in raw["topics"]),
                _bytes(raw["data"]),
                _int(raw["blockNumber"]),
                _bytes(raw["blockHash"]),
                _bytes(raw["transactionHash"]),
                _int(raw["logIndex"]),
            )
            for raw in self.ask("eth_getLogs", query)
        ]

    def code(self, address: bytes) -> bytes:
        """The code at an address; empty where there is none."""
        return _bytes(self.ask("eth_getCode", hex_of(address), "latest"))

    def call(self, address: bytes, data: bytes, block: int | str = "latest") -> bytes:
        """What a read-only call gives, in the state after a block."""
        at = hex(block) if isinstance(block, int) else block
        return _bytes(self.ask("eth_call", {"to": hex_of(address), "data": hex_of(data)}, at))

    def nonce(self, address: bytes, block: int | str = "latest") -> int:
        """How many transactions of an account are mined, in the state after a block."""
        at = hex(block) if isinstance(block, int) else block
        return _int(self.ask("eth_getTransactionCount", hex_of(address), at))

    def balance(self, address: bytes) -> int:
        """In wei."""
        return _int(self.ask("eth_getBalance", hex_of(address), "latest"))

    def gas_for(self, sender: bytes, to: bytes | None, data: bytes) -> int:
        """The node's estimate; raises Refused where the call would revert."""
        call = {"from": hex_of(sender), "data": hex_of(data)}
        if to:
            call["to"] = hex_of(to)
        return _int(self.ask("eth_estimateGas", call))

    def base_fee(self) -> int:
        """Of the newest block, in wei."""
        raw = self.ask("eth_getBlockByNumber", "latest", False)
        return _int(raw.get("baseFeePerGas", "0x0"))

    def broadcast(self, raw: bytes) -> None:
        """Hand in a signed transaction; raises Refused."""
        self.ask("eth_sendRawTransaction", hex_of(raw))

    def knows(self, transaction: bytes) -> bool:
        """Whether the node has the transaction, pending or mined."""
        return self.ask("eth_getTransactionByHash", hex_of(transaction)) is not None

    def receipt(self, transaction: bytes) -> Receipt | None:
        """What became of a transaction; None while it is not mined."""
        raw = self.ask("eth_getTransactionReceipt", hex_of(transaction))
        if raw is None:
            return None
        contract = raw.get("contractAddress")
        return Receipt(
            _int(raw["blockNumber"]),
            _bytes(raw["blockHash"]),
            _int(raw["status"]) == 1,
            _int(raw["gasUsed"]),
            _bytes(contract) if contract else None,
        )


@lru_cache(maxsize=1)
def get_node() -> Node:
    """The node that the settings name."""
    return Node(settings.CHAIN_RPC_URL)


@contextmanager
def _reaching() -> Iterator[None]:
    import requests

    try:
        yield
    except (requests.RequestException, OSError, TimeoutError, ValueError) as error:
        raise ChainUnavailable(type(error).__name__) from error


def _words(error: Any) -> str:
    """What the node says, on one line: the data of a revert, with any bytes, may be part of it."""
    text = str(error.get("message", error)) if isinstance(error, dict) else str(error)
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _int(value: Any) -> int:
    return value if isinstance(value, int) else int(value, 16)


def _bytes(value: Any) -> bytes:
    return bytes(value) if isinstance(value, bytes | bytearray) else bytes.fromhex(value[2:])


def _hexes(values: list[bytes]) -> list[str]:
    return [hex_of(value) for value in values]
