"""The stand-alone verifier: what it accepts, what it refuses, and how it says so."""

import ast
import io
import json
import re
import subprocess
import sys
import urllib.error
from pathlib import Path

import pytest

import salus_verify
from chain import commitments
from chain.models import Kind
from tests.interop import people
from tests.interop.signing import secret
from tests.interop.vectors import PORTAL, Answers, Case, Json, Ledger, World, cases, dumped, key

ROOT = Path(__file__).resolve().parents[2]


def node_of(answers: Answers, name: str = "node.example") -> salus_verify.Node:
    def ask(method, params):
        if key(method, params) not in answers:
            raise salus_verify.Unanswered("silent")
        return answers[key(method, params)]

    return salus_verify.Node(name, ask)


def verified(case: Case):
    nodes = [node_of(answers) for answers in case.nodes]
    return salus_verify.verify(case.proof, case.trust, nodes, confirmations=case.confirmations)


@pytest.fixture
def world():
    return World.make()


@pytest.fixture
def run(tmp_path, capsys, world):
    """The whole command on the world's files; gives exit code and output."""

    def run(*options, proof=None, trust=None, rpc=1):
        (tmp_path / "proof.json").write_bytes(proof or dumped(world.proof))
        (tmp_path / "trust.json").write_bytes(trust or dumped(world.ledger.trust()))
        nodes = [f"--rpc=https://n{n}.example/secret-key" for n in range(rpc)]
        argv = [str(tmp_path / "proof.json"), *nodes, *options]
        if trust is not False:
            argv += ["--trust", str(tmp_path / "trust.json")]
        code = salus_verify.run(argv, lambda url: node_of(world.ledger.answers(), url[8:18]))
        return code, capsys.readouterr().out

    return run


# -- verdicts --------------------------------------------------------------------------------------


def test_every_case_gets_its_verdict():
    wrong = [case.name for case in cases() if verified(case).exit_code != case.exit]
    assert wrong == []


def test_an_honest_proof_passes_every_step(world):
    report = verified(world.case("", 0))
    assert [step.id for step in report.steps] == [
        "proof", "commitment", "root", "head", "trust", "portal", "log",
        "chain", "genesis", "final", "code", "entry", "previous",
    ]  # fmt: skip
    assert {step.state for step in report.steps} == {"ok"}


def test_the_first_entry_is_checked_against_the_logs_beginning(world):
    report = verified(world.case("", 0, proof=dumped(world.others[0])))
    assert "first" in [step.id for step in report.steps]
    assert report.exit_code == 0


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("document 0", "commitment"),
        ("salt at 2", "commitment"),
        ("0 at 2", "root"),
        ("root at 2", "root"),
        ("previous_head at 2", "head"),
        ("head at 2", "head"),
        ("other time", "head"),
        ("trusts another portal", "portal"),
        ("trusts another log", "log"),
        ("first entry of another log", "first"),
        ("another chain", "chain"),
        ("another genesis", "genesis"),
        ("other code", "code"),
        ("forged log", "entry"),
        ("another entry before", "previous"),
        ("inner node as a leaf", "commitment"),
    ],
)
def test_the_step_that_breaks_is_named(name, step):
    [case] = [case for case in cases() if case.name == name]
    failed = [step.id for step in verified(case).steps if step.state == "failed"]
    assert failed[0] == step


def test_a_broken_proof_is_not_carried_to_a_node(world):
    def never(method, params):
        pytest.fail("a node was asked")

    case = world.with_proof("", 1, ("kind",), "audit")
    assert (
        salus_verify.verify(case.proof, case.trust, [salus_verify.Node("n", never)]).exit_code == 1
    )


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (lambda t: t[:-1] + b', "more": 1}', "unknown", "more"),
        (lambda t: t.replace(b'"batch": {', b'"batch": {"x": 1, '), "unknown", "batch.x"),
        (lambda t: t.replace(b'"salt"', b'"sal"'), "unknown", "sal"),
        (lambda t: t[:-1] + b', "kind": "fhir"}', "duplicate", "kind"),
        (lambda t: t.replace(b'"time": 1', b'"time": 1.5e'), "number", ""),
        (lambda t: t.replace(b'"depth": 6', b'"depth": true'), "range", "batch.depth"),
        (lambda t: t.replace(b'"depth": 6', b'"depth": 5'), "depth", "path"),
        (lambda t: t.replace(b'"root": "0x', b'"root": "0X'), "hex", "root"),
        (lambda t: t.replace(b'"path": ["0x', b'"path": ["0X'), "hex", "path[0]"),
        (lambda t: t.replace(b'"document": "e', b'"document": "=e'), "base64", "document"),
        (lambda t: t.replace(b"salus-proof/1", b"salus-proof/2"), "format", "format"),
        (lambda t: t.replace(b"salus-proof/1", b"\xff"), "utf8", ""),
        (lambda t: t + b" " * salus_verify.MAX_PROOF, "size", ""),
    ],
)
def test_a_refusal_says_what_and_where(world, change, code, place):
    with pytest.raises(salus_verify.Refused) as caught:
        salus_verify.read_proof(change(dumped(world.proof)))
    assert (caught.value.code, caught.value.place) == (code, place)


def test_every_refusal_has_words():
    source = (ROOT / "salus_verify.py").read_text()
    used = set(re.findall(r'Refused\("(\w+)"', source)) | {"list", "length"}  # handed on
    assert used == {*salus_verify.Refused.words, *salus_verify.Refused.more}


def test_it_knows_every_kind_that_is_committed(world):
    for kind in Kind:
        case = world.with_proof("", 1, ("kind",), kind.value)
        assert salus_verify.read_proof(case.proof)["kind"] == kind


def test_it_computes_what_the_portal_computes():
    salt, root = b"s" * 32, b"r" * 32
    ours = commitments.commitment(salt=salt, kind="fhir", reference="a/b", document=b"{}")
    assert salus_verify.commitment_of(salt, "fhir", "a/b", b"{}") == ours
    assert salus_verify.first_head(5, b"a" * 20) == commitments.genesis_head(5, b"a" * 20)
    theirs = commitments.next_head(salt, 7, root, 4, 1_800_000_000)
    assert salus_verify.head_of(salt, 7, root, 4, 1_800_000_000) == theirs


# -- the command -----------------------------------------------------------------------------------


def test_the_command_proves_and_says_what_it_does_not(run):
    code, out = run(rpc=2)
    assert code == 0
    assert "PROVEN (2 nodes agree)" in out
    assert "2027-01-15 08:00:00 UTC, the chain's time" in out
    assert "who wrote the document" in out
    assert "may have been left out" in out
    assert "FAILED" not in out
    assert "secret-key" not in out


def test_without_trust_it_is_unpinned(run):
    code, out = run(trust=False)
    assert code == 2
    assert "UNPINNED" in out
    assert "UNDECIDED" in out


def test_without_a_node_it_is_undecided(run):
    code, out = run(rpc=0)
    assert code == 2
    assert "Not checked against the chain" in out


def test_a_changed_document_is_not_proven(run, world):
    case = world.with_proof("", 1, ("document",), "e30=")
    code, out = run(proof=case.proof)
    assert code == 1
    assert "FAILED" in out
    assert "NOT PROVEN" in out


def test_the_document_is_shown_without_control_characters(run, world):
    [proof] = world.ledger.seal([b'{"a":1.00,"b":"\x1b[31m\xe2\x80\xae"}'])
    code, out = run("--show", proof=dumped(proof))
    assert code == 0
    assert "\x1b" not in out
    assert "\u202e" not in out
    assert '{"a":1.00,"b":"\\u{1b}[31m\\u{202e}"}' in out  # not JSON, for its control character


def test_json_is_laid_out_without_touching_a_number(run):
    _, out = run("--show")
    assert '  "valueQuantity": {\n    "value": 61.50\n  }\n}' in out


def test_a_hostile_name_can_not_write_to_the_terminal(run, world):
    text = dumped(world.proof)[:-1] + b', "\\u001b[2J\\ud800": 1}'
    code, out = run(proof=text)
    assert code == 1
    assert "\x1b" not in out
    assert "no such member" in out


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://n", "localhost:8545", "", "http://"])
def test_only_http_is_asked(url):
    with pytest.raises(ValueError, match="http"):
        salus_verify.node_at(url)


@pytest.mark.parametrize(
    "argv", [["missing.json"], [".", "--rpc", "https://n"], ["x", "--rpc", "nonsense"]]
)
def test_what_can_not_be_opened_is_a_wrong_command(argv, capsys):
    assert salus_verify.run(argv) == 2
    assert capsys.readouterr().err.startswith("salus_verify.py: ")


@pytest.mark.parametrize("argv", [[], ["a", "b"], ["a", "--confirmations", "-1"], ["a", "--x"]])
def test_a_wrong_command_exits_with_2(argv, capsys):
    with pytest.raises(SystemExit) as caught:
        salus_verify.run(argv)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


# -- nodes -----------------------------------------------------------------------------------------


class Opener:
    """Stands in for urllib: gives a body, or raises."""

    def __init__(self, outcome: bytes | Exception) -> None:
        self.outcome = outcome

    def open(self, request, timeout):
        self.request = request
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return io.BytesIO(self.outcome)


@pytest.fixture
def opened(monkeypatch):
    def opened(outcome):
        opener = Opener(outcome)
        monkeypatch.setattr("urllib.request.build_opener", lambda *_: opener)
        return opener, salus_verify.node_at("https://user@node.example:8545/key")

    return opened


def test_a_node_is_asked_by_json_rpc(opened):
    opener, node = opened(b'{"jsonrpc":"2.0","id":1,"result":"0x1"}')
    assert node.ask("eth_chainId", []) == "0x1"
    assert node.name == "node.example:8545"
    body = json.loads(opener.request.data)
    assert body == {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}


@pytest.mark.parametrize(
    "outcome",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b"null",
        b'{"error": {"code": 1}, "result": "0x1"}',
        b"[" * 100_000,
        b" " * (salus_verify.MAX_ANSWER + 1),
        TimeoutError(),
        ConnectionResetError(),
        ValueError("bad header"),
        urllib.error.URLError("refused"),
        urllib.error.HTTPError("u", 302, "moved", None, None),  # type: ignore[arg-type]
    ],
    ids=lambda outcome: repr(outcome)[:30],
)
def test_whatever_a_node_does_it_is_no_answer(opened, outcome):
    _, node = opened(outcome)
    with pytest.raises(salus_verify.Unanswered):
        node.ask("eth_chainId", [])


# -- the file itself -------------------------------------------------------------------------------


def test_it_imports_nothing_of_salus():
    tree = ast.parse((ROOT / "salus_verify.py").read_text(), feature_version=(3, 9))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).split(".")[0])
    assert imported - sys.stdlib_module_names == {"Crypto"}


def test_it_runs_alone(tmp_path, world):
    """A copy elsewhere, in a process that knows nothing of the portal."""
    copy = tmp_path / "verifier.py"
    copy.write_bytes((ROOT / "salus_verify.py").read_bytes())
    (tmp_path / "proof.json").write_bytes(dumped(world.proof))
    done = subprocess.run(
        [sys.executable, "-W", "error", copy, "proof.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "UNPINNED" in done.stdout
    assert done.stderr == ""


def test_its_pin_is_the_portals():
    pin = re.compile(r"^pycryptodome==\S+", re.MULTILINE)
    own = pin.findall((ROOT / "requirements-verify.txt").read_text())
    assert own == pin.findall((ROOT / "requirements.txt").read_text())


# -- the specification -----------------------------------------------------------------------------


def worked_example() -> tuple[Json, Json]:
    """The entry that docs/PROOFS.md works through: the first of a log, with one document."""
    ledger = Ledger()
    [proof] = ledger.seal([b'{"resourceType":"Observation"}'])
    return proof, ledger.trust()


def test_the_worked_example_is_what_the_code_computes():
    text = (ROOT / "docs/PROOFS.md").read_text()
    proof, trust = worked_example()
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    assert proof in blocks
    assert trust in blocks


def test_the_worked_examples_numbers_lead_to_each_other():
    proof, trust = worked_example()
    text = (ROOT / "docs/PROOFS.md").read_text()
    document, reference = b'{"resourceType":"Observation"}', proof["reference"]
    commitment = bytes.fromhex(proof["commitment"][2:])
    numbers = {
        "SHA-256(kind)": salus_verify.sha256(b"fhir"),
        "SHA-256(reference)": salus_verify.sha256(reference.encode()),
        "SHA-256(bytes)": salus_verify.sha256(document),
        "leaf": commitments.leaf_of(commitment),
        "head_0": salus_verify.first_head(trust["chain_id"], bytes.fromhex(trust["log"][2:])),
        "selector of heads(uint64)": salus_verify.keccak256(b"heads(uint64)")[:4],
    }
    for name, number in numbers.items():
        assert f"| `{name}` | `0x{number.hex()}` |" in text, f"| `{name}` | `0x{number.hex()}` |"
    assert reference.startswith(PORTAL)


def consent_example() -> people.Given:
    """The consent that docs/PROOFS.md works through."""
    world = people.Person()
    said = people.canonical(people.grant(world.registry))
    return people.Given.make(world.registry, people.signed(said))


def test_the_consents_and_heads_in_the_specification_are_what_the_code_computes():
    text = (ROOT / "docs/PROOFS.md").read_text()
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    kept = people.person().kept(1)
    assert consent_example().proof in blocks
    assert kept in blocks
    digest = salus_verify.head_digest(bytes.fromhex(kept["commitment"][2:]))
    assert f"signed is\n`0x{digest.hex()}`" in text


def test_the_consents_numbers_in_the_specification_lead_to_each_other():
    text = (ROOT / "docs/PROOFS.md").read_text()
    proof = salus_verify.read_consent_proof(dumped(consent_example().proof))
    signed = salus_verify.read_signed(proof["document"])
    assert f"```\n{signed.said.decode()}\n```" in text
    assert f"statement's bytes, {len(signed.said)} of them" in text
    assert signed.statement["lock"] == salus_verify.keccak256(secret("of a consent's end"))
    assert secret("x") == salus_verify.sha256(b"a made-up key for tests, nobody's: x")
    numbers = {
        "secret": secret("of a consent's end"),
        "lock": signed.statement["lock"],
        "digest": salus_verify.sha256(signed.said),
        "typed": signed.typed,
        "address": signed.signature["address"],
        "value": signed.signature["value"],
        "commitment": proof["commitment"],
        "selector of grantedAt(bytes32)": salus_verify.keccak256(b"grantedAt(bytes32)")[:4],
        "selector of revokedAt(bytes32)": salus_verify.keccak256(b"revokedAt(bytes32)")[:4],
    }
    for name, number in numbers.items():
        assert f"| `{name}` | `0x{number.hex()}` |" in text, f"| `{name}` | `0x{number.hex()}` |"


def test_the_specification_names_every_step_and_format():
    text = (ROOT / "docs/PROOFS.md").read_text()
    source = (ROOT / "salus_verify.py").read_text()
    steps = {step for path in VECTORS for step, _ in json.loads(path.read_text())["steps"]}
    assert {step for step in steps if f"`{step}`" not in text} == set()
    for name in set(re.findall(r"salus-[a-z-]+/1", source)) - {"salus-verify/1"}:
        assert f"`{name}`" in text


VECTORS = list((ROOT / "docs/proof-vectors").glob("*.json"))
