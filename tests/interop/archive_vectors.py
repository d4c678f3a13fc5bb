"""Vectors of salus-archive/1: everything of a person, and every way to leave something out."""

import struct
from collections.abc import Callable, Iterator
from typing import Any

from chain.commitments import commitment, keccak256
from tests.interop.people import (
    CONSENT,
    ENDED,
    PERSON,
    TEXT,
    Given,
    Person,
    altered,
    canonical,
    document_item,
    grant,
    kept_head,
    person,
    signed,
    zipped,
)
from tests.interop.proof_vectors import ARCHIVE, AT_BOTH, AT_LOG, FULL, Bench, Vector, but
from tests.interop.signing import Json, hexed, secret
from tests.interop.vectors import PORTAL, key
from tests.interop.zips import FULL_32, Zipped, extra_field
from tests.interop.zips import Entry as File

OK = f"{ARCHIVE} {AT_LOG}"
NOTHING = "archive!"


def small() -> Person:
    """Two documents, listed by two heads; no consent."""
    made = Person()
    made.ledger.seal([b'{"resourceType":"Patient"}'])  # somebody else's
    made.news(document_item("Observation/a/_history/1", b'{"resourceType":"Observation"}'))
    made.news(document_item("Condition/b/_history/1", b'{"resourceType":"Condition"}'))
    return made


def tiny() -> Person:
    """One document, listed by a head; for what is refused before anything is counted."""
    made = Person()
    made.ledger.seal([b"{}"])
    made.news(document_item("Observation/a/_history/1", b"{}"))
    return made


def vector(name: str, what: str, steps: str, given: Person, **other: Any) -> Vector:
    bench = Bench(canonical(given.trust()), (given.answers(),), given.archive())
    return bench.vector(f"archive-{name}", what, steps, **other)


def vectors() -> Iterator[Vector]:
    for part in (honest, kept, left_out, bad_heads, trees, consents, nodes, listings):
        yield from part()
    yield from zips()


def honest() -> Iterator[Vector]:
    given = person()
    yield vector("ok", "Three documents, a consent and two heads.", f"{FULL} {AT_BOTH}", given)
    plain = small()
    yield vector(
        "two-nodes", "Two nodes agree.", f"{OK} {AT_LOG}", plain, nodes=(plain.answers(),) * 2
    )
    yield vector(
        "packed", "Every file in the zip is deflated.", OK, plain, file=plain.archive(packed=True)
    )
    yield vector("unpinned", "Without a trust file.", UNPINNED, plain, trust=None)
    yield vector("no-node", "Without a node.", f"{ARCHIVE} chain?", plain, nodes=())
    once = Person()
    once.news(document_item("Observation/a/_history/1", b"{}"))
    yield vector("first-entry", "The log's first entry.", f"{ARCHIVE} first {AT_LOG}", once)
    again = small()
    listed = [b"1" * 32, b"2" * 32]
    again.news(others=listed)
    again.missing = [
        {"commitment": hexed(listed[0]), "reason": "erased"},
        {"commitment": hexed(listed[1]), "reason": "not-final"},
        {"commitment": hexed(b"3" * 32), "reason": "not-final"},
    ]
    yield vector(
        "missing",
        "One document was erased and two are not final, one of which no head lists yet: said.",
        OK,
        again,
    )
    empty = Person()
    yield vector(
        "empty",
        "Nothing, and no head: nothing shows whether something was left out.",
        f"{but(ARCHIVE, 'heads?')} {AT_LOG}",
        empty,
    )


UNPINNED = "archive commitment root head heads complete listed trust? chain?"
KEPT = f"{ARCHIVE} kept history {AT_LOG}"


def kept() -> Iterator[Vector]:
    given = small()
    yield vector("kept", "The newest head was kept.", KEPT, given, against=given.kept())
    yield vector("kept-older", "An older head was kept.", KEPT, given, against=given.kept(1))
    yield vector(
        "kept-no-signers",
        "The trust file names no signers.",
        KEPT.replace("kept", "kept?"),
        given,
        trust=given.trust(signers=...),
        against=given.kept(),
    )
    broken = f"{ARCHIVE} kept history!"
    longer = small()
    newest = longer.next_head([b"4" * 32])
    yield vector(
        "shorter-than-kept",
        "The person keeps head 3, and the archive ends with head 2.",
        broken,
        given,
        against=kept_head(newest),
    )
    waiting = small()
    waiting.missing = [{"commitment": hexed(commitment(**newest)), "reason": "not-final"}]
    yield vector(
        "kept-not-final",
        "The person keeps head 3, of which the archive says that it is not final yet.",
        KEPT.replace("history", "history?"),
        waiting,
        against=kept_head(newest),
    )
    waiting.missing[0]["reason"] = "erased"
    yield vector(
        "kept-erased",
        "The person keeps head 3, which the archive calls erased.",
        broken,
        waiting,
        against=kept_head(newest),
    )
    other = Person()
    other.ledger.seal([b'{"resourceType":"Patient"}'])
    other.news(document_item("Observation/a/_history/1", b'{"resourceType":"Observation","n":0}'))
    yield vector(
        "two-histories",
        "Another first head than the one that was kept, both signed by the portal.",
        broken,
        given,
        against=other.kept(),
    )
    stranger = Person()
    stranger.news(document_item("x", b"{}"), person=PERSON[:-1] + "b")
    yield vector(
        "kept-by-another", "Another person's head.", broken, given, against=stranger.kept()
    )
    waiting = small()
    waiting.missing = [not_final(commitment(**stranger.heads[0]))]
    yield vector(
        "kept-by-another-not-final",
        "Another person's head, of which the archive says that it is not final yet.",
        broken,
        waiting,
        against=stranger.kept(),
    )
    gap = small()
    gap.news(document_item("Observation/c/_history/1", b"{}"))
    del gap.sealed[3]
    gap.missing = [not_final(commitment(**gap.heads[1]))]
    yield vector(
        "kept-gap",
        "The kept head 2 is called not final, though head 3 is there: that is what is wrong.",
        f"{but(ARCHIVE, 'heads!', 'listed!')} kept history?",
        gap,
        against=gap.kept(2),
    )
    files = [File(name, data) for name, data in given.files().items()]
    files[5].crc = 1
    yield vector(
        "kept-unreadable",
        "The kept head stands in the archive's list, but its file can't be read.",
        f"{but(ARCHIVE, 'commitment!', 'heads!', 'listed!')} kept history",
        given,
        file=Zipped(files).bytes(),
        against=given.kept(),
    )
    yield vector(
        "kept-broken",
        "The kept head's signature does not hold.",
        f"{ARCHIVE} kept!",
        given,
        against={**given.kept(), "signature": given.kept(1)["signature"]},
    )


def not_final(value: bytes) -> Json:
    return {"commitment": hexed(value), "reason": "not-final"}


def left_out() -> Iterator[Vector]:
    given = small()
    del given.sealed[2]
    yield vector(
        "left-out", "A document that a head lists is not there.", but(ARCHIVE, "complete!"), given
    )
    given = person()
    given.consents.clear()
    yield vector("consent-left-out", "A consent is not there.", but(ARCHIVE, "complete!"), given)
    given = small()
    extra = document_item("Observation/z/_history/1", b"{}")
    given.sealed.append((extra, given.ledger.append([extra])))
    yield vector("unlisted", "A document that no head lists.", but(ARCHIVE, "listed!"), given)
    given = small()
    given.news(others=[commitment(**given.sealed[0][0])])
    yield vector(
        "listed-twice", "Two heads list the same document.", but(ARCHIVE, "listed!"), given
    )
    given = small()
    given.news(others=[b"5" * 32, b"5" * 32])
    given.missing = [{"commitment": hexed(b"5" * 32), "reason": "erased"}]
    yield vector(
        "listed-twice-in-one", "A head lists one commitment twice.", but(ARCHIVE, "listed!"), given
    )
    given = small()
    given.sealed = [one for one in given.sealed if one[0]["kind"] != "head"]
    steps = but(ARCHIVE, "heads?", "listed!")
    yield vector("no-heads", "Documents, and no head that lists them.", steps, given)
    given = small()
    given.news(others=[commitment(**given.heads[0])])
    steps = but(ARCHIVE, "complete!")
    yield vector("lists-a-head", "A head lists a head, which is no document.", steps, given)


def bad_heads() -> Iterator[Vector]:
    rows: dict[str, tuple[str, Json]] = {
        "gap": ("Head 4 follows head 2.", {"number": 4}),
        "previous": ("It names another head before it.", {"previous": hexed(b"6" * 32)}),
        "count": ("It counts wrong.", {"count": 7}),
        "other-person": ("A head of another person.", {"person": PERSON[:-1] + "b"}),
        "unknown": ("An unknown member.", {"more": 1}),
    }
    for name, (what, changes) in rows.items():
        given = small()
        given.news(document_item("Observation/c/_history/1", b"{}"), **changes)
        marks = ["heads!"]
        if name in ("unknown", "no-previous"):  # such a head lists nothing
            marks.append("listed!")
        yield vector(f"heads-{name}", what, but(ARCHIVE, *marks), given)
    given = small()
    more = document_item("Observation/c/_history/1", b"{}")
    head = given.next_head([commitment(**more)])
    head["reference"] = f"{PORTAL}/{PERSON}/_head/9"
    entry = given.ledger.append([more, head])
    given.sealed += [(more, entry), (head, entry)]
    yield vector(
        "heads-reference",
        "Head 3 under the reference of head 9; what it lists, it lists nevertheless.",
        but(ARCHIVE, "heads!"),
        given,
    )
    given = small()
    turned = [*given.listing()["items"][::-1]]
    yield vector(
        "heads-order",
        "The newest head stands first in the list, and the newest entry first in tree.json.",
        OK,
        given,
        file=remade(
            given,
            **{
                "archive.json": altered(given.listing(), ("items", turned)),
                "tree.json": altered(given.tree(), ("batches", given.tree()["batches"][::-1])),
            },
        ),
    )
    given = small()
    del given.sealed[3]
    steps = but(ARCHIVE, "listed!")
    yield vector(
        "last-head-left-out", "The newest head is not there, what it lists is.", steps, given
    )
    given = small()
    del given.sealed[1]
    steps = but(ARCHIVE, "heads!", "listed!")
    yield vector("first-head-left-out", "The first head is not there.", steps, given)


def remade(given: Person, **files: Any) -> bytes:
    """The archive with some files other; `...` takes one out."""
    made = {
        **given.files(),
        **{k: canonical(v) if isinstance(v, dict) else v for k, v in files.items()},
    }
    return zipped({name: data for name, data in made.items() if data is not ...})


def with_tree(given: Person, *places: tuple[Any, ...]) -> bytes:
    return remade(given, **{"tree.json": altered(given.tree(), *places)})


def with_listing(given: Person, *places: tuple[Any, ...]) -> bytes:
    return remade(given, **{"archive.json": altered(given.listing(), *places)})


def trees() -> Iterator[Vector]:
    given = small()
    tree, listing = given.tree(), given.listing()
    zero = hexed(bytes(32))
    nodes = tree["batches"][0]["nodes"]
    first = next(iter(nodes))
    here = listing["items"][0]["position"]
    yield vector(
        "document",
        "A document was changed.",
        but(ARCHIVE, "commitment!"),
        given,
        file=remade(given, **{"documents/0.json": b'{"resourceType":"Observation" }'}),
    )
    other = document_item("Observation/c/_history/1", b"{}")
    rows: dict[str, tuple[str, list[Any], tuple[str, ...]]] = {
        "node": ("A node was changed.", ["nodes", first, zero], ("root!",)),
        "node-missing": ("A node is missing.", ["nodes", first, ...], ("root!",)),
        "node-disagrees": (
            "A node is given that the leaves lead to, and it is another.",
            ["nodes", f"0:{here}", zero],
            ("root!",),
        ),
        "node-spare": (
            "A node is given that the leaves lead to, and it is the same.",
            ["nodes", f"0:{here}", hexed(leaf(given))],
            (),
        ),
        "root": ("A root was changed.", ["root", zero], ("root!", "head!")),
        "head": ("A head was changed.", ["head", zero], ("head!",)),
    }
    for name, (what, place, marks) in rows.items():
        steps = but(ARCHIVE, *marks) + ("" if marks else f" {AT_LOG}")
        file = with_tree(given, ("batches", 0, *place))
        yield vector(f"tree-{name}", what, steps, given, file=file)
    where = (("items", 1, "position", here), ("items", 1, "batch", 2))
    yield vector(
        "same-place",
        "Two documents claim one place in a tree.",
        but(ARCHIVE, "root!"),
        given,
        file=with_listing(given, *where),
    )
    unused = small()
    entry = unused.ledger.append([other])
    batch = altered(unused._batch(entry), ("nodes", {}))
    yield vector(
        "tree-unused",
        "An entry in which nothing of the archive stands.",
        but(ARCHIVE, "root!"),
        unused,
        file=with_tree(unused, ("batches", [*unused.tree()["batches"], batch])),
    )


def leaf(given: Person) -> bytes:
    from chain.commitments import leaf_of

    return leaf_of(commitment(**given.sealed[0][0]))


def consents() -> Iterator[Vector]:
    given = person()
    ended = person()
    ended.consents[0].end()
    steps = FULL.replace("signature", "signature ending")
    yield vector(
        "consent-ended", "A consent was ended, and so it says.", f"{steps} {AT_BOTH}", ended
    )
    ended.consents[0].proof["revocation"] = None
    yield vector(
        "consent-hidden-end",
        "A consent was ended, and the archive hides that.",
        f"{FULL} {but(AT_BOTH, 'standing!')}",
        ended,
    )
    yield vector(
        "no-registry",
        "The trust file names no registry: the documents are checked nevertheless.",
        f"{but(FULL, 'registry?')} {AT_LOG}",
        given,
        trust=given.trust(registry=...),
    )
    rows: dict[str, tuple[str, tuple[Any, ...], str]] = {
        "registry": (
            "A consent of another registry.",
            ("chain", "contract", hexed(bytes(20))),
            but(FULL, "registry!"),
        ),
        "unknown": ("A consent's file has an unknown member.", ("more", 1), "archive proof!"),
        "portal": (
            "A consent's file of another portal.",
            ("portal", PORTAL[:-1] + "2"),
            "archive proof!",
        ),
        "twice": (
            "A consent's reference is a document's as well.",
            ("reference", f"{PORTAL}/Condition/b/_history/1"),
            "archive proof!",
        ),
    }
    for name, (what, place, steps) in rows.items():
        file = remade(given, **{"consents/0.json": altered(given.consents[0].proof, place)})
        yield vector(f"consent-{name}", what, steps, given, file=file)
    yield vector_of_another("consent-of-another", "A consent that another person gave.")


def vector_of_another(name: str, what: str) -> Vector:
    given = small()
    document = signed(grant(given.registry, patient=PERSON[:-1] + "b"))
    given.consents.append(Given.make(given.registry, document))
    given.news(others=[given.consents[0].value])
    steps = "archive proof commitment root head heads complete listed statement!"
    return vector(name, what, f"{steps} trust portal log registry", given)


def nodes() -> Iterator[Vector]:
    given = small()
    here, ledger = given.answers(), given.ledger
    zero = hexed(bytes(32))
    rows: dict[str, tuple[str, str, Json]] = {
        "entry": ("The log does not hold the last entry.", "entry!", {ledger.heads_key(3): zero}),
        "previous": (
            "The log holds another entry before.",
            "previous!",
            {ledger.heads_key(1): zero},
        ),
    }
    for name, (what, marks, answers) in rows.items():
        steps = f"{ARCHIVE} {but(AT_LOG, *marks.split())}"
        yield vector(f"node-{name}", what, steps, given, nodes=({**here, **answers},))
    code = key("eth_getCode", [hexed(ledger.address), "0x28"])
    yield vector(
        "node-code",
        "There is other code at the log's address.",
        f"{ARCHIVE} chain genesis final code!",
        given,
        nodes=({**here, code: "0x"},),
    )
    silent = {k: v for k, v in here.items() if k != ledger.heads_key(3)}
    yield vector(
        "node-silent",
        "The node does not answer for one entry.",
        f"{ARCHIVE} chain genesis final code node?",
        given,
        nodes=(silent,),
    )
    without = {k: v for k, v in here.items() if k != ledger.heads_key(2)}
    yield vector(
        "node-entry-and-silent",
        "It contradicts one entry and does not answer for another: that counts more.",
        f"{ARCHIVE} chain genesis final code entry! node?",
        given,
        nodes=({**without, ledger.heads_key(3): zero},),
    )
    yield vector(
        "node-previous-silent",
        "The node does not answer for the entry before the first.",
        f"{ARCHIVE} chain genesis final code entry node?",
        given,
        nodes=({k: v for k, v in here.items() if k != ledger.heads_key(1)},),
    )
    yield from two_consents()
    other = {"log": hexed(bytes(20))}
    yield vector(
        "other-log",
        "Another log than trusted.",
        but(ARCHIVE, "log!"),
        given,
        trust=given.trust(**other),
    )
    full = person()
    answers = {
        **full.answers(),
        full.registry.call("revokedAt", full.consents[0].lock): hexed(ENDED.to_bytes(32, "big")),
    }
    yield vector(
        "node-knows-an-end",
        "One of two nodes knows of an end.",
        f"{FULL} {AT_BOTH} {but(AT_BOTH, 'standing!')}",
        full,
        nodes=(full.answers(), answers),
    )


def two_consents() -> Iterator[Vector]:
    """Of two consents a node contradicts the first, and keeps silent about the other."""
    given = Person()
    lock = hexed(keccak256(secret("of another consent's end")))
    other = grant(given.registry, id=CONSENT[:-1] + "d", lock=lock, text=TEXT[:-12])
    given.consents = [
        Given.make(given.registry, signed(grant(given.registry))),
        Given.make(given.registry, signed(other), id=CONSENT[:-1] + "d"),
    ]
    given.ledger.seal([b"{}"])
    given.news(others=[consent.value for consent in given.consents])
    first, second = given.consents
    call, here = given.registry.call, given.answers()
    rows = {
        "granted": ("granted", bytes(32), first.value, second.value),
        "standing": ("standing", ENDED.to_bytes(32, "big"), first.lock, second.lock),
    }
    for name, (step, told, lie, silent) in rows.items():
        function = {"granted": "grantedAt", "standing": "revokedAt"}[name]
        answers = {**here, call(function, lie): hexed(told)}
        del answers[call(function, silent)]
        yield vector(
            f"node-{name}-and-silent",
            "It contradicts one consent and does not answer for another: that counts more.",
            f"{FULL} {but(AT_BOTH, f'{step}!')}",
            given,
            nodes=(answers,),
        )


def listings() -> Iterator[Vector]:
    """Lists that do not keep to their format, or do not fit each other."""
    given = tiny()
    listing, tree = given.listing(), given.tree()
    first = listing["items"][0]
    lists: dict[str, tuple[str, tuple[Any, ...]]] = {
        "format": ("A later format.", ("format", "salus-archive/2")),
        "unknown": ("An unknown member.", ("more", 1)),
        "duplicate-reference": (
            "Two documents under one reference.",
            ("items", 1, "reference", first["reference"]),
        ),
        "duplicate-commitment": (
            "One commitment twice.",
            ("items", 1, "commitment", first["commitment"]),
        ),
        "missing-but-here": (
            "A document is called missing, and is there.",
            ("missing", [{"commitment": first["commitment"], "reason": "erased"}]),
        ),
        "same-file": ("Two entries name one file.", ("items", 1, "document", first["document"])),
        "file-elsewhere": (
            "A document's file is not below documents/.",
            ("items", 0, "document", "tree.json"),
        ),
        "file-up": (
            "A file's name leads upwards.",
            ("items", 0, "document", "documents/../tree.json"),
        ),
        "reference-elsewhere": ("A reference of another portal.", ("items", 0, "reference", "x/y")),
        "no-batch": ("An entry that tree.json does not have.", ("items", 0, "batch", 9)),
        "position": ("A place that the tree does not have.", ("items", 0, "position", 16)),
        "portal": ("Another portal than in tree.json.", ("portal", PORTAL[:-1] + "2")),
        "consent-absent": ("A consent's file is not there.", ("consents", ["consents/0.json"])),
    }
    for name, (what, place) in lists.items():
        yield vector(f"list-{name}", what, NOTHING, given, file=with_listing(given, place))
    node = hexed(bytes(32))
    forest: dict[str, tuple[str, tuple[Any, ...]]] = {
        "twice": ("An entry twice.", ("batches", tree["batches"][:1] * 2)),
        "node-outside": ("A node beyond its level.", ("batches", 0, "nodes", "1:8", node)),
        "node-above": ("A node at the root's level.", ("batches", 0, "nodes", "4:0", node)),
        "depth": ("A depth of 17.", ("batches", 0, "depth", 17)),
    }
    for name, (what, place) in forest.items():
        yield vector(f"tree-{name}", what, NOTHING, given, file=with_tree(given, place))
    yield vector(
        "no-list", "No archive.json.", NOTHING, given, file=remade(given, **{"archive.json": ...})
    )
    yield vector(
        "no-tree", "No tree.json.", NOTHING, given, file=remade(given, **{"tree.json": ...})
    )
    with_readme = remade(given, **{"README.txt": b"How to check it: docs/PROOFS.md"})
    yield vector(
        "readme", "With README.txt, of which nothing is said.", OK, given, file=with_readme
    )
    stray = remade(given, **{"documents/more.json": b"{}"})
    yield vector("stray", "A file that nothing lists.", NOTHING, given, file=stray)
    yield vector(
        "file-absent",
        "A document's file is not there.",
        NOTHING,
        given,
        file=remade(given, **{"documents/0.json": ...}),
    )


def zips() -> Iterator[Vector]:
    """Zip files that unpacking programs read in more than one way."""
    given = tiny()
    good = given.archive()
    files = [File(name, data) for name, data in given.files().items()]

    def made(change: Callable[[list[File]], Any], **how: Any) -> bytes:
        mine = [File(file.name, file.data) for file in files]
        change(mine)
        return Zipped(mine).bytes(**how)

    nothing = made(lambda _: None, zip64=True)
    yield vector("zip-64", "With the end records of a large zip.", OK, given, file=nothing)
    rows: dict[str, tuple[str, bytes]] = {
        "truncated": ("The end is cut off.", good[:-30]),
        "trailing": ("A byte behind the end.", good + b"\0"),
        "comment": ("With a comment.", made(lambda _: None, comment=b"x")),
        "empty": ("A zip without files.", Zipped().bytes()),
        "twice": ("A name twice.", made(lambda m: m.append(File("tree.json", b"{}")))),
        "case": (
            "Two names that differ in case alone.",
            made(lambda m: m.append(File("Tree.json", b""))),
        ),
        "up": ("A name that leads upwards.", made(lambda m: m.append(File("../x", b"")))),
        "directory": ("A directory.", made(lambda m: m.append(File("documents/", b"")))),
        "encrypted": ("An encrypted file.", made(lambda m: setattr(m[0], "flags", 1))),
        "method": ("Packed by another method.", made(lambda m: setattr(m[0], "method", 12))),
        "large": (
            "It says that it unpacks to 2 GiB and more.",
            made(lambda m: setattr(m[0], "size", 2**31)),
        ),
        "before": ("Something before the first file.", b"PK\3\4" + good),
    }
    for name, (what, file) in rows.items():
        yield vector(f"zip-{name}", what, NOTHING, given, file=file)
    yield from broken_zips(given, made)
    yield from broken_files(given, made)
    checksum = made(lambda m: setattr(m[1], "crc", 1))
    yield vector("zip-checksum", "A wrong checksum.", NOTHING, given, file=checksum)
    document = made(lambda m: setattr(m[2], "crc", 1))
    steps = but(ARCHIVE, "commitment!")
    yield vector(
        "zip-checksum-late", "A document's checksum is wrong.", steps, given, file=document
    )


Make = Callable[..., bytes]


def told(at: int, **fields: Any) -> Callable[[list[File]], None]:
    """A change: what is said of one file."""

    def change(files: list[File]) -> None:
        for name, value in fields.items():
            setattr(files[at], name, value)

    return change


def broken_zips(given: Person, made: Make) -> Iterator[Vector]:
    """What is wrong with the list of files, or its end record."""
    same: Callable[[list[File]], None] = lambda files: None  # noqa: E731
    rows: dict[str, tuple[str, bytes]] = {
        "count": ("The end record counts a file too many.", made(same, end={2: 5, 3: 5})),
        "count-less": ("The end record counts a file too few.", made(same, end={2: 3, 3: 3})),
        "counts": ("The end record's two counts differ.", made(same, end={2: 3})),
        "disk": ("A file on another disk.", made(told(2, disk=1))),
        "64-count": (
            "zip64's record counts a file too many.",
            made(same, zip64=True, large={2: 5, 3: 5}),
        ),
        "64-other": (
            "The end record counts other files than zip64's.",
            made(same, zip64=True, end={2: 3, 3: 3}),
        ),
        "64-spare": (
            "A zip64 field for a file that needs none.",
            made(told(2, extra=extra_field(1, struct.pack("<Q", 2)))),
        ),
        "64-absent": ("A place in a zip64 field that is absent.", made(told(2, place=FULL_32))),
        "patched": ("A file that is a patch (bit 5).", made(told(2, flags=1 << 5))),
        "strongly": ("A strongly encrypted file (bit 6).", made(told(2, flags=1 << 6))),
        "masked": ("A masked directory (bit 13).", made(told(2, flags=1 << 13))),
        "version": ("A file that needs version 6.4.", made(told(2, needed=64))),
        "extra": ("Three bytes too many in the extra fields.", made(told(2, extra=bytes(3)))),
        "extra-long": (
            "An extra field that is longer than all of them.",
            made(told(2, extra=struct.pack("<HH", 0x7875, 1))),
        ),
        "extra-name": (
            "A second name, in Unicode (0x7075).",
            made(told(2, extra=extra_field(0x7075, bytes(5) + b"documents/0.json"))),
        ),
    }  # fmt: skip
    for name, (what, file) in rows.items():
        yield vector(f"zip-{name}", what, NOTHING, given, file=file)


def broken_files(given: Person, made: Make) -> Iterator[Vector]:
    """What is wrong with one file alone, and what means nothing."""
    size = len(given.files()["documents/0.json"])
    rows: dict[str, tuple[str, bytes]] = {
        "size": ("A stored file's size is one too large.", made(told(2, size=size + 1))),
        "stored-longer": (
            "A stored file has a byte more in the zip than its size.",
            made(told(2, behind=b" ")),
        ),
        "deflated-size": (
            "A deflated file unpacks to a byte more than its size.",
            made(told(2, packed=True, size=size - 1)),
        ),
        "deflated-behind": (
            "A byte behind a deflated file's stream, counted as its own.",
            made(told(2, packed=True, behind=b"\0")),
        ),
        "deflated-cut": (
            "A deflated file's stream ends a byte before its end.",
            made(told(2, packed=True, packed_size=3)),
        ),
        "name": (
            "A file's own header has another name than the directory.",
            made(told(2, own=File("documents/9.json", b"{}").local()[:-2])),
        ),
        "place": ("A file is not where the directory says.", made(told(2, place=1))),
        "place-inside": ("A file that stands in the directory, as a comment.", made(inside)),
    }
    for name, (what, file) in rows.items():
        yield vector(f"zip-{name}", what, but(ARCHIVE, "commitment!"), given, file=file)
    wide = struct.pack("<QQQ", size, size, 0)

    def moved(files: list[File]) -> None:
        files.insert(0, files.pop(2))
        told(0, size=FULL_32, packed_size=FULL_32, place=FULL_32, extra=extra_field(1, wide))(files)

    what = "A file whose sizes and place stand in zip64's field."
    yield vector("zip-64-fields", what, OK, given, file=made(moved))
    yield vector("zip-free", FREE, OK, given, file=made(freely))


FREE = (
    "What means nothing: gaps, the order of files, comments on them, extra fields, version 6.3, "
    "flags 1, 2, 3 and 11, and whatever a file's own header says but its name."
)


def freely(files: list[File]) -> None:
    files.reverse()
    for n, file in enumerate(files):
        own = struct.pack("<5H3L2H", 99, 0xFFFF, 12, 0, 0, n, 7, 8, len(file.name), 3)
        file.own = b"PK\3\4" + own + file.name.encode() + b"abc"
        file.gap = b"PK\3\4, a gap" * n
        file.needed, file.flags, file.comment = 63, 0b100000001110, b"PK\5\6"
        file.extra = extra_field(0x7875, b"\1") + extra_field(0xCAFE, b"")


def inside(files: list[File]) -> None:
    """A document's file once more, as a comment on the last one; there the directory says it is."""
    files[-1].comment = files[2].local()
    listed = sum(len(file.listed(0)) for file in files) - len(files[-1].comment)
    files[2].place = sum(len(file.local()) for file in files) + listed
