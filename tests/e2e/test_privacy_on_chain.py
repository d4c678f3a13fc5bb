"""What a stranger reads out of the demo's chain: nothing about a person, by any guess."""

import hashlib
import json
import urllib.request
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from Crypto.Hash import keccak

from tests.e2e.product import Product

# Everything personal that the demo knows, as one JSON object; documents are opened for it.
DUMP = """
import base64, json
from chain.models import Commitment, CustodyKey, RegistryEntry
from chain.custody import CONTEXT
from chain.ethereum import keys
from chain.services import salt_of
from accounts.models import Organisation, User
from django.db import transaction
from core.acting import PORTAL, act
from core.keys import Owner, sealer_for
from records.models import Consent, ConsentStatement, Patient, Record, Version
from records.selectors import opened
from records.services.consents import _secret_of, statement_document

transaction.set_autocommit(False)
act(PORTAL)

def addresses():
    for row in CustodyKey.objects.all():
        key = sealer_for(Owner.patient(row.owner_id)).open(row.sealed, CONTEXT)
        yield keys.PrivateKey(key).public_key.to_canonical_address().hex()

versions = opened(Version.objects.select_related("record"))
statements = [statement_document(s) for s in ConsentStatement.objects.select_related("consent")]
ids = [*User.objects.values_list("id", flat=True), *Patient.objects.values_list("id", flat=True)]
ids += [*Consent.objects.values_list("id", flat=True), *Organisation.objects.values_list("id", flat=True)]
texts = [*User.objects.values_list("email", flat=True), *User.objects.values_list("name", flat=True)]
texts += [str(record) for record in Record.objects.all()]
texts += list(Commitment.objects.values_list("reference", flat=True))
print("DUMP" + json.dumps({
    "documents": [base64.b64encode(o.document).decode() for o in versions]
    + [base64.b64encode(s).decode() for s in statements],
    "ids": [i.hex for i in ids],
    "texts": [t for t in texts if t],
    "addresses": list(addresses()),
    "salts": [salt_of(c).hex() for c in Commitment.objects.order_by("?")[:200]],
    "people": {bytes(e.topic).hex(): str(e.person_id) for e in RegistryEntry.objects.all()},
    "secrets": [
        _secret_of(c, sealer_for(Owner.patient(c.patient_id))).hex()
        for c in Consent.objects.filter(status="active")
    ],
}))
"""


@pytest.fixture(scope="module")
def known(product: Product) -> dict[str, Any]:
    """What Salus knows of the demo's people."""
    printed = product.manage("shell", "-v", "0", "-c", DUMP)
    dump: dict[str, Any] = json.loads(printed.split("DUMP", 1)[1])
    assert len(dump["documents"]) > 1000
    assert len(dump["people"]) > 10
    assert dump["addresses"]
    return dump


class Chain:
    """Every transaction and log of a chain."""

    def __init__(self, url: str) -> None:
        self.url = url
        last = int(self.ask("eth_blockNumber"), 16)
        blocks = [self.ask("eth_getBlockByNumber", hex(n), True) for n in range(last + 1)]
        self.transactions = [t for block in blocks for t in block["transactions"]]
        everything = {"fromBlock": "0x0", "toBlock": hex(last)}
        self.logs = self.ask("eth_getLogs", everything)

    def ask(self, method: str, *params: Any) -> Any:
        """One JSON-RPC call."""
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url, json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)["result"]

    @property
    def bytes(self) -> bytes:
        """All that was ever sent or logged, in one string."""
        said = [t["input"] for t in self.transactions] + [log["data"] for log in self.logs]
        said += [topic for log in self.logs for topic in log["topics"]]
        return b"\0\xff".join(bytes.fromhex(text[2:]) for text in said)


@pytest.fixture(scope="module")
def chain(product: Product) -> Chain:
    """The demo's chain, as anybody may read it."""
    with urllib.request.urlopen(product.url + "/readyz", timeout=20) as answer:
        chain = Chain(json.load(answer)["chain"]["rpc_url"])
    assert len(chain.transactions) >= 4
    assert len(chain.logs) > 10
    return chain


def guesses(value: bytes) -> Iterator[bytes]:
    """What a value may have been put there as."""
    yield value
    yield hashlib.sha256(value).digest()
    yield keccak.new(data=value, digest_bits=256).digest()
    yield hashlib.sha3_256(value).digest()


def test_no_document_name_or_number_is_found(known: dict[str, Any], chain: Chain):
    import base64

    haystack = chain.bytes
    values = [base64.b64decode(document) for document in known["documents"]]
    values += [text.encode() for text in known["texts"]]
    for number in [*known["ids"], *known["addresses"], *known["salts"], *known["secrets"]]:
        values += [bytes.fromhex(number), number.encode()]
    dashed = [f"{i[:8]}-{i[8:12]}-{i[12:16]}-{i[16:20]}-{i[20:]}" for i in known["ids"]]
    values += [prefix.encode() + d.encode() for d in dashed for prefix in ("", "Patient/")]
    found = [value for value in values for guess in guesses(value) if guess in haystack]
    assert not found


def test_the_search_would_find_what_is_there(chain: Chain):
    """The test above can fail: what the chain does hold is found in the same way."""
    topic = bytes.fromhex(chain.logs[-1]["topics"][1][2:])
    assert topic in chain.bytes


def consent_events(chain: Chain) -> list[dict[str, Any]]:
    kinds = {
        "0x" + keccak.new(data=name, digest_bits=256).hexdigest()
        for name in (b"Granted(bytes32,uint64)", b"Revoked(bytes32,uint64)")
    }
    return [log for log in chain.logs if log["topics"][0] in kinds]


def marks(event: dict[str, Any], sent: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Everything by which somebody could put an event together with others."""
    yield "signer", sent["from"]
    yield "transaction", sent["hash"]
    yield "block", event["blockNumber"]
    yield "data", event["data"]
    for topic in event["topics"]:
        yield "word", topic
    words = sent["input"][10:]
    for at, _ in pairwise(range(0, len(words) + 64, 64)):
        yield "word", "0x" + words[at : at + 64]


def test_a_call_never_holds_few_entries(chain: Chain):
    """A lone consent gets companions that nobody can tell from it."""
    per_call = Counter(event["transactionHash"] for event in consent_events(chain))
    assert min(per_call.values()) >= 4


def test_no_mark_puts_two_events_of_one_person_alone_together(known: dict[str, Any], chain: Chain):
    sent = {t["hash"]: t for t in chain.transactions}
    clusters = defaultdict(list)
    for event in consent_events(chain):
        topic = event["topics"][1][2:]
        for mark in set(marks(event, sent[event["transactionHash"]])):
            clusters[mark].append((topic, known["people"].get(topic)))
    together = {
        mark: people
        for mark, people in clusters.items()
        if len(people) > 1 and len({person for _, person in people}) == 1
    }
    assert not together
    assert any(len(people) > 2 for people in clusters.values())


def test_a_grant_and_its_end_share_nothing(known: dict[str, Any], chain: Chain):
    """The lock stands in the statement alone."""
    sent = {t["hash"]: t for t in chain.transactions}
    granted = [e for e in consent_events(chain) if e["topics"][1][2:] in known["people"]]
    inputs = {e["transactionHash"]: sent[e["transactionHash"]]["input"] for e in granted}
    ended = [e for e in granted if is_end(e)]
    assert ended
    for event in ended:
        lock = event["topics"][1][2:]
        others = [text for tx, text in inputs.items() if tx != event["transactionHash"]]
        assert not any(lock in text for text in others)


def is_end(event: dict[str, Any]) -> bool:
    name = keccak.new(data=b"Revoked(bytes32,uint64)", digest_bits=256).hexdigest()
    return bool(event["topics"][0] == "0x" + name)
