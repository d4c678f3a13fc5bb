"""Vectors of the audit of a whole log."""

from collections.abc import Iterator
from typing import Any

from chain.commitments import keccak256
from tests.interop.proof_vectors import AUDIT, NODE, Bench, Vector, but
from tests.interop.signing import hexed
from tests.interop.vectors import Answers, Json, Ledger, dumped, key

TOPIC = keccak256(b"Appended(uint64,bytes32,uint8,uint64,bytes32)")
STOPPED = f"trust {NODE} code entries!"


def ledger(count: int = 3, deployed: int = 1) -> Ledger:
    made = Ledger()
    for n in range(count):
        made.seal([b"%d" % n], 1_800_000_000 + 60 * n)
    return made


def event(made: Ledger, number: int) -> Json:
    """As a node tells it."""
    entry = made.entries[number - 1]
    words = (entry.tree.depth.to_bytes(32, "big"), entry.time.to_bytes(32, "big"))
    return {
        "address": hexed(made.address),
        "topics": [hexed(TOPIC), hexed(number.to_bytes(32, "big")), hexed(entry.tree.root)],
        "data": hexed(b"".join(words) + made.heads[number]),
        "blockNumber": hex(10 + number),
        "removed": False,
    }


def asked(made: Ledger, start: int, end: int) -> str:
    wanted = {
        "address": hexed(made.address),
        "topics": [hexed(TOPIC)],
        "fromBlock": hex(start),
        "toBlock": hex(end),
    }
    return key("eth_getLogs", [wanted])


def answers(made: Ledger, *events: Json, at: int = 40) -> Answers:
    found = made.answers_at(40)
    return {**found, asked(made, 1, at): list(events)}


def vector(name: str, what: str, steps: str, made: Ledger, nodes: Any, **other: Any) -> Vector:
    bench = Bench(dumped(made.trust()), tuple(nodes))
    return bench.vector(f"log-{name}", what, steps, **other)


def vectors() -> Iterator[Vector]:
    yield from honest()
    yield from wrong()
    yield from silent()


def honest() -> Iterator[Vector]:
    made = ledger()
    told = [event(made, n) for n in (1, 2, 3)]
    good = answers(made, *told)
    ok = f"trust {AUDIT}"
    yield vector("ok", "Three entries.", ok, made, [good])
    none = ledger(0)
    yield vector("empty", "A log without an entry.", ok, none, [answers(none)])
    behind = {k: v for k, v in good.items() if "finalized" not in k and "eth_getLogs" not in k}
    behind = {k.replace('"0x28"', '"0xc"'): v for k, v in behind.items()}
    behind[key("eth_getBlockByNumber", ["finalized", False])] = {"number": "0xc"}
    behind[asked(made, 1, 12)] = told[:2]
    behind[made.heads_key(3, 12)] = hexed(bytes(32))
    yield vector(
        "two-nodes",
        "Two nodes, one of which is behind.",
        f"{ok} {AUDIT} agree",
        made,
        [good, behind],
    )
    halved = {k: v for k, v in good.items() if "eth_getLogs" not in k}
    halved |= {asked(made, 1, 10): [], asked(made, 11, 20): told}
    halved |= {asked(made, 21, 30): [], asked(made, 31, 40): []}
    yield vector(
        "halved",
        "The node refuses 40 blocks, then 20, and answers for 10.",
        ok,
        made,
        [halved],
    )
    spoilt = {**halved, asked(made, 1, 40): [*told, {}], asked(made, 1, 20): told}
    spoilt |= {asked(made, 21, 40): []}
    yield vector(
        "spoilt",
        "An answer in which one event is none is no answer: half of it is asked for, and is right.",
        ok,
        made,
        [spoilt],
    )
    free = [{k: v for k, v in one.items() if k != "removed"} for one in told]
    free = [{**one, "address": hexed(bytes(20)), "more": [1]} for one in free]
    yield vector(
        "free-form",
        "Events without `removed`, and with another address: nobody looks at it.",
        ok,
        made,
        [answers(made, *free)],
    )
    late = {k.replace('"0x28"', '"0x4e44"'): v for k, v in halved.items() if "eth_getLogs" not in k}
    late[key("eth_getBlockByNumber", ["finalized", False])] = {"number": hex(20036)}
    late |= {asked(made, 1, 10_000): told, asked(made, 10_001, 20_000): []}
    late |= {asked(made, 20_001, 20_036): []}
    yield vector("ranges", "20,036 blocks, asked for by 10,000.", ok, made, [late])


def wrong() -> Iterator[Vector]:
    made = ledger()
    one, two, three = (event(made, n) for n in (1, 2, 3))
    rooted = {**two, "topics": [*two["topics"][:2], three["topics"][2]]}
    for name, (what, events) in {
        "gap": ("Entry 2 is missing.", [one, three]),
        "order": ("Entry 3 before entry 2.", [one, three, two]),
        "twice": ("Entry 2 twice.", [one, two, two, three]),
        "starts-late": ("The first entry is missing.", [two, three]),
        "other-root": ("Another root in entry 2.", [one, rooted, three]),
        "other-head": ("Another head in entry 2.", [one, {**two, "data": two["data"][:-2] + "00"}, three]),
        "other-time": ("Another time in entry 1.", [{**one, "data": two["data"]}, two, three]),
    }.items():  # fmt: skip
        yield vector(name, what, STOPPED, made, [answers(made, *events)])
    short = answers(made, one, two)
    steps = f"trust {but(AUDIT, 'end!')}"
    yield vector("end", "No event tells of the last entry.", steps, made, [short])
    last = {**answers(made, one, two, three), made.heads_key(3): hexed(bytes(32))}
    steps = f"trust {but(AUDIT, 'last!')}"
    yield vector("last", "The log does not hold the last entry.", steps, made, [last])
    yield vector(
        "last-and-agree",
        "At one of two nodes `last` fails; whether they agree is about the events nevertheless.",
        f"trust {AUDIT} {but(AUDIT, 'last!')} agree",
        made,
        [answers(made, one, two, three), last],
    )
    yield vector(
        "deployed-later",
        "The log was put there behind the final block: there is no event to ask for.",
        f"trust {but(AUDIT, 'end!')}",
        made,
        [answers(made)],
        trust={**made.trust(), "deploy_block": 41},
    )
    ranged = {k: v for k, v in short.items() if "eth_getLogs" not in k}
    ranged |= {asked(made, 1, 20): [one, three], asked(made, 21, 40): [{}]}
    yield vector(
        "gap-and-spoilt",
        "Entry 2 is missing in the first half of the blocks: nobody asks for the second.",
        STOPPED,
        made,
        [ranged],
    )
    other = ledger(0)
    for n in (0, 1, 2):
        other.seal([b"other %d" % n])
    told = [event(other, n) for n in (1, 2, 3)]
    yield vector(
        "disagree",
        "Two nodes tell different histories, each without a fault.",
        f"trust {AUDIT} {AUDIT} agree!",
        made,
        [answers(made, one, two, three), answers(other, *told)],
    )
    stranger = Ledger(address=bytes(20))
    stranger.seal([b"0"])
    elsewhere = answers(made, {**event(stranger, 1), "address": hexed(made.address)})
    yield vector(
        "beginning", "Entry 1 follows another log's beginning.", STOPPED, made, [elsewhere]
    )
    code = key("eth_getCode", [hexed(made.address), "0x28"])
    yield vector(
        "code",
        "There is other code at the log's address.",
        f"trust {NODE} code!",
        made,
        [{**answers(made), code: "0x"}],
    )


def silent() -> Iterator[Vector]:
    made = ledger()
    one, two, three = (event(made, n) for n in (1, 2, 3))
    good = answers(made, one, two, three)
    yield vector("unpinned", "Without a trust file.", "trust? chain?", made, [good], trust=None)
    yield vector("no-node", "Without a node.", "trust chain?", made, [])
    yield vector("trust-broken", "The trust file is none.", "trust!", made, [good], trust=b"{}")
    steps = f"trust {NODE} code node?"
    none = {k: v for k, v in good.items() if "eth_getLogs" not in k}
    yield vector("refused", "The node tells no events at all.", steps, made, [none])
    for name, (what, changed) in {
        "removed": ("An event that was removed.", {**one, "removed": True}),
        "removed-null": ("null for `removed`.", {**one, "removed": None}),
        "topic-short": (
            "A number of 31 bytes.",
            {**one, "topics": [one["topics"][0], "0x" + "00" * 30 + "01", one["topics"][2]]},
        ),
        "topics": ("An event without its number.", {**one, "topics": one["topics"][:1]}),
        "name": ("Another event.", {**one, "topics": [hexed(bytes(32)), *one["topics"][1:]]}),
        "data": ("An event with too few data.", {**one, "data": one["data"][:-64]}),
    }.items():
        yield vector(name, what, steps, made, [answers(made, changed)])
    spoilt = answers(made, one, three, {**two, "removed": True})
    yield vector(
        "gap-then-removed",
        "Entry 2 is missing, and an event behind was removed: the whole answer is none.",
        steps,
        made,
        [spoilt],
    )
    answered = {**good, asked(made, 1, 40): None}
    yield vector("null", "null for a list of events.", steps, made, [answered])
    yield vector(
        "one-silent",
        "One node is silent, the other tells all.",
        f"trust node? {AUDIT}",
        made,
        [{}, good],
    )
