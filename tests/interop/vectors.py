"""A log in memory, and every way to tamper with its proofs: run by both verifiers."""

import base64
import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from chain.commitments import commitment, fold, genesis_head, keccak256, leaf_of, next_head
from chain.tree import NODE, Tree, build, path_offsets

PORTAL = "urn:uuid:5a1a5000-0000-4000-8000-000000000001"
DOCUMENT = (
    b'{"code":{"text":"Heart rate"},"resourceType":"Observation","valueQuantity":{"value":61.50}}'
)
Json = dict[str, Any]
Answers = dict[str, Any]
Place = tuple[str | int, ...]


def hexed(data: bytes) -> str:
    return "0x" + data.hex()


def key(method: str, params: list[Any]) -> str:
    """A call as both verifiers write it."""
    return json.dumps([method, params], separators=(",", ":"))


@dataclass
class Ledger:
    """An AnchorLog without a chain: entries, proofs, and what a node would answer."""

    chain_id: int = 31337
    address: bytes = bytes(range(1, 21))
    code: bytes = b"\x60\x80the code of the log"
    heads: list[bytes] = field(default_factory=list)
    finalized: int = 40
    entries: list["Entry"] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.heads.append(genesis_head(self.chain_id, self.address))

    def seal(self, documents: list[bytes], time: int = 1_800_000_000) -> list[Json]:
        """Put documents under one root, as the next entry; gives their proofs."""
        sequence = len(self.heads)
        items = [self._item(sequence, n, document) for n, document in enumerate(documents)]
        return self.proofs(self.append(items, time))

    def append(self, items: list[Json], time: int = 1_800_000_000) -> "Entry":
        """The next entry, over any items: dicts of salt, kind, reference and document."""
        sequence = len(self.heads)
        values = [commitment(**item) for item in items]
        tree, positions = build(values, b"batch key", sequence)
        head = next_head(self.heads[-1], sequence, tree.root, tree.depth, time)
        self.heads.append(head)
        self.entries.append(Entry(sequence, time, items, values, tree, positions))
        return self.entries[-1]

    def proofs(self, entry: "Entry") -> list[Json]:
        """A proof file for each item of an entry."""
        tree = entry.tree
        return [
            {
                "format": "salus-proof/1",
                "portal": PORTAL,
                "kind": item["kind"],
                "reference": item["reference"],
                "document": base64.b64encode(item["document"]).decode(),
                "salt": hexed(item["salt"]),
                "commitment": hexed(value),
                "path": [hexed(tree.nodes[o : o + NODE]) for o in path_offsets(place, tree.depth)],
                "root": hexed(tree.root),
                "batch": {
                    "sequence": entry.sequence,
                    "previous_head": hexed(self.heads[entry.sequence - 1]),
                    "depth": tree.depth,
                    "time": entry.time,
                    "head": hexed(self.heads[entry.sequence]),
                },
                "chain": {
                    "id": self.chain_id,
                    "contract": hexed(self.address),
                    "transaction": hexed(keccak256(b"transaction")),
                    "block_number": 38,
                    "block_hash": hexed(keccak256(b"block")),
                },
            }
            for item, value, place in zip(entry.items, entry.values, entry.positions, strict=True)
        ]

    def _item(self, sequence: int, n: int, document: bytes) -> Json:
        return {
            "salt": keccak256(f"salt {sequence} {n}".encode()),
            "kind": "fhir",
            "reference": f"{PORTAL}/Observation/o-{sequence}-{n}/_history/1",
            "document": document,
        }

    def trust(self) -> Json:
        return {
            "format": "salus-trust/1",
            "portal": PORTAL,
            "chain_id": self.chain_id,
            "genesis_hash": hexed(keccak256(b"genesis")),
            "log": hexed(self.address),
            "deploy_block": 1,
            "code_hash": hexed(keccak256(self.code)),
        }

    def answers(self) -> Answers:
        """Every answer of an honest node that a verifier asks for."""
        return {**self.answers_at(self.finalized), **self.answers_at(self.finalized + 2)}

    def answers_at(self, at: int) -> Answers:
        """Those in the state after one block."""
        found: Answers = {
            key("eth_chainId", []): hex(self.chain_id),
            key("eth_getBlockByNumber", ["0x0", False]): {"hash": hexed(keccak256(b"genesis"))},
            key("eth_getBlockByNumber", ["finalized", False]): {"number": hex(self.finalized)},
            key("eth_getBlockByNumber", ["latest", False]): {"number": hex(self.finalized + 5)},
            key("eth_getCode", [hexed(self.address), hex(at)]): hexed(self.code),
        }
        for n in range(len(self.heads) + 2):
            head = self.heads[n] if n < len(self.heads) else bytes(32)
            found[self.heads_key(n, at)] = hexed(head)
        return found

    def heads_key(self, n: int, at: int | None = None) -> str:
        data = keccak256(b"heads(uint64)")[:4] + n.to_bytes(32, "big")
        call = {"to": hexed(self.address), "data": hexed(data)}
        return key("eth_call", [call, hex(self.finalized if at is None else at)])


@dataclass(frozen=True)
class Entry:
    """What went into the log at once."""

    sequence: int
    time: int
    items: list[Json]
    values: list[bytes]  # the items' commitments
    tree: Tree
    positions: list[int]


@dataclass(frozen=True)
class Case:
    """What a verifier is given, and the exit code that it owes."""

    name: str
    exit: int
    proof: bytes
    trust: bytes | None
    nodes: tuple[Answers, ...]
    confirmations: int | None = None


def _inner(value: Any, place: Place) -> Any:
    for step in place:
        value = value[step]
    return value


def dumped(value: Json) -> bytes:
    return json.dumps(value).encode()


@dataclass
class World:
    """An honest proof, its trust file and node; each case changes one thing."""

    ledger: Ledger
    proof: Json
    others: list[Json]

    @classmethod
    def make(cls) -> "World":
        ledger = Ledger()
        first = ledger.seal([b'{"resourceType":"Observation"}'])
        second = ledger.seal(
            [DOCUMENT, b"\x00\xff\xfe not JSON", b"", *(b"%d" % n for n in range(40))]
        )
        ledger.seal([b"[]"])
        return cls(ledger, second[0], [first[0], second[1], second[2]])

    def case(self, name: str, exit: int, **given: Any) -> Case:
        files = {"proof": dumped(self.proof), "trust": dumped(self.ledger.trust())}
        return Case(name, exit, **{**files, "nodes": (self.ledger.answers(),), **given})

    def with_proof(self, name: str, exit: int, place: Place, value: Any) -> Case:
        """Put a value at a place in the proof; `...` takes the member out."""
        proof = copy.deepcopy(self.proof)
        part = _inner(proof, place[:-1])
        if value is ...:
            del part[place[-1]]
        else:
            part[place[-1]] = value
        return self.case(name, exit, proof=dumped(proof))

    def with_trust(self, name: str, exit: int, **changes: Any) -> Case:
        trust = {k: v for k, v in {**self.ledger.trust(), **changes}.items() if v is not ...}
        return self.case(name, exit, trust=dumped(trust))

    def with_node(self, name: str, exit: int, changes: Answers, **more: Any) -> Case:
        return self.case(name, exit, nodes=({**self.ledger.answers(), **changes},), **more)


def cases() -> list[Case]:
    """All of them, each with a name of its own."""
    world = World.make()
    parts = (honest, undecided, changed_bytes, changed_values, broken_json, broken_members, nodes)
    found = [case for part in parts for case in part(world)]
    assert len({case.name for case in found}) == len(found)
    return found


def honest(world: World) -> Iterator[Case]:
    yield world.case("honest", 0)
    for n, other in enumerate(world.others):
        yield world.case(f"honest {n}", 0, proof=dumped(other))
    yield world.case("two nodes", 0, nodes=(world.ledger.answers(),) * 2)
    yield world.case(
        "white space", 0, proof=b" \n" + json.dumps(world.proof, indent=3).encode() + b"\t"
    )
    escaped = dumped(world.proof).replace(b"salus-proof", b"s\\u0061lus-proof")
    yield world.case("escapes", 0, proof=escaped)


def undecided(world: World) -> Iterator[Case]:
    yield world.case("unpinned", 2, trust=None)
    yield world.case("no node", 2, nodes=())
    yield world.case("silent node", 2, nodes=({},))
    yield world.case("one of two silent", 2, nodes=({}, world.ledger.answers()))
    finalized = key("eth_getBlockByNumber", ["finalized", False])
    yield world.with_node("no final block", 2, {finalized: None})
    yield world.with_node("final by confirmations", 0, {finalized: None}, confirmations=3)
    for nonsense in (12, "12", "0x", True, None, "0xzz", "0x" + "1" * 65, ["0x1"]):
        yield world.with_node(f"chain id {nonsense!r}", 2, {key("eth_chainId", []): nonsense})
    for nonsense in ("0x1", "abcd", None, 7, "0xgg"):
        yield world.with_node(f"head {nonsense!r}", 2, {world.ledger.heads_key(2): nonsense})


def changed_bytes(world: World) -> Iterator[Case]:
    """Every byte of everything that is hashed."""
    document = base64.b64decode(world.proof["document"])
    for at in range(len(document)):
        changed = bytearray(document)
        changed[at] ^= 1
        text = base64.b64encode(changed).decode()
        yield world.with_proof(f"document {at}", 1, ("document",), text)
    places: list[Place] = [("salt",), ("commitment",), ("root",), ("chain", "contract")]
    places += [("batch", "previous_head"), ("batch", "head")]
    places += [("path", n) for n in range(len(world.proof["path"]))]
    for place in places:
        yield from _hex_changes(world, place)


def _hex_changes(world: World, place: Place) -> Iterator[Case]:
    value = _inner(world.proof, place)
    for at in range(2, len(value), 2):
        digit = "0" if value[at] != "0" else "1"
        changed = value[:at] + digit + value[at + 1 :]
        yield world.with_proof(f"{place[-1]} at {at}", 1, place, changed)


def changed_values(world: World) -> Iterator[Case]:
    batch = world.proof["batch"]
    changes: list[tuple[Place, Any]] = [
        (("portal",), PORTAL[:-1] + "2"),
        (("kind",), "audit"),
        (("reference",), world.proof["reference"] + "0"),
        (("path",), list(reversed(world.proof["path"]))),
        (("batch", "sequence"), batch["sequence"] + 1),
        (("batch", "depth"), batch["depth"] + 1),
        (("batch", "time"), batch["time"] + 1),
        (("chain", "id"), 1),
    ]
    for place, value in changes:
        yield world.with_proof(f"other {place[-1]}", 1, place, value)
    stranger = dict(world.others[0], batch=dict(world.others[0]["batch"]))
    stranger["batch"]["previous_head"] = hexed(keccak256(b"elsewhere"))
    root = bytes.fromhex(stranger["root"][2:])
    entry = (1, root, stranger["batch"]["depth"], stranger["batch"]["time"])
    stranger["batch"]["head"] = hexed(next_head(keccak256(b"elsewhere"), *entry))
    yield world.case("first entry of another log", 1, proof=dumped(stranger))
    yield world.case("forged log", 1, proof=dumped(forged(world)))
    shallow = _rehung(world)
    yield world.case("inner node as a leaf", 1, proof=dumped(shallow))


def forged(world: World) -> Json:
    """A proof that is consistent in itself, of an entry that the log never held."""
    other = Ledger(heads=[])
    other.seal([b'{"resourceType":"Observation"}'])
    return other.seal([DOCUMENT, b"forged"])[0]


def _rehung(world: World) -> Json:
    """The same root, reached from one level higher: the depth in the head gives it away."""
    proof = copy.deepcopy(world.proof)
    value = bytes.fromhex(proof["commitment"][2:])
    path = [bytes.fromhex(node[2:]) for node in proof["path"]]
    proof["commitment"] = hexed(fold(leaf_of(value), path[:1]))
    proof["path"] = proof["path"][1:]
    proof["batch"]["depth"] -= 1
    return proof


def broken_json(world: World) -> Iterator[Case]:
    text = dumped(world.proof)
    for name, proof in {
        "empty": b"",
        "truncated": text[:-1],
        "trailing": text + b"1",
        "mark": b"\xef\xbb\xbf" + text,
        "utf-16": text.decode().encode("utf-16"),
        "bad utf-8": text.replace(b"salus-proof", b"salus\xffproof"),
        "list": b"[" + text + b"]",
        "null": b"null",
        "nested": b"[" * 100_000,
        "text without end": b'{"format": "' + rb"plain text\n" * 5000,
        "comment": text + b"// x",
        "comma": text[:-1] + b",}",
        "single quotes": text.replace(b'"', b"'"),
        "NaN": text.replace(b'"time": 1800000000', b'"time": NaN'),
        "Infinity": text.replace(b'"time": 1800000000', b'"time": -Infinity'),
        "float": text.replace(b'"time": 1800000000', b'"time": 1800000000.0'),
        "exponent": text.replace(b'"time": 1800000000', b'"time": 18e8'),
        "minus zero": text.replace(b'"time": 1800000000', b'"time": -0'),
        "leading zero": text.replace(b'"time": 1800000000', b'"time": 01800000000'),
        "plus": text.replace(b'"time": 1800000000', b'"time": +1800000000'),
        "many digits": text.replace(b'"time": 1800000000', b'"time": ' + b"1" * 5000),
        "2^64": text.replace(b'"time": 1800000000', b'"time": 18446744073709551616'),
        "duplicate": text[:-1] + b', "kind": "fhir"}',
        "duplicate by escape": text[:-1] + b', "k\\u0069nd": "fhir"}',
        "duplicate in batch": text.replace(b'"batch": {', b'"batch": {"depth": 6, '),
        "duplicate in chain": text.replace(b'"chain": {', b'"chain": {"id": 31337, '),
        "line break in text": text.replace(b"fhir", b"fh\nir"),
        "lone surrogate": text.replace(b"fhir", b"\\ud800"),
        "__proto__": text[:-1] + b', "__proto__": {}}',
    }.items():
        assert proof != text, name
        yield world.case(name, 1, proof=proof)
    trust = dumped(world.ledger.trust())
    yield world.case("duplicate in trust", 1, trust=trust[:-1] + b', "chain_id": 31337}')
    yield world.case("trust of 65 KiB", 1, trust=trust + b" " * 65 * 1024)
    yield world.case("trust is no object", 1, trust=b"[]")


def broken_members(world: World) -> Iterator[Case]:
    ledger = world.ledger
    parts: list[Place] = [(), ("batch",), ("chain",)]
    for part in parts:
        yield world.with_proof(f"unknown in {part}", 1, (*part, "more"), 1)
        for name in _inner(world.proof, part):
            place = (*part, name)
            yield world.with_proof(f"without {place}", 1, place, ...)
            value: Any
            for value in (None, True, 1.5, [], {}, "", -1, 2**64):
                yield world.with_proof(f"{place} is {value!r}", 1, place, value)
    yield from _broken_texts(world)
    for name in ledger.trust():
        yield world.with_trust(f"trust without {name}", 1, **{name: ...})
        for value in (None, True, "", [], -1):
            yield world.with_trust(f"trust {name} is {value!r}", 1, **{name: value})
    yield world.with_trust("unknown in trust", 1, more=1)
    yield world.with_trust("trusts another portal", 1, portal=PORTAL[:-1] + "2")
    yield world.with_trust("trusts another chain", 1, chain_id=1)
    yield world.with_trust("trusts another log", 1, log=hexed(bytes(20)))
    yield world.with_trust("trusts other code", 1, code_hash=hexed(bytes(32)))
    yield world.with_trust("trusts another beginning", 1, genesis_hash=hexed(bytes(32)))
    yield world.with_trust("trust in capitals", 1, log=ledger.trust()["log"].upper())


def _broken_texts(world: World) -> Iterator[Case]:
    proof = world.proof
    root, document, reference = proof["root"], proof["document"], proof["reference"]
    path = proof["path"]
    bad: dict[str, list[Any]] = {
        "root": [root.upper(), root[2:], root[:-2], root + "00", root + "\n", "0X" + root[2:]],
        "document": [
            document.rstrip("=") + "\n", document[:20] + "\n" + document[20:], "Zh==", "Zg=", "Zg",
            "Z===", "====", "Zg==Zg==", "Z_-_", "Zg= =", "\u00c0AAA", "Zm9=", "=", "Zg==\n",
        ],
        "salt": [proof["salt"].replace("0x", "0x0x"), proof["salt"][:-1] + "g"],
        "portal": [PORTAL.upper(), PORTAL + "\n", PORTAL[9:], PORTAL.replace("-", "")],
        "kind": ["FHIR", "fhir\n", "f h", "f" * 33, "\u0430udit"],
        "reference": [
            PORTAL, PORTAL + "/", PORTAL + "x/y", "x" + reference, reference + " ",
            reference + "\n", reference + "\u202e", reference + "x" * 200,
        ],
        "format": ["salus-proof/2", "salus-proof/1 ", "salus-trust/1", ["salus-proof/1"]],
        "path": [path[:-1], [*path, path[0]], path * 3, "0x", [p.upper() for p in path], [1] * 6],
    }  # fmt: skip
    for name, values in bad.items():
        for n, value in enumerate(values):
            yield world.with_proof(f"bad {name} {n}", 1, (name,), value)
    for name, value in (("depth", 17), ("depth", "6"), ("sequence", 0), ("sequence", "2")):
        yield world.with_proof(f"{name} {value!r}", 1, ("batch", name), value)


def nodes(world: World) -> Iterator[Case]:
    ledger = world.ledger
    code = key("eth_getCode", [hexed(ledger.address), hex(ledger.finalized)])
    genesis = key("eth_getBlockByNumber", ["0x0", False])
    lies: dict[str, Answers] = {
        "another chain": {key("eth_chainId", []): "0x1"},
        "another genesis": {genesis: {"hash": hexed(bytes(32))}},
        "no code": {code: "0x"},
        "other code": {code: "0x6080"},
        "entry not final yet": {ledger.heads_key(2): hexed(bytes(32))},
        "another entry": {ledger.heads_key(2): hexed(keccak256(b"other"))},
        "another entry before": {ledger.heads_key(1): hexed(keccak256(b"other"))},
    }
    for name, changes in lies.items():
        yield world.with_node(name, 1, changes)
    lying = {**ledger.answers(), ledger.heads_key(2): hexed(bytes(32))}
    yield world.case("one of two disagrees", 1, nodes=(ledger.answers(), lying))
    yield world.case("one disagrees, one is silent", 1, nodes=(lying, {}))
    capitals = {ledger.heads_key(2): "0x" + ledger.heads[2].hex().upper()}
    yield world.with_node("answers in capitals", 0, capitals)
