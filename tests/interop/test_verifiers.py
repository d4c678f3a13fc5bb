"""The browser's verifier and salus_verify.py agree, case by case and step by step."""

import base64
import random

import salus_verify
from tests.interop.vectors import Answers, Case, World, cases, dumped, key


def as_json(case: Case):
    return {
        "proof": base64.b64encode(case.proof).decode(),
        "trust": None if case.trust is None else base64.b64encode(case.trust).decode(),
        "nodes": list(case.nodes),
        "confirmations": case.confirmations,
    }


def node_of(answers: Answers) -> salus_verify.Node:
    def ask(method, params):
        if key(method, params) not in answers:
            raise salus_verify.Unanswered("silent")
        return answers[key(method, params)]

    return salus_verify.Node("node", ask)


def in_python(case: Case):
    nodes = [node_of(answers) for answers in case.nodes]
    report = salus_verify.verify(case.proof, case.trust, nodes, confirmations=case.confirmations)
    return {
        "exit": report.exit_code,
        "steps": [[step.id, step.state] for step in report.steps],
        "broken": refusal(case),
        "shown": report.proof and salus_verify.laid_out(report.proof["document"]),
    }


def refusal(case: Case):
    try:
        salus_verify.read_proof(case.proof)
        if case.trust is not None:
            salus_verify.read_trust(case.trust)
    except salus_verify.Refused as error:
        return [error.code, error.place]
    return None


def test_both_verifiers_take_the_same_steps(in_node):
    given = cases()
    for case, found in zip(given, in_node("verify.mjs", list(map(as_json, given))), strict=True):
        expected = in_python(case)
        assert found == expected, case.name
        assert found["exit"] == case.exit, case.name


def test_both_verifiers_agree_on_accidents(in_node):
    """Random damage to the files' text; where it hits twice, the reason may differ."""
    chance = random.Random(1)
    world = World.make()
    given = [
        Case(str(n), 1, damaged(dumped(world.proof), chance), dumped(world.ledger.trust()), ())
        for n in range(1500)
    ]
    for case, found in zip(given, in_node("verify.mjs", list(map(as_json, given))), strict=True):
        expected = in_python(case)
        assert (found["exit"], found["steps"]) == (expected["exit"], expected["steps"]), case.proof


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
