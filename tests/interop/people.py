"""A person's records, consents and heads on a ledger in memory, and the archive of them all."""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from chain.commitments import commitment, keccak256
from tests.interop.signing import HOST, Json, Wallet, base64d, hexed, secret
from tests.interop.vectors import PORTAL, Answers, Entry, Ledger, key
from tests.interop.zips import Entry as File
from tests.interop.zips import Zipped

PERSON = "Patient/5a1a5000-0000-4000-8000-00000000000a"
GRANTEE = "User/5a1a5000-0000-4000-8000-00000000000b"
CONSENT = "5a1a5000-0000-4000-8000-00000000000c"
GRANTED, ENDED = 1_800_000_100, 1_800_000_200
NOW = 1_800_000_300  # the final block's time
PORTAL_KEY = Wallet("the portal's")
OWN, KEPT = Wallet("a person's own"), Wallet("one that the portal keeps for a person")
TEXT = "I let my doctor see my heart rate and blood pressure until 3 March 2027."
MAGIC = "0x1626ba7e" + "00" * 28
Sign = Callable[[bytes], Json]


def canonical(value: Any) -> bytes:
    """As `salus-canon/1` writes what has neither decimals nor floats."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def salt(name: str) -> bytes:
    return sha256(b"salt of " + name.encode()).digest()


@dataclass
class Registry:
    """A ConsentRegistry without a chain."""

    chain_id: int = 31337
    address: bytes = bytes(range(21, 41))
    code: bytes = b"\x60\x80the code of the registry"
    granted: dict[bytes, int] = field(default_factory=dict)
    ended: dict[bytes, int] = field(default_factory=dict)  # by lock

    def trust(self) -> Json:
        return {
            "address": hexed(self.address),
            "deploy_block": 2,
            "code_hash": hexed(keccak256(self.code)),
        }

    def where(self) -> Json:
        return {"chain_id": self.chain_id, "contract": hexed(self.address)}

    def answers(self, at: int) -> Answers:
        """What an honest node answers for every commitment and lock."""
        found = {key("eth_getCode", [hexed(self.address), hex(at)]): hexed(self.code)}
        for function, times in (("grantedAt", self.granted), ("revokedAt", self.ended)):
            for word, time in times.items():
                found[self.call(function, word, at)] = hexed(time.to_bytes(32, "big"))
        return found

    def call(self, function: str, word: bytes, at: int = 40) -> str:
        data = keccak256(f"{function}(bytes32)".encode())[:4] + word
        return key("eth_call", [{"to": hexed(self.address), "data": hexed(data)}, hex(at)])


def grant(registry: Registry, /, **changes: Any) -> Json:
    """What a person says when giving a consent; `...` takes a member out."""
    said = {
        "action": "grant",
        "custody": "own",
        "ends_at": "2027-03-04T00:00:00.000Z",
        "format": "salus-consent-statement/1",
        "grantee": GRANTEE,
        "id": CONSENT,
        "issued_at": "2027-01-15T08:01:00.000Z",
        "lock": hexed(keccak256(secret("of a consent's end"))),
        "nonce": "0x" + "5a" * 16,
        "patient": PERSON,
        "portal": PORTAL,
        "registry": registry.where(),
        "resource_types": ["Observation"],
        "scope": "vitals",
        "text": TEXT,
    }
    return changed(said, changes)


def ending(registry: Registry, of: bytes, /, **changes: Any) -> Json:
    """What a person says when ending the consent with this commitment."""
    said = {
        "action": "revoke",
        "consent": hexed(of),
        "custody": "own",
        "format": "salus-consent-statement/1",
        "id": CONSENT,
        "issued_at": "2027-01-15T08:03:00.000Z",
        "nonce": "0x" + "a5" * 16,
        "patient": PERSON,
        "portal": PORTAL,
        "registry": registry.where(),
        "text": "My doctor shall not see my heart rate and blood pressure any more.",
    }
    return changed(said, changes)


def changed(value: Json, changes: Json) -> Json:
    return {k: v for k, v in {**value, **changes}.items() if v is not ...}


def signed(statement: Json | bytes, sign: Sign = OWN.sign) -> bytes:
    """A `salus-consent/1` document."""
    said = statement if isinstance(statement, bytes) else canonical(statement)
    return canonical(
        {"format": "salus-consent/1", "signature": sign(said), "statement": base64d(said)}
    )


def hints(block: int) -> Json:
    return {
        "transaction": hexed(keccak256(b"transaction")),
        "block_number": block,
        "block_hash": hexed(keccak256(b"block %d" % block)),
    }


@dataclass
class Given:
    """A consent that is on record, and its proof file."""

    registry: Registry
    proof: Json
    value: bytes  # the commitment
    statement: Json

    @classmethod
    def make(
        cls, registry: Registry, document: bytes, *, id: str = CONSENT, version: int = 1
    ) -> "Given":
        reference = f"{PORTAL}/Consent/{id}/_history/{version}"
        parts = {"salt": salt(id), "kind": "consent", "reference": reference, "document": document}
        value = commitment(**parts)  # type: ignore[arg-type]
        statement = _statement(document)
        registry.granted[value] = GRANTED
        proof = {
            "format": "salus-consent-proof/1",
            "portal": PORTAL,
            "kind": "consent",
            "reference": reference,
            "document": base64d(document),
            "salt": hexed(salt(id)),
            "commitment": hexed(value),
            "chain": {
                "id": registry.chain_id,
                "contract": hexed(registry.address),
                **hints(30),
            },
            "granted_at": GRANTED,
            "revocation": None,
        }
        given = cls(registry, proof, value, statement)
        if "lock" in statement:
            registry.ended[given.lock] = 0
        return given

    @property
    def lock(self) -> bytes:
        return bytes.fromhex(self.statement["lock"][2:])

    def end(self, document: bytes | None = None, **changes: Any) -> "Given":
        """On record as ended, in the file as well."""
        self.registry.ended[self.lock] = ENDED
        said = document or signed(ending(self.registry, self.value))
        revocation = {
            "document": base64d(said),
            "secret": hexed(secret("of a consent's end")),
            "revoked_at": ENDED,
            **hints(32),
        }
        self.proof["revocation"] = changed(revocation, changes)
        return self


def _statement(document: bytes) -> Json:
    import base64

    try:
        said = json.loads(base64.b64decode(json.loads(document)["statement"]))
    except (ValueError, KeyError, TypeError):
        return {}
    return said if isinstance(said, dict) else {}


# -- heads and archives ----------------------------------------------------------------------------


def document_item(name: str, document: bytes, kind: str = "fhir") -> Json:
    reference = f"{PORTAL}/{name}"
    return {"salt": salt(name), "kind": kind, "reference": reference, "document": document}


@dataclass
class Person:
    """Whose records, consents and heads are sealed; every archive is made of these parts."""

    ledger: Ledger = field(default_factory=Ledger)
    registry: Registry = field(default_factory=Registry)
    heads: list[Json] = field(default_factory=list)  # items of kind head
    sealed: list[tuple[Json, Entry]] = field(default_factory=list)
    consents: list[Given] = field(default_factory=list)
    missing: list[Json] = field(default_factory=list)
    count: int = 0

    def news(self, *documents: Json, others: list[bytes] | None = None, **changes: Any) -> Json:
        """Seal documents with the head that lists them, and whatever else it should list."""
        listed = [commitment(**item) for item in documents] + (others or [])
        head = self.next_head(listed, **changes)
        entry = self.ledger.append([*documents, head], GRANTED - 50 + 10 * len(self.heads))
        self.sealed += [(item, entry) for item in (*documents, head)]
        return head

    def next_head(self, listed: list[bytes], **changes: Any) -> Json:
        number = len(self.heads) + 1
        self.count += len(listed)
        previous = commitment(**self.heads[-1]) if self.heads else None
        said = {
            "commitments": [hexed(value) for value in listed],
            "count": self.count,
            "format": "salus-head/1",
            "number": number,
            "person": PERSON,
            "portal": PORTAL,
            "previous": previous and hexed(previous),
        }
        said = changed(said, changes)
        name = f"{said['person']}/_head/{said['number']}"
        self.heads.append(document_item(name, canonical(said), "head"))
        return self.heads[-1]

    def kept(self, number: int = 0, signer: Wallet = PORTAL_KEY, **changes: Any) -> Json:
        """The head file that a person keeps; the newest, unless a number is given."""
        head = self.heads[number - 1]
        return changed(kept_head(head, signer), changes)

    def trust(self, **changes: Any) -> Json:
        more = {"registry": self.registry.trust(), "signers": [hexed(PORTAL_KEY.public)]}
        return changed({**self.ledger.trust(), **more}, changes)

    def answers(self, at: int = 40) -> Answers:
        final = key("eth_getBlockByNumber", [hex(at), False])
        header = {"number": hex(at), "timestamp": hex(NOW)}
        return {
            **self.ledger.answers_at(at),
            **self.registry.answers(at),
            final: header,
        }

    # -- the archive's files --

    def listing(self) -> Json:
        return {
            "format": "salus-archive/1",
            "portal": PORTAL,
            "person": PERSON,
            "made_at": "2027-01-15T08:10:00.000Z",
            "items": [self._listed(n, *sealed) for n, sealed in enumerate(self.sealed)],
            "consents": [f"consents/{n}.json" for n in range(len(self.consents))],
            "missing": self.missing,
        }

    def _listed(self, n: int, item: Json, entry: Entry) -> Json:
        value = commitment(**item)
        return {
            "kind": item["kind"],
            "reference": item["reference"],
            "salt": hexed(item["salt"]),
            "commitment": hexed(value),
            "document": f"documents/{n}.json",
            "batch": entry.sequence,
            "position": entry.positions[entry.values.index(value)],
        }

    def tree(self) -> Json:
        entries = {entry.sequence: entry for _, entry in self.sealed}
        return {
            "format": "salus-tree/1",
            "portal": PORTAL,
            "chain": {"id": self.ledger.chain_id, "contract": hexed(self.ledger.address)},
            "batches": [self._batch(entry) for entry in entries.values()],
        }

    def _batch(self, entry: Entry) -> Json:
        own = {
            entry.positions[entry.values.index(commitment(**item))]
            for item, where in self.sealed
            if where is entry
        }
        return {
            "sequence": entry.sequence,
            "depth": entry.tree.depth,
            "time": entry.time,
            "root": hexed(entry.tree.root),
            "previous_head": hexed(self.ledger.heads[entry.sequence - 1]),
            "head": hexed(self.ledger.heads[entry.sequence]),
            "nodes": siblings(entry, own),
        }

    def files(self) -> dict[str, bytes]:
        made = {
            "archive.json": canonical(self.listing()),
            "tree.json": canonical(self.tree()),
        }
        for n, (item, _) in enumerate(self.sealed):
            made[f"documents/{n}.json"] = item["document"]
        for n, consent in enumerate(self.consents):
            made[f"consents/{n}.json"] = canonical(consent.proof)
        return made

    def archive(self, packed: bool = False) -> bytes:
        return zipped(self.files(), packed)


def kept_head(head: Json, signer: Wallet = PORTAL_KEY) -> Json:
    value = commitment(**head)
    return {
        "format": "salus-kept-head/1",
        "portal": PORTAL,
        "reference": head["reference"],
        "document": base64d(head["document"]),
        "salt": hexed(head["salt"]),
        "commitment": hexed(value),
        "signature": {
            "public_key": hexed(signer.public),
            "value": hexed(signer.sign_digest(keccak256(b"salus-head/1\0" + value))),
        },
    }


def siblings(entry: Entry, own: set[int]) -> Json:
    """The nodes of a tree that can't be made from its own leaves, by level and place."""
    found = {}
    for level in range(entry.tree.depth):
        for index in sorted(own):
            if index ^ 1 not in own:
                nodes = entry.tree.levels[level]
                found[f"{level}:{index ^ 1}"] = hexed(nodes[32 * (index ^ 1) :][:32])
        own = {index // 2 for index in own}
    return found


def zipped(files: dict[str, bytes], packed: bool = False) -> bytes:
    return Zipped([File(name, data, packed) for name, data in files.items()]).bytes()


def person() -> Person:
    """Three documents and a consent, listed by two heads."""
    made = Person()
    made.ledger.seal([b'{"resourceType":"Patient"}'])  # somebody else's
    first = document_item("Observation/a/_history/1", b'{"resourceType":"Observation"}')
    second = document_item("Observation/a/_history/2", b'{"resourceType":"Observation","n":2}')
    third = document_item("Condition/b/_history/1", b'{"resourceType":"Condition"}')
    made.consents.append(Given.make(made.registry, signed(grant(made.registry))))
    made.news(first, second)
    made.news(third, others=[made.consents[0].value])
    return made


def altered(value: Json, *places: tuple[Any, ...]) -> Json:
    """A copy in which each place (a path, then what stands there) is other; `...` takes it out."""
    made = copy.deepcopy(value)
    for *path, last, new in places:
        part: Any = made
        for step in path:
            part = part[step]
        if new is ...:
            del part[last]
        else:
            part[last] = new
    return made


__all__ = ["HOST", "MAGIC", "Given", "Person", "Registry", "person"]
