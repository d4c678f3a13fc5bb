"""Vectors of salus-consent-proof/1: recorded in the registry, and who signed."""

import base64
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from tests.interop.people import (
    CONSENT,
    ENDED,
    GRANTED,
    KEPT,
    MAGIC,
    NOW,
    OWN,
    PERSON,
    Given,
    Person,
    Registry,
    Sign,
    altered,
    canonical,
    ending,
    grant,
    person,
    signed,
)
from tests.interop.proof_vectors import AT_REGISTRY, NODE, Bench, Vector, but, upto
from tests.interop.proof_vectors import CONSENT as STEPS
from tests.interop.proof_vectors import ENDED as ENDED_STEPS
from tests.interop.signing import (
    P256_ORDER,
    SECP256K1_ORDER,
    Json,
    Passkey,
    Wallet,
    authenticator_data,
    base64d,
    client_data,
    hexed,
    high,
    secret,
    typed_digest,
    with_s,
)
from tests.interop.vectors import PORTAL, Answers, key

PASSKEY, HELLO = Passkey("a person's passkey"), Passkey("one of a person's older machine", rsa=True)
CONTRACT = bytes(range(61, 81))
OK = f"{STEPS} {AT_REGISTRY}"
NOT_SIGNED = but(STEPS, "signature!")
BLOCK = key("eth_getBlockByNumber", ["0x28", False])
REVOKE = {"action": "revoke"}


def made(what: Any = None, sign: Sign = OWN.sign, **changes: Any) -> tuple[Person, Given]:
    """A world in which one consent is on record."""
    given = Person()
    document = what if isinstance(what, bytes) else signed(grant(given.registry, **changes), sign)
    consent = Given.make(given.registry, document)
    return given, consent


def bench(given: Person, consent: Given) -> Bench:
    return Bench(canonical(given.trust()), (given.answers(),), canonical(consent.proof))


def vector(name: str, what: str, steps: str, given: tuple[Person, Given], **other: Any) -> Vector:
    return bench(*given).vector(f"consent-{name}", what, steps, **other)


def vectors() -> Iterator[Vector]:
    for part in (
        honest, limits, wallets, passkeys, older_passkeys, statements, documents, contracts,
        on_record, endings, broken_endings, strict, kept,
    ):  # fmt: skip
        yield from part()


def honest() -> Iterator[Vector]:
    yield vector("wallet", "Signed with the person's wallet (EIP-712).", OK, made())
    yield vector(
        "portal-key",
        "Signed with a key that the portal keeps: no evidence against the portal.",
        OK,
        made(sign=KEPT.sign, custody="portal"),
    )
    yield vector("passkey", "Signed with a passkey (ES256).", OK, made(sign=PASSKEY.sign))
    yield vector("passkey-rsa", "Signed with a passkey (RS256).", OK, made(sign=HELLO.sign))
    words = 'أسمح لطبيبي أن يرى «ضغط الدم» 🩺 \\ "/\u00a0bis März.'
    yield vector("scripts", "A sentence in many scripts.", OK, made(text=words))
    yield vector("longest", "2000 characters, one beyond U+FFFF.", OK, made(text="x" * 1999 + "🩺"))
    given, consent = made()
    yield vector("unpinned", "Without a trust file.", UNPINNED, (given, consent), trust=None)
    yield vector("no-node", "Without a node.", f"{STEPS} chain?", (given, consent), nodes=())
    yield vector(
        "no-registry",
        "The trust file names no registry.",
        f"{but(STEPS, 'registry?')} chain?",
        (given, consent),
        trust=given.trust(registry=...),
    )
    yield vector(
        "ran-out",
        "It has run out by the final block's time: still proven, and said.",
        OK,
        made(ends_at="2027-01-15T08:04:59.999Z"),
    )
    elsewhere = {"chain_id": 1, "contract": hexed(bytes(range(81, 101)))}
    yield vector(
        "recorded-again",
        "Signed for another registry, and recorded in the trusted one later.",
        OK,
        made(registry=elsewhere),
    )


UNPINNED = "proof commitment statement signature trust? chain?"
LONGEST_HOST = ("x" * 50 + ".") * 4 + "y" * 49


def limits() -> Iterator[Vector]:
    """As long, early or late as it may be."""
    yield vector(
        "leap-day",
        "Until 29 February 2028.",
        OK,
        made(ends_at="2028-02-29T23:59:59.999Z", issued_at="1970-01-01T00:00:00.000Z"),
    )
    yield vector("last-year", "Until the year 9999.", OK, made(ends_at="9999-12-31T23:59:59.999Z"))

    def sign(statement: bytes) -> Json:
        client = client_data(statement, origin=f"https://{LONGEST_HOST}:65535")
        made = PASSKEY.sign(statement, client=client, host=LONGEST_HOST)
        return {**made, "credential": "-_Az" * 341}

    yield vector(
        "limits",
        "200 resource types, one of 64 characters; a person, a scope, a credential and a host that "
        "are as long as may be.",
        OK,
        made(
            sign=sign,
            patient="Patient/" + "a.B-" * 16,
            grantee="Organization/" + CONSENT,
            scope="a" + "-9" * 15 + "z",
            resource_types=["!" + "x" * 62 + "~", *"ABCDEFGHIJ" * 19, *"K" * 9],
        ),
    )
    given, consent = made()
    here = given.registry.call("grantedAt", consent.value)
    yield vector(
        "time-rounded",
        "The file says 2^53 + 1, the registry 2^53: to a double that is the same.",
        f"{STEPS} {but(AT_REGISTRY, 'granted!')}",
        (given, consent),
        file=altered(consent.proof, ("granted_at", 2**53 + 1)),
        nodes=({**given.answers(), here: hexed((2**53).to_bytes(32, "big"))},),
    )


def value_of(sign: Sign, change: Callable[[bytes], bytes]) -> Sign:
    """A signer whose value is changed afterwards."""

    def altered_sign(statement: bytes) -> Json:
        made = sign(statement)
        return {**made, "value": hexed(change(bytes.fromhex(made["value"][2:])))}

    return altered_sign


def replaced(sign: Sign, **changes: Any) -> Sign:
    return lambda statement: {**sign(statement), **changes}


def instead(statement: Json, sign: Sign = OWN.sign) -> Sign:
    """A signer who signs another statement than the one that stands in the document."""
    return lambda _: sign(canonical(statement))


def wallets() -> Iterator[Vector]:
    registry = Registry()
    rows: dict[str, tuple[str, Sign]] = {
        "text": ("Another sentence was signed.", instead(grant(registry, text="I let nobody."))),
        "nonce": ("Another nonce was signed.", instead(grant(registry, nonce="0x" + "00" * 16))),
        "chain": (
            "Signed for another chain.",
            instead(grant(registry, registry={**registry.where(), "chain_id": 1})),
        ),
        "address": ("Another address.", replaced(OWN.sign, address=hexed(KEPT.address))),
        "high-s": ("The other form of the same signature, with high s.", value_of(OWN.sign, high)),
        "v-0": ("v from 0.", value_of(OWN.sign, lambda v: v[:64] + bytes([v[64] - 27]))),
        "v-1": ("v of 1.", value_of(OWN.sign, lambda v: v[:64] + b"\1")),
        "s-above": ("s is one more than the largest that counts.", chosen(HALF + 1)),
        "r-n": (
            "r is the curve's order.",
            value_of(OWN.sign, lambda v: SECP256K1_ORDER.to_bytes(32, "big") + v[32:]),
        ),
        "v-29": ("v of 29.", value_of(OWN.sign, lambda v: v[:64] + b"\x1d")),
        "r-0": ("r is 0.", value_of(OWN.sign, lambda v: bytes(32) + v[32:])),
        "s-0": ("s is 0.", value_of(OWN.sign, lambda v: v[:32] + bytes(32) + v[64:])),
        "no-point": (
            "r is no point's x-coordinate.",
            value_of(OWN.sign, lambda v: (5).to_bytes(32, "big") + v[32:]),
        ),
    }
    for name, (what, sign) in rows.items():
        yield vector(f"wallet-{name}", what, NOT_SIGNED, made(sign=sign))
    yield vector("wallet-s-half", "The largest s that counts.", OK, made(sign=chosen(HALF)))


def chosen(s: int) -> Sign:
    """A wallet's signature with that s, by the key that it leads to."""

    def sign(statement: bytes) -> Json:
        key, value = with_s(typed_digest(statement), s)
        return {
            "type": "eip712",
            "address": hexed(key.to_canonical_address()),
            "value": hexed(value),
        }

    return sign


HALF = (SECP256K1_ORDER - 1) // 2


def asserted(key: Passkey = PASSKEY, **how: Any) -> Sign:
    """A passkey's signature over client data, or authenticator data, that is other."""

    def sign(statement: bytes) -> Json:
        client = how.get("client")
        text = client_data(statement, **client) if isinstance(client, dict) else client
        return key.sign(
            statement, client=text, data=how.get("data"), host=how.get("host", "salus.example")
        )

    return sign


def passkeys() -> Iterator[Vector]:
    good: dict[str, tuple[str, Sign]] = {
        "subdomain": (
            "The page's host is below the relying party; with a port.",
            asserted(client={"origin": "https://my.salus.example:8443"}),
        ),
        "localhost": (
            "On a developer's machine.",
            asserted(
                client={"origin": "http://localhost:8000"}, data=at("localhost"), host="localhost"
            ),
        ),
        "no-cross-origin": ("crossOrigin is absent.", asserted(client={"crossOrigin": ...})),
        "extensions": ("With backup flags and extension data.", asserted(data=EXTENDED)),
        "other-members": (
            "Browsers may add members, of any JSON.",
            text_of(lambda text: text[:-1] + b', "more": [1.50, -2e400, null, {"a": [[]]}]}'),
        ),
    }
    for name, (what, sign) in good.items():
        yield vector(f"passkey-{name}", what, OK, made(sign=sign))
    for name, change in {"one-s": lambda v: v, "other-s": mirrored}.items():
        what = "Of s and n - s both count: one of two signatures of the same."
        yield vector(f"passkey-{name}", what, OK, made(sign=der(change)))
    for name, (what, sign) in BROKEN_PASSKEYS.items():
        yield vector(f"passkey-{name}", what, NOT_SIGNED, made(sign=sign))


def at(host: str, flags: int = 5) -> bytes:
    return authenticator_data(host, flags)


def text_of(change: Callable[[bytes], bytes]) -> Sign:
    """A passkey's signature over client data whose text is changed before."""
    return lambda statement: PASSKEY.sign(statement, client=change(client_data(statement)))


def der(change: Callable[[bytes], bytes]) -> Sign:
    """An assertion whose signature's DER is changed: r in it has a zero before its high bit."""

    def sign(statement: bytes) -> Json:
        for counter in count(7):
            data = authenticator_data()[:-4] + counter.to_bytes(4, "big")
            made = PASSKEY.sign(statement, data=data)
            value = base64.b64decode(made["signature"])
            if value[3] == 33:
                return {**made, "signature": base64d(change(value))}
        raise AssertionError

    return sign


def mirrored(value: bytes) -> bytes:
    """The other signature that the same key and message have, by another library's DER."""
    r, s = decode_dss_signature(value)
    return encode_dss_signature(r, P256_ORDER - s)


EXTENDED = authenticator_data(flags=0b10011101, more=b"\xa1\x61\x78\x01")
STRANGER = Passkey("a stranger's")
BROKEN_PASSKEYS: dict[str, tuple[str, Sign]] = {
    "challenge": ("The challenge is another statement's.", asserted(client={"challenge": "AAAA"})),
    "create": ("Made when a passkey was registered.", asserted(client={"type": "webauthn.create"})),
    "cross-origin": ("In another site's frame.", asserted(client={"crossOrigin": True})),
    "cross-origin-null": ("crossOrigin is null.", asserted(client={"crossOrigin": None})),
    "origin": ("On another site.", asserted(client={"origin": "https://example.org"})),
    "origin-suffix": (
        "The host only ends like the relying party's.",
        asserted(client={"origin": "https://evilsalus.example"}),
    ),
    "origin-http": ("Over http.", asserted(client={"origin": "http://salus.example"})),
    "origin-path": (
        "An origin has no path.",
        asserted(client={"origin": "https://salus.example/"}),
    ),
    "origin-user": (
        "A user in the origin.",
        asserted(client={"origin": "https://salus.example:1@example.org"}),
    ),
    "localhost-elsewhere": (
        "localhost, for another relying party.",
        asserted(client={"origin": "http://localhost"}),
    ),
    "host": ("Authenticator data of another host.", asserted(data=at("example.org"))),
    "not-present": ("Nobody was present (UP not set).", asserted(data=at("salus.example", 4))),
    "not-verified": ("Nobody was verified (UV not set).", asserted(data=at("salus.example", 1))),
    "twice": (
        "A name twice in the client data.",
        text_of(lambda text: text[:-1] + b', "type": "webauthn.get"}'),
    ),
    "nan": ("NaN in the client data.", text_of(lambda text: text[:-1] + b', "x": NaN}')),
    "nested": (
        "The client data is nested 65 levels deep.",
        text_of(lambda text: text[:-1] + b', "x": ' + b"[" * 64 + b"]" * 64 + b"}"),
    ),
    "other-key": ("Another key.", replaced(PASSKEY.sign, public_key=STRANGER.public())),
    "no-point": (
        "A key that is no point of the curve.",
        replaced(
            PASSKEY.sign, public_key={"type": "es256", "x": "0x" + "01" * 32, "y": "0x" + "02" * 32}
        ),
    ),
    "other-curve": (
        "A point of secp256k1.",
        replaced(
            PASSKEY.sign,
            public_key={"type": "es256", "x": hexed(OWN.public[:32]), "y": hexed(OWN.public[32:])},
        ),
    ),
    "der": (
        "A zero too many in the signature's DER.",
        der(lambda v: bytes([0x30, v[1] + 1, 2, v[3] + 1, 0]) + v[4:]),
    ),
    "der-trailing": ("A byte behind the signature's DER.", der(lambda v: v + b"\0")),
    "der-negative": (
        "r without the zero before its high bit, which makes it negative.",
        der(lambda v: bytes([0x30, v[1] - 1, 2, 32]) + v[5:]),
    ),
    "der-long-form": ("A length in two bytes.", der(lambda v: b"\x30\x81" + v[1:])),
    "der-length": (
        "The sequence's length is one too small.",
        der(lambda v: b"\x30" + bytes([v[1] - 1]) + v[2:]),
    ),
    "der-set": ("A SET for a SEQUENCE.", der(lambda v: b"\x31" + v[1:])),
    "der-bits": ("A BIT STRING for an INTEGER.", der(lambda v: v[:2] + b"\3" + v[3:])),
    "der-empty": ("No signature.", replaced(PASSKEY.sign, signature="")),
    "der-zero": (
        "r and s are 0.",
        replaced(PASSKEY.sign, signature=base64d(bytes.fromhex("3006020100020100"))),
    ),
}


def challenge(statement: bytes) -> str:
    return base64.urlsafe_b64encode(sha256(statement).digest()).rstrip(b"=").decode()


def older_passkeys() -> Iterator[Vector]:
    """RS256."""

    def value(change: Callable[[int, bytes], int]) -> Sign:
        """A signature that gives another padded block."""

        def sign(statement: bytes) -> Json:
            from tests.interop.signing import modulus, rsa_key

            made = HELLO.sign(statement)
            number = int.from_bytes(base64.b64decode(made["signature"]), "big")
            private = rsa_key(HELLO.name).private_numbers()
            n = int.from_bytes(modulus(HELLO.name), "big")
            block = pow(number, 65537, n).to_bytes(256, "big")
            forged = pow(change(n, block), private.d, n).to_bytes(256, "big")
            return {**made, "signature": base64d(forged)}

        return sign

    def block(change: Callable[[bytes], bytes]) -> Sign:
        return value(lambda _, made: int.from_bytes(change(made), "big"))

    def lengthened(statement: bytes) -> Json:
        made = HELLO.sign(statement)
        return {**made, "signature": base64d(b"\0" + base64.b64decode(made["signature"]))}

    def wrapped(statement: bytes) -> Json:
        from tests.interop.signing import modulus

        made = HELLO.sign(statement)
        number = int.from_bytes(base64.b64decode(made["signature"]), "big")
        larger = number + int.from_bytes(modulus(HELLO.name), "big")
        fits = larger.to_bytes(257, "big")
        return {**made, "signature": base64d(fits.lstrip(b"\0"))}

    rows: dict[str, tuple[str, Sign]] = {
        "padding": (
            "Padding cut short, with garbage behind the hash: the whole block counts.",
            block(lambda made: b"\0\1" + b"\xff" * 8 + made[-52:] + bytes(194)),
        ),
        "longer": ("A zero before the signature.", lengthened),
        "wrapped": ("The signature plus the modulus.", wrapped),
        "challenge": ("Another challenge.", asserted(HELLO, client={"challenge": "AAAA"})),
        "zero": (
            "A modulus of 256 zeros.",
            replaced(HELLO.sign, public_key={**HELLO.public(), "n": "0x" + "00" * 256}),
        ),
        "even": (
            "An even exponent.",
            replaced(HELLO.sign, public_key={**HELLO.public(), "e": 65536}),
        ),
        "other-key": (
            "Another exponent.",
            replaced(HELLO.sign, public_key={**HELLO.public(), "e": 3}),
        ),
    }
    for name, (what, sign) in rows.items():
        yield vector(f"rsa-{name}", what, NOT_SIGNED, made(sign=sign))


NOT_SAID = upto(STEPS, "statement!") + " trust portal registry?"


def statements() -> Iterator[Vector]:
    """Statements that are not as the format wants them, well signed nevertheless."""
    other = PORTAL[:-1] + "2"
    rows: dict[str, tuple[str, Json]] = {
        "unknown": ("An unknown member.", {"more": "x"}),
        "format": ("A later format.", {"format": "salus-consent-statement/2"}),
        "action": ("An unknown action.", {"action": "extend"}),
        "custody": ("An unknown custody.", {"custody": "shared"}),
        "portal": ("Another portal.", {"portal": other}),
        "id": ("Another id than in the reference.", {"id": CONSENT[:-1] + "d"}),
        "patient": ("A patient without a type.", {"patient": PERSON.split("/")[1]}),
        "day": ("30 February.", {"ends_at": "2027-02-30T00:00:00.000Z"}),
        "leap-day": ("29 February 2027.", {"ends_at": "2027-02-29T00:00:00.000Z"}),
        "leap-century": ("29 February 2100.", {"ends_at": "2100-02-29T00:00:00.000Z"}),
        "month-13": ("A month 13.", {"issued_at": "2026-13-01T00:00:00.000Z"}),
        "day-0": ("A day 0.", {"issued_at": "2026-01-00T00:00:00.000Z"}),
        "year-1969": ("Before 1970.", {"issued_at": "1969-12-31T23:59:59.999Z"}),
        "patient-long": ("A patient of 65 characters.", {"patient": "Patient/" + "x" * 65}),
        "scope-long": ("A scope of 33 characters.", {"scope": "x" * 33}),
        "types-201": ("201 resource types.", {"resource_types": ["A"] * 201}),
        "type-long": ("A resource type of 65 characters.", {"resource_types": ["x" * 65]}),
        "leap-second": ("A leap second.", {"ends_at": "2027-06-30T23:59:60.000Z"}),
        "hour-24": ("24:00.", {"ends_at": "2027-06-30T24:00:00.000Z"}),
        "seconds": ("An instant without milliseconds.", {"issued_at": "2027-01-15T08:01:00Z"}),
        "nonce": ("A nonce of 15 bytes.", {"nonce": "0x" + "5a" * 15}),
        "types-empty": ("No resource type.", {"resource_types": []}),
        "text-empty": ("No sentence.", {"text": ""}),
        "text-2001": ("2001 characters.", {"text": "x" * 2001}),
        "text-line": ("A line break in the sentence.", {"text": "I let\nnobody."}),
        "text-direction": (
            "The sentence turns its direction (U+202E).",
            {"text": "I let \u202eydobon\u202c see."},
        ),
        "text-separator": ("A line separator (U+2028).", {"text": "I let\u2028nobody."}),
        "chain-0": ("Chain 0.", {"registry": {"chain_id": 0, "contract": hexed(bytes(20))}}),
    }
    for name, (what, changes) in rows.items():
        # eth-account is not asked to sign for chain 0 or the like: any value will do.
        yield vector(f"statement-{name}", what, NOT_SAID_AT_ALL, made(sign=placeholder, **changes))


def placeholder(_statement: bytes) -> Json:
    """A signature's form, for documents that are refused before it is looked at."""
    return {"type": "eip712", "address": hexed(OWN.address), "value": hexed(b"\x1b" * 65)}


NOT_SAID_AT_ALL = "proof commitment statement! trust portal registry"


def documents() -> Iterator[Vector]:
    """Documents that are not signed statements."""
    registry = Registry()
    said = canonical(grant(registry))
    good: Json = {
        "format": "salus-consent/1",
        "signature": OWN.sign(said),
        "statement": base64d(said),
    }
    twice = said[:-1] + b',"text":"I let nobody."}'
    revoked = canonical(ending(registry, bytes(32)))
    passkey = PASSKEY.sign(said)

    def with_signature(**changes: Any) -> bytes:
        return canonical({**good, "signature": {**passkey, **changes}})

    rows: dict[str, tuple[str, bytes]] = {
        "not-json": ("The document is not JSON.", b"I let my doctor see it."),
        "unknown": ("An unknown member.", canonical({**good, "more": 1})),
        "type": (
            "An unknown type of signature.",
            canonical({**good, "signature": {"type": "ed25519", "value": "0x00"}}),
        ),
        "statement-object": (
            "The statement as an object.",
            canonical({**good, "statement": grant(registry)}),
        ),
        "statement-twice": ("A member of the statement twice.", signed(twice, placeholder)),
        "statement-revoke": ("The statement ends a consent.", signed(revoked, OWN.sign)),
        "rsa-small": (
            "An RSA key of 255 bytes.",
            with_signature(public_key={"type": "rs256", "n": "0x" + "ff" * 255, "e": 65537}),
        ),
        "rsa-e": (
            "An RSA exponent of 1.",
            with_signature(public_key={"type": "rs256", "n": "0x" + "ff" * 256, "e": 1}),
        ),
        "credential-long": ("A credential of 1365.", with_signature(credential="x" * 1365)),
        "host-long": ("A host of 254 characters.", with_signature(rp_id="x" + LONGEST_HOST)),
        "contract-long": (
            "2049 bytes for a contract wallet.",
            canonical({**good, "signature": {**by_contract(b""), "value": "0x" + "00" * 2049}}),
        ),
        "type-list": ("A list for a type.", with_signature(type=["eip712"])),
        "value": (
            "64 bytes of a wallet's signature.",
            canonical({**good, "signature": {**good["signature"], "value": "0x" + "00" * 64}}),
        ),
    }
    for name, (what, document) in rows.items():
        yield vector(f"document-{name}", what, NOT_SAID_AT_ALL, made(document))


def by_contract(_statement: bytes) -> Json:
    return {"type": "eip1271", "address": hexed(CONTRACT), "value": hexed(b"whatever it wants")}


def asked(said: Json, at: int, answer: str) -> Answers:
    """What the contract answers when it is asked for its signature, by eth-abi's encoding.

    `said` is the file or, of an ending, the part of it that has the document.
    """
    from eth_abi.abi import encode

    document = json.loads(base64.b64decode(said["document"]))
    value = bytes.fromhex(document["signature"]["value"][2:])
    digest = typed_digest(base64.b64decode(document["statement"]))
    call = {
        "to": hexed(CONTRACT),
        "data": "0x1626ba7e" + encode(["bytes32", "bytes"], [digest, value]).hex(),
    }
    return {key("eth_call", [call, hex(at)]): answer}


def at_block(number: int, time: int) -> Answers:
    """The block in which a consent, or its end, was recorded."""
    header = {"number": hex(number), "timestamp": hex(time)}
    return {key("eth_getBlockByNumber", [hex(number), False]): header}


WITH_WALLET = f"{NODE} code wallet granted standing"


def contracts() -> Iterator[Vector]:
    given, consent = made(sign=by_contract)
    here = given.answers()
    recorded = at_block(30, GRANTED)
    earlier = {**recorded, **asked(consent.proof, 30, MAGIC)}
    no, yes = asked(consent.proof, 40, "0x" + "ff" * 32), asked(consent.proof, 40, MAGIC)
    says_no = f"{STEPS} {but(WITH_WALLET, 'wallet!')}"
    silent = f"{STEPS} {upto(WITH_WALLET, 'code?').rstrip('?')} node?"
    ok = f"{STEPS} {WITH_WALLET}"
    rows: dict[str, tuple[str, str, Answers]] = {
        "ok": ("A contract wallet (EIP-1271) accepts the signature.", ok, {**here, **yes}),
        "changed": (
            "It accepts it no more, but did in the block in which the consent was recorded.",
            ok,
            {**here, **no, **earlier},
        ),
        "reverted": ("It reverts now, but accepted it then.", ok, {**here, **earlier}),
        "refuses": (
            "It accepts it neither now nor then.",
            says_no,
            {**here, **no, **recorded, **asked(consent.proof, 30, "0x")},
        ),
        "short": (
            "It answers 4 bytes for 32.",
            says_no,
            {
                **here,
                **asked(consent.proof, 40, "0x1626ba7e"),
                **recorded,
                **asked(consent.proof, 30, "0x"),
            },
        ),
        "other-time": (
            "The block that the file names has another time than the consent: it does not count.",
            says_no,
            {**here, **no, **earlier, **at_block(30, GRANTED + 1)},
        ),
        "silent": ("It reverts, and the node has no older state.", silent, here),
        "no-state": (
            "It accepts it no more, and the node has no older state.",
            silent,
            {**here, **no, **recorded},
        ),
        "no-block": (
            "It accepts it no more, and the node has not the block that the file names.",
            silent,
            {**here, **no},
        ),
        "then-refuses": (
            "It reverts now, and refused it then.",
            silent,
            {**here, **recorded, **asked(consent.proof, 30, "0x")},
        ),
        "long": (
            "It answers 33 bytes for 32.",
            says_no,
            {
                **here,
                **asked(consent.proof, 40, MAGIC + "00"),
                **recorded,
                **asked(consent.proof, 30, "0x"),
            },
        ),
    }
    for name, (what, steps, answers) in rows.items():
        yield vector(f"contract-{name}", what, steps, (given, consent), nodes=(answers,))
    later = altered(consent.proof, ("chain", "block_number", 41))
    yield vector(
        "contract-later",
        "The block that the file names is not final: it does not count.",
        says_no,
        (given, consent),
        file=later,
        nodes=({**here, **no, **earlier},),
    )
    yield vector(
        "contract-no-node",
        "Only a node can say.",
        f"{but(STEPS, 'signature?')} chain?",
        (given, consent),
        nodes=(),
    )
    yield from ended_contracts()
    longest = made(sign=replaced(by_contract, value="0x" + "5a" * 2048))
    answers = {**longest[0].answers(), **asked(longest[1].proof, 40, MAGIC)}
    yield vector("contract-longest", "A value of 2048 bytes.", ok, longest, nodes=(answers,))
    elsewhere = made(sign=by_contract, registry={"chain_id": 1, "contract": hexed(bytes(20))})
    yield vector(
        "contract-on-another-chain",
        "The wallet is on the chain that the statement names, which is not the trusted one.",
        f"{STEPS} {but(WITH_WALLET, 'wallet?')}",
        elsewhere,
    )


def ended_contracts() -> Iterator[Vector]:
    """Contract wallets that ended a consent."""
    steps = f"{ENDED_STEPS} {WITH_WALLET}"
    given, consent = made()
    consent.end(signed(ending(given.registry, consent.value), by_contract))
    said = consent.proof["revocation"]
    then = {**at_block(32, ENDED), **asked(said, 32, MAGIC)}
    yield vector(
        "end-contract-changed",
        "A contract wallet that accepts the ending in its own block, and only there.",
        steps,
        (given, consent),
        nodes=({**given.answers(), **asked(said, 40, "0x"), **then},),
    )
    given, consent = made(sign=by_contract)
    consent.end(signed(ending(given.registry, consent.value), by_contract))
    said = consent.proof["revocation"]
    refuses = {**asked(said, 40, "0x"), **at_block(32, ENDED), **asked(said, 32, "0x")}
    yield vector(
        "end-contract-refuses",
        "Of the consent the contract says nothing, and it refuses the ending: that counts more.",
        f"{ENDED_STEPS} {but(WITH_WALLET, 'wallet!')}",
        (given, consent),
        nodes=({**given.answers(), **refuses},),
    )


def on_record() -> Iterator[Vector]:
    """What the registry says that contradicts the file."""
    given, consent = made()
    here, registry = given.answers(), given.registry
    code = key("eth_getCode", [hexed(registry.address), "0x28"])
    granted, lock = (
        registry.call("grantedAt", consent.value),
        registry.call("revokedAt", consent.lock),
    )

    def time(at: int) -> str:
        return hexed(at.to_bytes(32, "big"))

    rows: dict[str, tuple[str, str, Answers]] = {
        "not-recorded": ("The registry does not hold it.", "granted!", {granted: time(0)}),
        "other-time": (
            "It was recorded at another time.",
            "granted!",
            {granted: time(GRANTED + 1)},
        ),
        "hidden-end": ("It was ended, and the file hides that.", "standing!", {lock: time(ENDED)}),
    }
    for name, (what, step, answers) in rows.items():
        steps = f"{STEPS} {but(AT_REGISTRY, step)}"
        yield vector(name, what, steps, (given, consent), nodes=({**here, **answers},))
    yield vector(
        "other-code",
        "There is other code at the registry's address.",
        f"{STEPS} {upto(AT_REGISTRY, 'code!')}",
        (given, consent),
        nodes=({**here, code: "0x6080"},),
    )
    unclear = f"{STEPS} {NODE} code"
    missing: dict[str, tuple[str, str, Answers]] = {
        "short-answer": ("A time of 31 bytes.", f"{unclear} node?", {granted: "0x" + "00" * 31}),
        "no-header": (
            "The node has no header of the final block.",
            f"{unclear} granted node?",
            {BLOCK: None},
        ),
    }
    for name, (what, steps, answers) in missing.items():
        yield vector(name, what, steps, (given, consent), nodes=({**here, **answers},))
    yield vector(
        "hidden-end-no-header",
        "It was ended, and of the final block the node has no header: a contradiction counts more.",
        f"{STEPS} {but(AT_REGISTRY, 'standing!')}",
        (given, consent),
        nodes=({**here, lock: time(ENDED), BLOCK: None},),
    )
    yield vector(
        "two-nodes",
        "One of two nodes knows of an end.",
        f"{OK} {but(AT_REGISTRY, 'standing!')}",
        (given, consent),
        nodes=(here, {**here, lock: time(ENDED)}),
    )
    other = altered(consent.proof, ("chain", "contract", hexed(bytes(20))))
    yield vector(
        "other-registry",
        "The file names another registry than the trusted one.",
        but(STEPS, "registry!"),
        (given, consent),
        file=other,
    )


def endings() -> Iterator[Vector]:
    ok = f"{ENDED_STEPS} {AT_REGISTRY}"
    given, consent = made()
    yield vector("ended", "Given, and ended by the same wallet.", ok, (given, consent.end()))
    given, consent = made(sign=PASSKEY.sign)
    said = signed(ending(given.registry, consent.value, custody="portal"), KEPT.sign)
    yield vector(
        "ended-by-portal",
        "Given with a passkey, ended with a key that the portal keeps.",
        ok,
        (given, consent.end(said)),
    )
    given, consent = made()
    consent.end()
    given.registry.ended[consent.lock] = 0
    yield vector(
        "end-not-recorded",
        "The file says that it was ended, the registry does not.",
        f"{ENDED_STEPS} {but(AT_REGISTRY, 'standing!')}",
        (given, consent),
    )
    given, consent = made()
    yield vector(
        "end-other-time",
        "It was ended at another time.",
        f"{ENDED_STEPS} {but(AT_REGISTRY, 'standing!')}",
        (given, consent.end(revoked_at=ENDED + 1)),
    )
    given, consent = made()
    said = signed(ending(given.registry, consent.value), by_contract)
    consent.end(said)
    yield vector(
        "end-contract-no-node",
        "Ended by a contract wallet: only a node can say.",
        f"{but(ENDED_STEPS, 'ending?')} chain?",
        (given, consent),
        nodes=(),
    )


def broken_endings() -> Iterator[Vector]:
    registry = Registry()
    other = {**registry.where(), "chain_id": 1}
    rows: dict[str, tuple[str, Json, Sign]] = {
        "grant": ("The ending's statement gives a consent.", {"action": "grant"}, placeholder),
        "portal": ("Of another portal.", {"portal": PORTAL[:-1] + "2"}, OWN.sign),
        "patient": ("Of another person.", {"patient": PERSON[:-1] + "b"}, OWN.sign),
        "id": ("Of another id.", {"id": CONSENT[:-1] + "d"}, OWN.sign),
        "consent": ("Of another consent.", {"consent": "0x" + "00" * 32}, OWN.sign),
        "unknown": ("An unknown member.", {"ends_at": "2027-03-04T00:00:00.000Z"}, OWN.sign),
        "signature": ("High s.", {}, value_of(OWN.sign, high)),
        "elsewhere": (
            "Signed for another chain.",
            {},
            instead(ending(registry, bytes(32), registry=other)),
        ),
    }
    for name, (what, changes, sign) in rows.items():
        given, consent = made()
        said = ending(given.registry, consent.value, **changes)
        if name == "grant":
            said = grant(given.registry)
        consent.end(signed(said, sign))
        yield vector(f"end-{name}", what, but(ENDED_STEPS, "ending!"), (given, consent))
    given, consent = made()
    consent.end(secret=hexed(secret("another")))
    steps = but(ENDED_STEPS, "ending!")
    yield vector("end-secret", "The secret does not fit the lock.", steps, (given, consent))


def strict() -> Iterator[Vector]:
    given, consent = made()
    text = canonical(consent.proof)
    rows: dict[str, tuple[str, Any]] = {
        "unknown": ("An unknown member.", altered(consent.proof, ("more", 1))),
        "missing": ("revocation is missing.", altered(consent.proof, ("revocation", ...))),
        "kind": ("Another kind.", altered(consent.proof, ("kind", "fhir"))),
        "granted-0": ("Given at 0.", altered(consent.proof, ("granted_at", 0))),
        "revocation": (
            "A revocation without document.",
            altered(consent.proof, ("revocation", {})),
        ),
        "reference": (
            "A reference of another portal.",
            altered(consent.proof, ("reference", "x/y")),
        ),
        "twice": ("A member twice.", text[:-1] + b', "kind": "consent"}'),
        "large": ("More than a mebibyte.", text + b" " * 0),
    }
    del rows["large"]
    for name, (what, file) in rows.items():
        yield vector(f"strict-{name}", what, "proof!", (given, consent), file=file)
    parts = {
        "salt": ("Another salt.", altered(consent.proof, ("salt", hexed(bytes(32))))),
        "document": (
            "Another document, well signed, than was recorded.",
            altered(
                consent.proof, ("document", base64d(signed(grant(given.registry, scope="all"))))
            ),
        ),
    }
    for name, (what, file) in parts.items():
        yield vector(f"other-{name}", what, but(STEPS, "commitment!"), (given, consent), file=file)
    second = Given.make(given.registry, signed(grant(given.registry)), version=2)
    yield vector("version-2", "A second version.", NOT_SAID_AT_ALL, (given, second))
    yield vector(
        "trusts-other-portal",
        "The trust file names another portal.",
        but(STEPS, "portal!"),
        (given, consent),
        trust=given.trust(portal=PORTAL[:-1] + "2"),
    )


def kept() -> Iterator[Vector]:
    given = person()
    consent = given.consents[0]
    for name, (what, number, mark) in {
        "kept": ("The kept head lists the consent.", 2, "listed"),
        "kept-older": ("An older head does not list it.", 1, "listed?"),
    }.items():
        yield vector(
            name,
            what,
            f"{STEPS} kept {mark} {AT_REGISTRY}",
            (given, consent),
            against=given.kept(number),
        )


__all__ = ["NOW", "Wallet", "vectors"]
