"""Vectors of salus-proof/1: sealed in the log."""

import base64
from collections.abc import Iterator
from typing import Any

from chain.commitments import commitment, fold, keccak256, leaf_of, next_head
from tests.interop.people import PORTAL_KEY, Person, altered, kept_head, person
from tests.interop.proof_vectors import AT_LOG, NODE, RECORD, Bench, Vector, but, upto
from tests.interop.signing import SECP256K1_ORDER, Wallet, hexed, high, with_s
from tests.interop.vectors import PORTAL, Answers, Json, Ledger, dumped, forged, key
from tests.interop.vectors import World as Ledgers

FINAL = key("eth_getBlockByNumber", ["finalized", False])


class World:
    """A ledger with three entries, an honest proof of the second, and its trust file."""

    def __init__(self) -> None:
        made = Ledgers.make()
        self.ledger, self.proof, self.others = made.ledger, made.proof, made.others
        self.made = made
        self.answers = self.ledger.answers_at(40)
        self.trust = self.ledger.trust()
        self.bench = Bench(dumped(self.trust), (self.answers,), dumped(self.proof))


def vectors() -> Iterator[Vector]:
    world = World()
    for part in (
        honest,
        limits,
        undecided,
        shapes,
        broken,
        foreign,
        lies,
        strict_bytes,
        strict_members,
        trusts,
    ):
        yield from part(world)
    yield from kept_heads()


def honest(world: World) -> Iterator[Vector]:
    made = world.bench.vector
    yield made(
        "record-ok",
        "The second entry's first document; two nodes agree.",
        f"{RECORD} {AT_LOG} {AT_LOG}",
        nodes=(world.answers,) * 2,
    )
    first = world.others[0]
    yield made(
        "record-first-entry",
        "The worked example of docs/PROOFS.md: the first entry of a log.",
        f"{RECORD} first {AT_LOG}",
        file=first,
    )
    yield made(
        "record-not-json",
        "The document is not JSON and not even text: bytes are bytes.",
        f"{RECORD} {AT_LOG}",
        file=world.others[1],
    )
    yield made(
        "record-empty", "A document of no bytes.", f"{RECORD} {AT_LOG}", file=world.others[2]
    )
    text = (
        dumped(world.proof).replace(b"salus-proof", b"s\\u0061lus-proof").replace(b", ", b" ,\n\t")
    )
    yield made(
        "record-free-form",
        "White space, escapes and the order of members are free.",
        f"{RECORD} {AT_LOG}",
        file=text,
    )
    without = {k: v for k, v in world.answers.items() if k != FINAL}
    at = {"0x28": '"0x2a"'}
    moved = {k.replace('"0x28"', at["0x28"]): v for k, v in without.items()}
    yield made(
        "record-confirmations",
        "No finalized block; with three confirmations, block 42 of 45 is taken as final.",
        f"{RECORD} {AT_LOG}",
        nodes=(moved,),
        confirmations=3,
    )


def limits(world: World) -> Iterator[Vector]:
    """As large, long, deep or shallow as it may be."""
    made = world.bench.vector
    for name, time in {"2-53": 2**53 + 1, "2-64": 2**64 - 1}.items():
        yield made(
            f"record-time-{name}",
            f"A time of {time}, which no double holds.",
            f"{RECORD} {AT_LOG}",
            **resealed(world, batch={"time": time}),
        )
    longest = (PORTAL + "/" + "x" * 200)[:200]
    yield made(
        "record-longest",
        "A kind of 32 characters and a reference of 200.",
        f"{RECORD} {AT_LOG}",
        **resealed(world, kind="a" + "-9" * 15 + "z", reference=longest),
    )
    for depth in (0, 16):
        path = [hexed(keccak256(b"sibling %d" % n)) for n in range(depth)]
        yield made(
            f"record-depth-{depth}",
            f"A tree of depth {depth}.",
            f"{RECORD} {AT_LOG}",
            **resealed(world, path=path, batch={"depth": depth}),
        )
    yield made(
        "record-white-space",
        "White space before and behind.",
        f"{RECORD} {AT_LOG}",
        file=b" \t\r\n" + dumped(world.proof) + b"\n\r\t ",
    )


def resealed(world: World, batch: Json | None = None, **changes: Any) -> dict[str, Any]:
    """The file and node of a proof that was sealed with some members other."""
    proof = {**world.proof, **changes, "batch": {**world.proof["batch"], **(batch or {})}}

    def of(value: str) -> bytes:
        return bytes.fromhex(value[2:])

    document = base64.b64decode(proof["document"])
    names = {name: proof[name] for name in ("kind", "reference")}
    value = commitment(salt=of(proof["salt"]), document=document, **names)
    root = fold(leaf_of(value), list(map(of, proof["path"])))
    said = proof["batch"]
    head = next_head(of(said["previous_head"]), 2, root, said["depth"], said["time"])
    proof |= {
        "commitment": hexed(value),
        "root": hexed(root),
        "batch": {**said, "head": hexed(head)},
    }
    return {"file": proof, "nodes": ({**world.answers, world.ledger.heads_key(2): hexed(head)},)}


def shapes(world: World) -> Iterator[Vector]:
    """Answers of nodes that are, and are not, of the form that they should have."""
    code = key("eth_getCode", [hexed(world.ledger.address), "0x28"])
    genesis, chain = key("eth_getBlockByNumber", ["0x0", False]), key("eth_chainId", [])
    second = world.ledger.heads_key(2)
    head = world.answers[second]
    zeros = {chain: "0x" + "7A69".rjust(64, "0"), FINAL: {"number": "0x0028"}}
    capitals = {k: "0x" + world.answers[k][2:].upper() for k in (code, second)}
    good = RECORD + " "
    rows: dict[str, tuple[str, str, Answers]] = {
        "free-form": ("Leading zeros, and capitals.", AT_LOG, {**zeros, **capitals}),
        "chain-is-number": ("A number for text.", "node?", {chain: 31337}),
        "chain-is-digits": ("A number that is not in hex.", "node?", {chain: "31337"}),
        "chain-is-empty": ("No digit.", "node?", {chain: "0x"}),
        "chain-is-long": ("65 digits.", "node?", {chain: "0x" + "7a69".rjust(65, "0")}),
        "chain-is-signed": ("A sign.", "node?", {chain: "0x-7a69"}),
        "block-is-list": ("A list for a block.", "chain node?", {genesis: []}),
        "hash-is-odd": ("A hash of 63 digits.", "chain node?", {genesis: {"hash": head[:-1]}}),
        "hash-is-short": ("A hash of 31 bytes.", "chain genesis!", {genesis: {"hash": head[:-2]}}),
        "final-is-number": ("A number for text.", "chain genesis node?", {FINAL: {"number": 40}}),
        "code-is-odd": ("Code of half a byte.", f"{NODE} node?", {code: "0x6"}),
        "head-is-short": ("A head of 31 bytes.", but(AT_LOG, "entry!"), {second: head[:-2]}),
        "head-is-long": ("A head of 33 bytes.", but(AT_LOG, "entry!"), {second: head + "00"}),
    }  # fmt: skip
    for name, (what, steps, answers) in rows.items():
        nodes = ({**world.answers, **answers},)
        yield world.bench.vector(f"node-{name}", what, good + steps, nodes=nodes)


def undecided(world: World) -> Iterator[Vector]:
    made = world.bench.vector
    yield made("record-unpinned", "Without a trust file.", UNPINNED, trust=None)
    yield made("record-no-node", "Without a node.", f"{RECORD} chain?", nodes=())
    yield made("record-silent-node", "A node that never answers.", f"{RECORD} node?", nodes=({},))
    yield made(
        "record-one-silent",
        "One node is silent, the other agrees.",
        f"{RECORD} node? {AT_LOG}",
        nodes=({}, world.answers),
    )
    yield made(
        "record-no-final-block",
        "The chain has no finalized block, and no confirmations were named.",
        f"{RECORD} chain genesis node?",
        nodes=({**world.answers, FINAL: None},),
    )
    for name, answer in {"number": 7, "null": None, "odd": "0x1", "letters": "0xzz"}.items():
        yield made(
            f"record-head-is-{name}",
            f"The node answers {answer!r} where 32 bytes should be: no usable answer.",
            f"{RECORD} {NODE} code node?",
            nodes=({**world.answers, world.ledger.heads_key(2): answer},),
        )


UNPINNED = "proof commitment root head trust? chain?"


def broken(world: World) -> Iterator[Vector]:
    """What was changed after it was sealed."""
    proof = world.proof
    document = base64.b64decode(proof["document"]).replace(b"61.50", b"61.5")
    other, sibling = hexed(keccak256(b"other")), proof["path"][3]
    rows: dict[str, tuple[str, list[Any]]] = {
        "document": ("commitment", ["document", base64.b64encode(document).decode()]),
        "kind": ("commitment", ["kind", "audit"]),
        "reference": ("commitment", ["reference", proof["reference"][:-1] + "2"]),
        "salt": ("commitment", ["salt", other]),
        "sibling": ("root", ["path", 3, sibling[:-1] + ("0" if sibling[-1] != "0" else "1")]),
        "path-order": ("root", ["path", proof["path"][::-1]]),
        "time": ("head", ["batch", "time", proof["batch"]["time"] + 1]),
        "sequence": ("head", ["batch", "sequence", 3]),
        "previous": ("head", ["batch", "previous_head", other]),
        "head": ("head", ["batch", "head", other]),
    }
    for name, (step, place) in rows.items():
        yield world.bench.vector(
            f"record-other-{name}",
            f"Another {name.replace('-', ' ')} than was sealed.",
            but(RECORD, f"{step}!"),
            file=altered(proof, tuple(place)),
        )
    yield world.bench.vector(
        "record-other-commitment",
        "Another commitment: neither the document nor the path lead to it.",
        but(RECORD, "commitment!", "root!"),
        file=altered(proof, ("commitment", other)),
    )
    yield world.bench.vector(
        "record-other-root",
        "Another root: the path does not lead to it, nor does it give the head.",
        but(RECORD, "root!", "head!"),
        file=altered(proof, ("root", other)),
    )


def foreign(world: World) -> Iterator[Vector]:
    """What is consistent in itself, but of another portal, chain or log."""
    made = world.bench.vector
    other = {"portal": PORTAL[:-1] + "2", "chain_id": 1, "log": hexed(bytes(20))}
    for name, step in {"portal": "portal", "chain_id": "log", "log": "log"}.items():
        trust = {**world.trust, name: other[name]}
        words = f"The trust file names another {name.replace('_', ' ')}."
        yield made(f"record-trusts-other-{name}", words, but(RECORD, f"{step}!"), trust=trust)
    stranger = Ledger(heads=[])
    stranger.heads[0] = keccak256(b"elsewhere")
    [proof] = stranger.seal([b"{}"])
    yield made(
        "record-first-of-another-log",
        "It claims to be a first entry, but does not follow this log's own beginning.",
        f"{RECORD} first!",
        file=proof,
    )
    yield made(
        "record-forged-log",
        "Consistent in itself, but the log never held this entry.",
        f"{RECORD} {but(AT_LOG, 'entry!')}",
        file=forged(world.made),
    )
    yield made(
        "record-inner-node",
        "An inner node passed off as a commitment, with a shorter path and depth.",
        but(RECORD, "commitment!", "root!", "head!"),
        file=shallow(world),
    )


def shallow(world: World) -> Json:
    from tests.interop.vectors import _rehung

    return _rehung(world.made)


def lies(world: World) -> Iterator[Vector]:
    """What a node says that contradicts the file."""
    at, zero = world.ledger.heads_key, hexed(bytes(32))
    code = key("eth_getCode", [hexed(world.ledger.address), "0x28"])
    genesis = key("eth_getBlockByNumber", ["0x0", False])
    rows: dict[str, tuple[str, str, Answers]] = {
        "chain": ("It serves another chain.", "chain", {key("eth_chainId", []): "0x1"}),
        "genesis": ("The chain begins otherwise.", "genesis", {genesis: {"hash": zero}}),
        "no-code": ("There is no code at the log's address.", "code", {code: "0x"}),
        "code": ("There is other code at the log's address.", "code", {code: "0x6080"}),
    }
    for name, (what, step, answers) in rows.items():
        steps = f"{RECORD} {upto(AT_LOG, f'{step}!')}"
        nodes = ({**world.answers, **answers},)
        yield world.bench.vector(f"record-node-{name}", what, steps, nodes=nodes)
    wrong = ({**world.answers, at(2): zero},)
    disagrees = f"{RECORD} {but(AT_LOG, 'entry!')}"
    made = world.bench.vector
    yield made("record-not-final", "The entry is not final yet.", disagrees, nodes=wrong)
    yield made(
        "record-node-previous",
        "The log holds another entry before it.",
        f"{RECORD} {but(AT_LOG, 'previous!')}",
        nodes=({**world.answers, at(1): zero},),
    )
    yield made(
        "record-one-disagrees",
        "One of two nodes contradicts the file.",
        f"{RECORD} {AT_LOG} {but(AT_LOG, 'entry!')}",
        nodes=(world.answers, *wrong),
    )
    yield made(
        "record-disagrees-and-silent",
        "One node contradicts the file and one is silent: a contradiction counts more.",
        f"{disagrees} node?",
        nodes=(*wrong, {}),
    )


def strict_bytes(world: World) -> Iterator[Vector]:
    """Texts that lenient parsers take: each is refused."""
    text = dumped(world.proof)
    time = b'"time": 1800000000'
    rows = {
        "empty": ("Nothing.", b""),
        "trailing": ("A second value behind the first.", text + b" {}"),
        "mark": ("A byte-order mark.", b"\xef\xbb\xbf" + text),
        "utf-16": ("UTF-16.", text.decode().encode("utf-16")),
        "utf-8": ("Invalid UTF-8.", text.replace(b"salus-proof", b"salus\xffproof")),
        "comma": ("A comma behind the last member.", text[:-1] + b",}"),
        "comment": ("A comment.", text + b"// x"),
        "quotes": ("Single quotes.", text.replace(b'"', b"'")),
        "line-break": ("A raw line break in a text.", text.replace(b"fhir", b"fh\nir")),
        "surrogate": ("A lone surrogate.", text.replace(b"fhir", b"\\ud800")),
        "float": ("A number with a point.", text.replace(time, time + b".0")),
        "exponent": ("A number with an exponent.", text.replace(time, b'"time": 18e8')),
        "minus-zero": ("Minus zero.", text.replace(time, b'"time": -0')),
        "leading-zero": ("A leading zero.", text.replace(time, b'"time": 01800000000')),
        "too-large": ("2^64.", text.replace(time, b'"time": 18446744073709551616')),
        "nan": ("NaN.", text.replace(time, b'"time": NaN')),
        "twice": ("A member twice.", text[:-1] + b', "kind": "fhir"}'),
        "twice-by-escape": (
            "A member twice, once written with an escape.",
            text[:-1] + b', "k\\u0069nd": "fhir"}',
        ),
        "twice-inside": ("Twice in batch.", text.replace(b'"batch": {', b'"batch": {"depth": 6, ')),
        "list": ("A list.", b"[" + text + b"]"),
        "space": ("A space of no ASCII between members.", text.replace(b", ", b",\xc2\xa0")),
        "form-feed": ("A form feed behind the last member.", text + b"\f"),
        "nested": ("Lists in lists without end.", b"[" * 12_000),
    }
    for name, (what, file) in rows.items():
        yield world.bench.vector(f"strict-{name}", what, "proof!", file=file)


def strict_members(world: World) -> Iterator[Vector]:
    """Members that are not as the format wants them."""
    proof = world.proof
    root, document = proof["root"], proof["document"]
    rows: dict[str, tuple[str, tuple[Any, ...]]] = {
        "unknown": ("An unknown member.", ("more", 1)),
        "unknown-inside": ("An unknown member in chain.", ("chain", "more", 1)),
        "missing": ("salt is missing.", ("salt", ...)),
        "format": ("A later format.", ("format", "salus-proof/2")),
        "true": ("true where a number should be.", ("batch", "depth", True)),
        "number-as-text": ("A number as text.", ("batch", "sequence", "2")),
        "sequence-0": ("Entry 0.", ("batch", "sequence", 0)),
        "depth-17": ("A tree of depth 17.", ("batch", "depth", 17)),
        "path-short": ("A path shorter than the tree is deep.", ("path", proof["path"][:-1])),
        "path-long": ("A path of more than 16.", ("path", proof["path"] * 3)),
        "capitals": ("Hex in capitals.", ("root", "0x" + root[2:].upper())),
        "no-0x": ("Hex without 0x.", ("root", root[2:])),
        "short-hex": ("31 bytes.", ("root", root[:-2])),
        "hex-line-break": ("A line break behind hex.", ("root", root + "\n")),
        "base64-padding": ("Base64 without its padding.", ("document", document.rstrip("="))),
        "base64-url": ("Base64 in the URL alphabet.", ("document", "Z_-_")),
        "base64-bits": ("Base64 with bits that mean nothing.", ("document", "Zh==")),
        "base64-space": (
            "White space in base64.",
            ("document", document[:20] + "\n" + document[20:]),
        ),
        "portal-capitals": ("The portal in capitals.", ("portal", PORTAL.upper())),
        "kind-capitals": ("A kind in capitals.", ("kind", "FHIR")),
        "kind-long": ("A kind of 33 characters.", ("kind", "f" * 33)),
        "kind-homograph": ("A kind with a Cyrillic letter.", ("kind", "\u0430udit")),
        "reference-elsewhere": (
            "A reference of another portal.",
            ("reference", proof["reference"].replace("0001/", "0002/")),
        ),
        "reference-empty": ("A reference without a path.", ("reference", PORTAL + "/")),
        "reference-space": ("A space in a reference.", ("reference", proof["reference"] + " ")),
        "reference-long": ("201 characters.", ("reference", (PORTAL + "/" + "x" * 200)[:201])),
        "null": ("null for a commitment.", ("commitment", None)),
    }
    for name, (what, place) in rows.items():
        yield world.bench.vector(f"strict-{name}", what, "proof!", file=altered(proof, place))


def trusts(world: World) -> Iterator[Vector]:
    registry = {"address": hexed(bytes(20)), "deploy_block": 2, "code_hash": hexed(bytes(32))}
    signers = [hexed(PORTAL_KEY.public)]
    optional: dict[str, Json] = {
        "registry": {"registry": registry},
        "signers": {"signers": signers},
        "both": {"registry": registry, "signers": signers},
    }
    for name, more in optional.items():
        yield world.bench.vector(
            f"trust-with-{name}",
            "What a record does not need may stand in the trust file.",
            f"{RECORD} {AT_LOG}",
            trust={**world.trust, **more},
        )
    yield world.bench.vector(
        "trust-signers-twice",
        "One signer twice.",
        f"{RECORD} {AT_LOG}",
        trust={**world.trust, "signers": signers * 2},
    )
    rows: dict[str, tuple[str, Any]] = {
        "unknown": ("An unknown member.", {"more": 1}),
        "missing": ("log is missing.", {"log": ...}),
        "registry-unknown": ("Unknown in registry.", {"registry": {**registry, "more": 1}}),
        "registry-null": ("null for the registry.", {"registry": None}),
        "signers-empty": ("No signer.", {"signers": []}),
        "signers-17": ("17 signers.", {"signers": signers * 17}),
        "signers-prefix": ("A key of 65 bytes.", {"signers": ["0x04" + signers[0][2:]]}),
    }
    for name, (what, changes) in rows.items():
        trust = altered(world.trust, *changes.items())
        steps = "proof commitment root head trust!"
        yield world.bench.vector(f"trust-{name}", what, steps, trust=trust)
    twice = dumped(world.trust)[:-1] + b', "chain_id": 31337}'
    yield world.bench.vector(
        "trust-twice", "chain_id twice.", "proof commitment root head trust!", trust=twice
    )


# -- heads that were kept --------------------------------------------------------------------------


def kept_heads() -> Iterator[Vector]:
    """A record of a person, with the head that the person kept."""
    given = person()
    entry = given.ledger.entries[1]
    proof = given.ledger.proofs(entry)[0]
    bench = Bench(dumped(given.trust()), (given.answers(),), dumped(proof), dumped(given.kept(1)))
    made = bench.vector
    listed = f"{RECORD} kept listed {AT_LOG}"
    yield made("kept-ok", "The kept head lists the document.", listed)
    yield made(
        "kept-itself",
        "The proof is of the kept head itself.",
        listed,
        file=given.ledger.proofs(entry)[2],
    )
    yield made(
        "kept-newer",
        "A newer head lists only what is new in it.",
        f"{RECORD} kept listed? {AT_LOG}",
        against=given.kept(2),
    )
    yield made(
        "kept-no-signers",
        "The trust file names no signers.",
        f"{RECORD} kept? listed {AT_LOG}",
        trust=given.trust(signers=...),
    )
    digest = keccak256(b"salus-head/1\0" + bytes.fromhex(given.kept(1)["commitment"][2:]))
    half = (SECP256K1_ORDER - 1) // 2
    for name, s, mark in (("s-half", half, "kept"), ("s-above", half + 1, "kept!")):
        signer, value = with_s(digest, s)
        said = {"public_key": hexed(signer.to_bytes()), "value": hexed(value[:64])}
        yield made(
            f"kept-{name}",
            "The largest s that counts." if mark == "kept" else "One more.",
            listed if mark == "kept" else f"{RECORD} kept!",
            trust=given.trust(signers=[hexed(signer.to_bytes())]),
            against={**given.kept(1), "signature": said},
        )
    yield made("kept-unpinned", "Without a trust file.", UNPINNED_KEPT, trust=None)
    yield from broken_heads(given, bench)


UNPINNED_KEPT = "proof commitment root head trust? kept? listed chain?"


def broken_heads(given: Person, bench: Bench) -> Iterator[Vector]:
    stranger, kept = Wallet("a stranger's"), given.kept(1)
    value = bytes.fromhex(kept["signature"]["value"][2:])
    document = given.heads[0]["document"]

    def other(old: bytes, new: bytes) -> Json:
        """A head whose signature and commitment are right, and whose document is other."""
        return kept_head({**given.heads[0], "document": document.replace(old, new, 1)})

    elsewhere = altered(kept, ("portal", PORTAL[:-1] + "2"))
    rows = {
        "stranger": ("Signed by a key that is not trusted.", given.kept(1, stranger)),
        "signature": ("A signature of another head.", {**kept, "signature": given.kept(2)["signature"]}),
        "high-s": (
            "The other form of the same signature, with high s.",
            altered(kept, ("signature", "value", hexed(high(value)))),
        ),
        "no-point": (
            "A key that is no point of the curve.",
            altered(kept, ("signature", "public_key", hexed(b"\1" * 64))),
        ),
        "commitment": ("Another salt.", altered(kept, ("salt", hexed(bytes(32))))),
        "portal": ("portal is not that of the reference.", elsewhere),
        "unknown": ("An unknown member.", {**kept, "more": 1}),
        "number": ("Another number than in the reference.", other(b'"number":1', b'"number":2')),
        "count": ("The first head counts more than it lists.", other(b'"count":2', b'"count":3')),
        "previous": (
            "A first head that names one before.",
            other(b'"previous":null', b'"previous":"0x' + b"00" * 32 + b'"'),
        ),
        "person": ("Another person than in the reference.", other(b'a","portal', b'b","portal')),
        "empty": ("A head that lists nothing.", kept_head(empty(given))),
    }  # fmt: skip
    for name, (what, against) in rows.items():
        steps = f"{RECORD} kept!"
        yield bench.vector(f"kept-bad-{name}", what, steps, against=against)
    world = World()
    yield bench.vector(
        "kept-of-another-portal",
        "A head of another portal than the proof's.",
        f"{RECORD} kept!",
        file=world.proof,
        trust=given.trust(),
        against=foreign_head(),
    )


def empty(given: Person) -> Json:
    head = given.heads[0]
    said = b'{"commitments":[],"count":1' + head["document"].split(b'"count":2')[1]
    return {**head, "document": said}


def foreign_head() -> Json:
    made = person().heads[0]
    moved = {k: v.replace(b"0001", b"0002") if k == "document" else v for k, v in made.items()}
    return {
        **kept_head({**moved, "reference": made["reference"].replace("0001/P", "0002/P")}),
        "portal": PORTAL[:-1] + "2",
    }
