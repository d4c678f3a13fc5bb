"""Consents, kept heads, archives and the log, as a person meets them: the command and its words."""

import io
import json
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import salus_verify
from tests.interop import log_vectors
from tests.interop.people import (
    KEPT,
    NOW,
    PERSON,
    TEXT,
    Given,
    Person,
    canonical,
    document_item,
    ending,
    grant,
    person,
    salt,
    signed,
    zipped,
)
from tests.interop.vectors import World, dumped, key

ROOT = Path(__file__).resolve().parents[2]


def node_of(answers, name="node.example"):
    def ask(method, params):
        if key(method, params) not in answers:
            raise salus_verify.Unanswered("silent")
        return answers[key(method, params)]

    return salus_verify.Node(name, ask)


@pytest.fixture
def run(tmp_path, capsys):
    """The whole command; gives exit code and output."""

    def run(world, file, *options, answers=None, **files):
        files = {"file": file, "trust.json": canonical(world.trust()), **files}
        for name, data in files.items():
            (tmp_path / name).write_bytes(data)
        argv = [str(tmp_path / "file"), "--trust", str(tmp_path / "trust.json"), "--rpc=https://n"]
        argv += [str(tmp_path / option) if option in files else option for option in options]
        told = world.answers() if answers is None else answers
        code = salus_verify.run(argv, lambda _: node_of(told))
        return code, capsys.readouterr().out

    return run


def consent_of(world: Person, sign=None, **changes) -> Given:
    said = grant(world.registry, **changes)
    return Given.make(world.registry, signed(said, sign) if sign else signed(said))


# -- consents --------------------------------------------------------------------------------------


def test_a_consents_verdict_says_what_was_allowed(run):
    world = Person()
    code, out = run(world, canonical(consent_of(world).proof))
    assert code == 0
    for words in (
        "PROVEN (1 node was asked): on record since 2027-01-15 08:01:40 UTC",
        f"“{TEXT}”",
        f"{PERSON} lets User/",
        "see vitals (Observation) until 2027-03-04T00:00:00.000Z",
        "the person's own by the statement's word",
        "As of block 40 (2027-01-15 08:05:00 UTC) it had not run out and had not been ended.",
        "whose key it is",
    ):
        assert words in out


def test_a_key_that_the_portal_keeps_is_no_evidence_against_it(run):
    world = Person()
    consent = consent_of(world, KEPT.sign, custody="portal")
    code, out = run(world, canonical(consent.proof))
    assert code == 0
    assert "which the portal keeps: no evidence against the portal" in out
    assert "own by the statement's word" not in out


def test_a_consent_that_ran_out_is_proven_and_called_so(run):
    world = Person()
    consent = consent_of(world, ends_at="2027-01-15T08:05:00.000Z")
    code, out = run(world, canonical(consent.proof))
    assert code == 0
    assert "it had run out and had not been ended" in out
    assert salus_verify.seconds_of("2027-01-15T08:05:00.000Z") == NOW


def test_a_consent_that_was_ended_is_proven_and_called_so(run):
    world = Person()
    consent = consent_of(world)
    said = ending(world.registry, consent.value, custody="portal")
    consent.end(signed(said, KEPT.sign))
    code, out = run(world, canonical(consent.proof))
    assert code == 0
    assert "was ended at 2027-01-15 08:03:20 UTC,\n  signed by 0x" in out


def test_a_hidden_end_is_found(run):
    world = Person()
    consent = consent_of(world)
    hidden = canonical(consent.proof)
    consent.end()
    code, out = run(world, hidden)
    assert code == 1
    assert "it was ended at 2027-01-15 08:03:20 UTC; this file hides that, or is older" in out


def test_what_was_signed_elsewhere_is_said(run):
    world = Person()
    consent = consent_of(world, registry={"chain_id": 1, "contract": "0x" + "00" * 20})
    code, out = run(world, canonical(consent.proof))
    assert code == 0
    assert "1 signed for another one, and recorded here again" in out


def test_statements_are_shown_word_for_word(run):
    world = Person()
    consent = consent_of(world, text="I let \u2066nobody\u2069 see it.")
    code, out = run(world, canonical(consent.end().proof), "--show")
    assert code == 0
    assert "\u2066" not in out
    assert "I let \\u{2066}nobody\\u{2069} see it." in out
    assert '"action": "grant"' in out
    assert '"action": "revoke"' in out


def test_a_broken_consent_is_shown_without_a_traceback(run):
    world = Person()
    for document in (b"\x1b[31m", b'{"statement": 1}', b"[]"):
        code, out = run(world, canonical(Given.make(world.registry, document).proof), "--show")
        assert code == 1
        assert "\x1b" not in out


def test_a_consent_has_a_size_of_its_own(run):
    world = Person()
    large = canonical(consent_of(world).proof) + b" " * salus_verify.MAX_CONSENT
    code, out = run(world, large)
    assert code == 1
    assert "no salus-consent-proof/1 file (it is too large)" in out


@pytest.mark.parametrize(
    ("instant", "right"),
    [
        ("2024-02-29T23:59:59.999Z", True), ("2000-02-29T00:00:00.000Z", True),
        ("1970-01-01T00:00:00.000Z", True), ("9999-12-31T23:59:59.999Z", True),
        ("2023-02-29T00:00:00.000Z", False), ("2100-02-29T00:00:00.000Z", False),
        ("2027-13-01T00:00:00.000Z", False), ("2027-00-01T00:00:00.000Z", False),
        ("2027-04-31T00:00:00.000Z", False), ("2027-01-00T00:00:00.000Z", False),
        ("2027-01-01T00:60:00.000Z", False), ("2027-01-01t00:00:00.000z", False),
        ("2027-01-01T00:00:00.000Z\n", False), ("٢٠٢٧-01-01T00:00:00.000Z", False), (7, False),
    ],
)  # fmt: skip
def test_instants_have_one_form(instant, right):
    if right:
        assert salus_verify.instant(instant, "") == instant
    else:
        with pytest.raises(salus_verify.Refused) as caught:
            salus_verify.instant(instant, "at")
        assert (caught.value.code, caught.value.place) == ("instant", "at")


def test_wallets_are_told_apart_from_those_on_other_chains():
    """In an archive with many, a wallet that says no outweighs one that can't be asked."""
    here, away = Person(), {"chain_id": 1, "contract": "0x" + "00" * 20}

    def by_contract(_statement):
        return {"type": "eip1271", "address": "0x" + "11" * 20, "value": "0x00"}

    documents = [
        signed(grant(here.registry, id=other_id(n), registry=where), by_contract)
        for n, where in enumerate((away, here.registry.where()))
    ]
    proofs = [
        Given.make(here.registry, document, id=other_id(n)).proof
        for n, document in enumerate(documents)
    ]
    consents = [
        salus_verify.Consent(salus_verify.read_consent_proof(canonical(proof))) for proof in proofs
    ]
    assert [consent.statement_fault() for consent in consents] == ["", ""]
    wallets = [wallet for consent in consents for wallet in consent.wallets()]
    report = salus_verify.Report(lambda _: None)
    state = salus_verify.State(salus_verify.Node("n", lambda *_: "0x"), 20)
    salus_verify._check_wallets(report, wallets, 31337, state)
    assert [(step.id, step.state) for step in report.steps] == [("wallet", "failed")]


def other_id(n: int) -> str:
    return f"5a1a5000-0000-4000-8000-0000000000{n:02x}"


# -- archives --------------------------------------------------------------------------------------


def test_an_archives_verdict_says_how_far_it_reaches(run):
    world = person()
    world.missing = [{"commitment": "0x" + "77" * 32, "reason": "not-final"}]
    code, out = run(
        world, world.archive(), "--against", "head.json", **{"head.json": canonical(world.kept())}
    )
    assert code == 0
    for words in (
        f"3 documents and 1 consent of {PERSON}",
        "up to head 2, sealed by 2027-01-15 08:01:10 UTC",
        "But 1 commitment without document: not final yet, it says.",
        "nothing newer than head 2",
        "Its head 2 is the one that you kept.",
        "made at 2027-01-15T08:10:00.000Z by its own word",
    ):
        assert words in out
    assert "hints" not in out


def test_an_archive_lists_what_it_holds(run):
    code, out = run(person(), person().archive(), "--show")
    assert code == 0
    assert "fhir     Observation/a/_history/2" in out
    assert "consent  Consent/5a1a5000" in out


def test_what_fails_first_is_named_by_its_reference(run):
    world = person()
    files = {**world.files(), "documents/1.json": b"{}"}
    code, out = run(world, zipped(files))
    assert code == 1
    assert "FAILED  Observation/a/_history/2: this is NOT what was committed." in out


def test_a_shorter_archive_and_another_history_are_told_apart(run):
    world, longer = person(), person()
    longer.next_head([b"x" * 32])
    head = {"head.json": canonical(longer.kept())}
    code, out = run(world, world.archive(), "--against", "head.json", **head)
    assert (code, "ends with head 2: something newer was LEFT OUT" in out) == (1, True)
    other = Person()
    other.news(document_item("x", b"{}"))
    head = {"head.json": canonical(other.kept())}
    code, out = run(world, world.archive(), "--against", "head.json", **head)
    assert (code, "TWO HISTORIES" in out) == (1, True)


def test_a_hostile_name_in_an_archive_can_not_write_to_the_terminal(run):
    world = person()
    files = {**world.files(), "documents/\x1b[2J": b""}
    code, out = run(world, zipped(files))
    assert code == 1
    assert "\x1b" not in out


def test_pythons_own_zips_are_read():
    world = person()
    for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", packing) as file:
            for name, data in world.files().items():
                file.writestr(name, data)
        assert verified(world, made.getvalue()).exit_code == 0


def test_pythons_large_zips_are_read(monkeypatch):
    """With zip64's records and fields, which Python writes where numbers are beyond its limits."""
    world = Person()
    world.news(document_item("Observation/a/_history/1", b" " * 3_000_000))
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 2)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in world.files().items():
            file.writestr(name, data)
    assert b"PK\6\6" in made.getvalue()
    assert b"\xff" * 8 in made.getvalue()
    assert verified(world, made.getvalue()).exit_code == 0


def verified(world: Person, file: bytes) -> salus_verify.Report:
    nodes = [node_of(world.answers())]
    return salus_verify.verify_archive(io.BytesIO(file), canonical(world.trust()), nodes)


def test_a_bomb_is_not_unpacked(monkeypatch):
    world = person()
    monkeypatch.setattr(salus_verify, "MAX_UNPACKED", 5000)
    assert "it is too large" in verified(world, world.archive()).steps[0].words
    monkeypatch.setattr(salus_verify, "MAX_UNPACKED", 2**40)
    monkeypatch.setattr(salus_verify, "MAX_FILES", 5)
    assert "too many files" in verified(world, world.archive()).steps[0].words
    monkeypatch.setattr(salus_verify, "MAX_DIRECTORY", 100)
    assert "too many files" in verified(world, world.archive()).steps[0].words


def test_a_file_unpacks_to_no_more_than_was_announced():
    world = person()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in world.files().items():
            file.writestr(name, data if name != "tree.json" else data + b" " * 10_000_000)
    lying = made.getvalue()
    size = len(world.files()["tree.json"]) + 10_000_000
    assert lying.count(size.to_bytes(4, "little")) == 2
    lying = lying.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    report = verified(world, lying)
    assert [step.id for step in report.steps] == ["archive"]
    assert report.exit_code == 1


GOOD = person()
ARCHIVE = GOOD.archive()


@given(
    st.lists(
        st.tuples(st.integers(0, len(ARCHIVE) - 1), st.integers(1, 255)), min_size=1, max_size=3
    )
)
@settings(max_examples=200, deadline=None)
def test_no_accident_passes_and_none_raises(changes):
    """Some bytes of a zip mean nothing (times, rights); none of them changes what is proven."""
    made = bytearray(ARCHIVE)
    for at, change in changes:
        made[at] ^= change
    report = verified(GOOD, bytes(made))
    if report.exit_code == 0:
        assert isinstance(report.subject, salus_verify.Archive)
        assert report.subject.listing == salus_verify.ARCHIVE(GOOD.listing(), "")
    assert {step.state for step in report.steps} <= {"ok", "failed", "open"}


@given(st.integers(0, len(ARCHIVE)))
@settings(max_examples=60, deadline=None)
def test_a_part_of_an_archive_is_none(length):
    if length < len(ARCHIVE):
        assert verified(GOOD, ARCHIVE[:length]).exit_code == 1


def test_ten_thousand_documents_take_seconds():
    world = Person()
    for start in range(0, 10_000, 1000):
        numbers = range(start, start + 1000)
        world.news(*(document_item(f"Observation/{n}/_history/1", b"{%d}" % n) for n in numbers))
    file = world.archive()
    began = time.process_time()
    assert verified(world, file).exit_code == 0
    assert time.process_time() - began < 5


# -- nodes -----------------------------------------------------------------------------------------


def test_many_calls_go_into_few_requests():
    world, requests = person(), []

    def ask_many(calls):
        requests.append(len(calls))
        return [node_of(world.answers()).ask(*call) for call in calls]

    node = salus_verify.Node("n", node_of(world.answers()).ask, ask_many)
    file, trust = io.BytesIO(world.archive()), canonical(world.trust())
    assert salus_verify.verify_archive(file, trust, [node]).exit_code == 0
    assert requests == [3]  # the heads; what is a single call is asked alone


@pytest.mark.parametrize("refuses", [True, False])
def test_a_node_that_takes_one_call_at_a_time_will_do(refuses):
    def ask_many(calls):
        if refuses:
            raise salus_verify.Unanswered("one at a time")
        return list(range(len(calls)))

    node = salus_verify.Node("n", lambda method, params: params[0], ask_many)
    calls = [("m", [n]) for n in range(120)]
    found = list(salus_verify.results(node, calls))
    assert found == (list(range(120)) if refuses else [*range(50), *range(50), *range(20)])


def test_a_node_that_keeps_silent_is_asked_no_more():
    asked = []

    def ask(method, params):
        asked.append(params[0])
        if params[0] % 2:
            raise salus_verify.Unanswered("silent")
        return params[0]

    found = list(salus_verify.results(salus_verify.Node("n", ask), [("m", [n]) for n in range(99)]))
    assert asked == list(range(20))
    assert found[18] == 18
    assert all(isinstance(one, salus_verify.Unanswered) for one in (found[19], *found[20:]))
    assert len(found) == 99


def test_results_come_in_any_order():
    body = json.dumps([{"id": 2, "result": "b"}, {"id": 1, "result": "a"}]).encode()
    assert salus_verify.results_of(body, 2) == ["a", "b"]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"[]", b"[1]", b'[{"id": 1, "result": 1}]',
        b'[{"id": 1, "result": 1}, {"id": 2, "error": {}}]',
        b'[{"id": 1, "result": 1}, {"id": 2, "error": {"code": 3}, "result": 1}]',
        b'{"error": {"code": -32600}}',
    ],
)  # fmt: skip
def test_an_incomplete_answer_to_many_calls_is_none(body):
    with pytest.raises(salus_verify.Unanswered):
        salus_verify.results_of(body, 2)


# -- the whole log ---------------------------------------------------------------------------------


@pytest.fixture
def audit(tmp_path, capsys):
    def audit(made, *nodes, options=()):
        (tmp_path / "trust.json").write_bytes(dumped(made.trust()))
        urls = [f"--rpc=https://n{n}" for n in range(len(nodes))]
        argv = ["log", "--trust", str(tmp_path / "trust.json"), *urls, *options]
        code = salus_verify.run(argv, lambda url: node_of(nodes[int(url[9:])]))
        return code, capsys.readouterr().out

    return audit


def test_the_audit_counts_entries_and_gives_their_times(audit):
    made = log_vectors.ledger()
    told = log_vectors.answers(made, *(log_vectors.event(made, n) for n in (1, 2, 3)))
    code, out = audit(made, told, told)
    assert code == 0
    assert "PROVEN (2 nodes agree): the log holds 3 entries, from 2027-01-15 08:00:00 UTC" in out
    assert "to 2027-01-15 08:02:00 UTC, and no other." in out
    assert "what the roots stand for" in out


def test_an_empty_log_is_one(audit):
    made = log_vectors.ledger(0)
    code, out = audit(made, log_vectors.answers(made))
    assert (code, "the log holds 0 entries, and no other" in out) == (0, True)


def test_a_gap_is_named(audit):
    made = log_vectors.ledger()
    told = log_vectors.answers(made, *(log_vectors.event(made, n) for n in (1, 3)))
    code, out = audit(made, told)
    assert (code, "Entry 3 comes where entry 2 should." in out) == (1, True)


def test_progress_is_told_as_blocks_are_read():
    made = log_vectors.ledger()
    told = log_vectors.answers(made, *(log_vectors.event(made, n) for n in (1, 2, 3)))
    seen: list[tuple[int, int]] = []
    report = salus_verify.audit(
        dumped(made.trust()), [node_of(told)], progress=lambda *at: seen.append(at)
    )
    assert report.exit_code == 0
    assert seen == [(40, 40)]


def test_progress_leaves_no_trace(capsys):
    salus_verify.print_progress(5, 40)
    salus_verify.print_progress(40, 40)
    assert capsys.readouterr().err.split("\r")[1].strip() == "block 5 of 40"


@pytest.mark.parametrize("options", [["--show"], ["--against", "x"], ["file.json"]])
def test_the_audit_has_no_file(audit, options):
    with pytest.raises(SystemExit) as caught:
        audit(log_vectors.ledger(), options=options)
    assert caught.value.code == 2


def test_a_proof_in_a_file_called_log_is_a_proof(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("log").write_bytes(dumped(World.make().proof))
    assert salus_verify.run(["./log"]) == 2
    assert "well-formed salus-proof/1" in capsys.readouterr().out


# -- heads that were kept --------------------------------------------------------------------------


@given(st.integers(0, 2000), st.integers(1, 255))
@settings(max_examples=60, deadline=None)
def test_a_changed_head_is_not_the_kept_one(at, change):
    """Only white space and the order of members are free."""
    file = bytearray(canonical(GOOD.kept()))
    file[at % len(file)] ^= change
    try:
        kept, _ = salus_verify.read_kept_head(bytes(file))
    except salus_verify.Refused:
        return
    signers = [salus_verify.hexes(64)(key, "") for key in GOOD.trust()["signers"]]
    assert salus_verify.kept_fault(kept) or kept["signature"]["public_key"] not in signers


def test_the_portals_signature_on_a_head_is_not_one_on_anything_else():
    commitment = salt("a commitment")
    assert salus_verify.head_digest(commitment) != salus_verify.keccak256(commitment)
    assert salus_verify.head_digest(commitment) == salus_verify.keccak256(
        b"salus-head/1\x00" + commitment
    )


# -- what it costs ---------------------------------------------------------------------------------


def test_only_archives_pay_for_zip():
    code = "import sys, salus_verify; sys.exit('zipfile' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_a_record_takes_milliseconds():
    world = World.make()
    proof, trust, nodes = dumped(world.proof), dumped(world.ledger.trust()), world.ledger.answers()
    best = 1.0
    for _ in range(5):
        began = time.process_time()
        assert salus_verify.verify(proof, trust, [node_of(nodes)]).exit_code == 0
        best = min(best, time.process_time() - began)
    assert best < 0.010
