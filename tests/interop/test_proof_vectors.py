"""docs/proof-vectors: what the generator makes, and what salus_verify.py says to them."""

import base64
import io
import json

import pytest

import salus_verify
from tests.interop.proof_vectors import FOLDER, vectors

MADE = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}


def test_the_committed_vectors_are_what_is_generated():
    generated = {vector.name: vector.text() for vector in vectors()}
    assert {path.stem: path.read_text() for path in FOLDER.glob("*.json")} == generated


def test_they_stay_small():
    assert sum(path.stat().st_size for path in FOLDER.glob("*.json")) < 2_500_000


def decoded(text):
    return None if text is None else base64.b64decode(text)


def node_of(answers):
    def ask(method, params):
        call = f"{method} {json.dumps(params, sort_keys=True, separators=(',', ':'))}"
        if call not in answers:
            raise salus_verify.Unanswered("silent")
        return answers[call]

    return salus_verify.Node("node", ask)


def verified(vector) -> salus_verify.Report:
    file, trust, against = (decoded(vector[name]) for name in ("file", "trust", "against"))
    nodes = [node_of(answers) for answers in vector["nodes"]]
    options = {"confirmations": vector["confirmations"]}
    if file is None:
        return salus_verify.audit(trust, nodes, **options)
    if file[:4] in (b"PK\3\4", b"PK\5\6"):
        return salus_verify.verify_archive(
            io.BytesIO(file), trust, nodes, against=against, **options
        )
    return salus_verify.verify(file, trust, nodes, against=against, **options)


@pytest.mark.parametrize("name", sorted(MADE))
def test_every_vector_gets_its_steps(name):
    vector = MADE[name]
    report = verified(vector)
    assert [[step.id, step.state] for step in report.steps] == vector["steps"], report.steps
    assert report.exit_code == vector["exit"]
    assert salus_verify.verdict(report, len(vector["nodes"]))
