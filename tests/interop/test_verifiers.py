"""The browser's verifier and salus_verify.py agree, case by case and step by step."""

import base64
import json
import random
import re

import pytest

import salus_verify
from chain.presenters import verify_words
from tests.interop.people import grant, person, signed
from tests.interop.proof_vectors import FOLDER, spelled
from tests.interop.signing import Passkey
from tests.interop.vectors import Answers, Case, World, cases, dumped

VECTORS = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
# What the browser's verifier calls the faults of which salus_verify.py tells in words.
FAULTS = {
    "the statement does not give a consent": "no_grant",
    "the statement is another portal's": "portal",
    "the statement has another id": "id",
    "in the one form that counts": "form",
    "not made by this wallet": "wallet",
    "its client data is not JSON": "client",
    "it was made for something else": "purpose",
    "it was made for another statement": "challenge",
    "it was made for a page elsewhere": "origin",
    "it was made for another host": "host",
    "nobody was present": "present",
    "nobody was verified": "verified",
    "it was not made with this key": "key",
    "the ending's statement ends nothing": "no_end",
    "the ending is of another portal, person or id": "another",
    "the ending is of another consent": "another_consent",
    "the secret does not fit the lock": "secret",
    "does NOT hold this consent": "not_recorded",
    "it was recorded at": "other_time",
    "this file hides that, or is older": "hidden_end",
    "does NOT hold its end": "not_ended",
    "it was ended at .*, not when the file says": "other_end",
}


def as_json(case: Case):
    return {
        "proof": base64.b64encode(case.proof).decode(),
        "trust": None if case.trust is None else base64.b64encode(case.trust).decode(),
        "nodes": list(case.nodes),
        "confirmations": case.confirmations,
    }


def node_of(answers: Answers) -> salus_verify.Node:
    def ask(method, params):
        call = f"{method} {json.dumps(params, sort_keys=True, separators=(',', ':'))}"
        if call not in answers:
            raise salus_verify.Unanswered("silent")
        return answers[call]

    return salus_verify.Node("node", ask)


def in_python(case: Case):
    nodes = [node_of(answers) for answers in case.nodes]
    report = salus_verify.verify(case.proof, case.trust, nodes, confirmations=case.confirmations)
    failed = [step.words for step in report.steps if step.state == salus_verify.FAILED]
    return {
        "exit": report.exit_code,
        "steps": [[step.id, step.state] for step in report.steps],
        "broken": refusal(case),
        "faults": [
            code for said in failed for words, code in FAULTS.items() if re.search(words, said)
        ],
        "standing": standing(report.subject),
        "shown": report.subject.shown() if report.subject else None,
    }


def refusal(case: Case):
    """The first of all files, and documents in them, that is refused: how, and where."""
    try:
        if b'"salus-consent-proof/1"' not in case.proof:
            salus_verify.read_proof(case.proof)
        else:
            read_consent(case.proof)
        if case.trust is not None:
            salus_verify.read_trust(case.trust)
    except salus_verify.Refused as error:
        return [error.code, error.place]
    return None


def read_consent(file: bytes) -> None:
    proof = salus_verify.read_consent_proof(file)
    consent = salus_verify.Consent(proof)
    salus_verify.read_signed(proof["document"])
    if not consent.statement_fault() and proof["revocation"]:
        salus_verify.read_signed(proof["revocation"]["document"])


def standing(subject) -> str:
    """Whether a consent stands, as its words say; nothing where no node was asked for it."""
    if not isinstance(subject, salus_verify.Consent) or subject.seen == (0, 0):
        return ""
    words = subject.words()
    return (
        "ended" if "was ended at" in words else "ran_out" if "it had run out" in words else "stands"
    )


def compared(in_node, given: list[Case]):
    """Each case with what the browser's verifier found, after that was held against the other's."""
    found = in_node("verify.mjs", list(map(as_json, given)))
    for case, one in zip(given, found, strict=True):
        says = one.pop("says")
        assert one == in_python(case), case.name
        yield case, one, says


def test_both_verifiers_take_the_same_steps(in_node):
    given = [
        Case(case.name, case.exit, case.proof, case.trust, tuple(map(spelled, case.nodes)),
             case.confirmations)
        for case in cases()
    ]  # fmt: skip
    for case, found, _says in compared(in_node, given):
        assert found["exit"] == case.exit, case.name


def vector_case(vector) -> Case:
    trust = None if vector["trust"] is None else base64.b64decode(vector["trust"])
    file, nodes = base64.b64decode(vector["file"]), tuple(vector["nodes"])
    return Case(vector["name"], vector["exit"], file, trust, nodes, vector["confirmations"])


@pytest.fixture(scope="module")
def by_vector(in_node):
    """What both found of every record's and consent's vector: the kept head is left out."""
    single = [one for one in VECTORS.values() if one["file"]]
    given = [vector_case(one) for one in single if not one["file"].startswith("UEs")]
    return list(compared(in_node, given))


def test_both_verifiers_take_the_steps_of_every_vector(by_vector):
    assert len(by_vector) > 225
    for case, found, _says in by_vector:
        vector = VECTORS[case.name]
        if vector["against"] is None:
            assert found["steps"] == vector["steps"], case.name
            assert found["exit"] == vector["exit"], case.name


def test_the_page_has_words_for_whatever_the_vectors_bring_up(by_vector):
    words = verify_words()
    for case, found, says in by_vector:
        for step, state in says:
            assert words["steps"][step][state], case.name
        assert not found["broken"] or found["broken"][0] in words["reasons"]
    assert set(words["faults"]) == set(FAULTS.values())
    assert {fault for _, found, _ in by_vector for fault in found["faults"]} == set(FAULTS.values())
    seen = {found["standing"] for _, found, _ in by_vector}
    assert seen == {"", "stands", "ran_out", "ended"} <= {"", *words["sentences"]}


def test_both_verifiers_agree_on_accidents(in_node):
    """Random damage to the files' text; where it hits twice, the reason may differ."""
    chance = random.Random(1)
    world = World.make()
    given = [
        Case(str(n), 1, damaged(dumped(world.proof), chance), dumped(world.ledger.trust()), ())
        for n in range(1500)
    ]
    agree_roughly(in_node, given)


def test_both_verifiers_agree_on_accidents_to_consents(in_node):
    """Random damage to the file, the document in it, the statement in that, and a passkey's parts."""
    chance = random.Random(2)
    world = person()
    plain = world.consents[0].proof
    passkey = signed(grant(world.registry), Passkey("a person's passkey").sign)
    by_passkey = {**plain, "document": base64.b64encode(passkey).decode()}
    places = [(), ("document",), ("document", "statement")]
    more = [("document", f"signature.{name}") for name in ("client_data", "signature")]
    given = []
    for n in range(900):
        proof, ways = (plain, places) if n % 2 else (by_passkey, [*places[1:], *more])
        broken = damaged_inside(dumped(proof), chance.choice(ways), chance)
        given.append(Case(str(n), 1, broken, dumped(world.trust()), ()))
    agree_roughly(in_node, given)


def agree_roughly(in_node, given: list[Case]) -> None:
    for case, found in zip(given, in_node("verify.mjs", list(map(as_json, given))), strict=True):
        expected = in_python(case)
        for what in ("exit", "steps", "faults"):
            assert found[what] == expected[what], case.proof


def damaged_inside(text: bytes, place: tuple[str, ...], chance: random.Random) -> bytes:
    """Damage to bytes that stand in base64 in the file, or in each other; or to the file itself."""
    if not place:
        return damaged(text, chance)
    outer = json.loads(text)
    *within, name = place[0].split(".")
    part = outer
    for step in within:
        part = part[step]
    inner = damaged_inside(base64.b64decode(part[name]), place[1:], chance)
    part[name] = base64.b64encode(inner).decode()
    return dumped(outer)


def damaged(text: bytes, chance: random.Random) -> bytes:
    changed = bytearray(text)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        at = chance.randrange(len(changed))
        how = chance.randrange(4)
        if how == 0:
            changed[at] = chance.choice(b'0123456789abcdefx"{}[]:,\\ \n-.eAtu\x00\x1f\x7f\xc3\xa9')
        elif how == 1:
            del changed[at : at + chance.randint(1, 4)]
        elif how == 2:
            changed[at:at] = changed[at : at + chance.randint(1, 30)]
        else:
            changed[at] ^= 1 << chance.randrange(8)
    return bytes(changed)


def test_documents_are_shown_alike_and_whole(in_node):
    documents = [
        b'{"a":[1.00,{"b":"x, y: {z}"}],"c":[],"d":{ },"e":"\\"\\\\"}', b"[]", b"1.50", b"text",
        '{"\u202e":"\u200b\u00a0\u2028\U000e0041","emoji":"\U0001f600"}'.encode(),
        b"\x1b[31mred\x07", b"\xff\xfe", b"", b'{"a":1,"a":2}', b'{"broken":', b"[" * 5000,
    ]  # fmt: skip
    world = World.make()
    proofs = world.ledger.seal(documents)
    trust = dumped(world.ledger.trust())
    given = [Case("", 2, dumped(proof), trust, ()) for proof in proofs]
    found = in_node("verify.mjs", list(map(as_json, given)))
    for document, case, result in zip(documents, given, found, strict=True):
        assert result["shown"] == in_python(case)["shown"], document
