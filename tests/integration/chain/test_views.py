"""Verify page, trust file, sample and proofs, on the real chain."""

import json
import subprocess
import sys
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.test import Client

import salus_verify
from chain import services
from chain.models import Commitment, Contract, Kind
from chain.presenters import proof_response, verify_words
from chain.services import Item, commit
from core.errors import NotFound
from core.keys import Owner, sealer_for
from core.models import DataKey

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
DOCUMENT = b'{"name":"Harbour General Hospital","resourceType":"Organization"}'
DISCLOSED = services.Disclosed(DOCUMENT)


def committed(owner: Owner | None = None) -> Commitment:
    """A directory entry, unless it belongs to somebody."""
    item = Item(Kind.FHIR, f"Organization/{uuid4()}/_history/1", DOCUMENT)
    with transaction.atomic():
        [row] = commit([item], sealer=sealer_for(owner or Owner.portal()))
    return row


def reloaded(row: Commitment) -> Commitment:
    rows = Commitment.objects.select_related("batch__log").defer("batch__nodes")
    return rows.get(pk=row.pk)


@pytest.fixture
def open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents of records, for anybody."""
    monkeypatch.setitem(services._gates, Kind.FHIR, lambda viewer, row: DISCLOSED)


# -- the verify page -------------------------------------------------------------------------------


def test_anybody_may_open_the_verify_page(client: Client):
    answer = client.get("/verify/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "<noscript>" in page
    assert "python salus_verify.py proof.json" in page
    assert django_settings.CHAIN_PUBLIC_RPC_URL in page


def test_no_form_on_the_verify_page_could_send_the_file(client: Client):
    main = client.get("/verify/").content.decode().split("<main")[1].split("</main>")[0]
    assert "<form" not in main
    assert 'type="file"' in main


def test_only_the_verify_page_may_ask_nodes(client: Client):
    policy = client.get("/verify/").headers["Content-Security-Policy"]
    for source in ("https:", "http://127.0.0.1:*", "http://localhost:*"):
        assert source in policy
    assert "unsafe" not in policy
    assert "https:" not in client.get("/chain/").headers["Content-Security-Policy"]


def test_the_script_gets_words_for_every_step_and_reason(client: Client):
    words = verify_words()
    assert json.dumps(words["verdicts"]["proven"]) in client.get("/verify/").content.decode()
    assert set(words["reasons"]) == {*salus_verify.Refused.words, *salus_verify.Refused.more}
    scripts = (django_settings.BASE_DIR / "static/salus/verify").glob("*.js")
    source = "".join(path.read_text() for path in scripts)
    for step in {*words["steps"], *words["faults"]}:
        assert f'"{step.removesuffix("_contract")}"' in source


def test_the_verifier_is_handed_out_as_it_is(client: Client):
    answer = client.get("/verify/salus_verify.py")
    assert answer.headers["Content-Type"] == "text/x-python"
    assert "attachment" in answer.headers["Content-Disposition"]
    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert content == (django_settings.BASE_DIR / "salus_verify.py").read_bytes()
    answer.close()


# -- trust file and sample -------------------------------------------------------------------------


def test_the_trust_file_is_one(client: Client, ledger: Contract):
    answer = client.get("/.well-known/salus-trust.json")
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    trust = salus_verify.read_trust(answer.content)
    assert trust["log"] == bytes(ledger.address)
    assert trust["chain_id"] == ledger.chain_id


def test_without_a_log_there_is_no_trust_file_yet(client: Client):
    answer = client.get("/.well-known/salus-trust.json")
    assert answer.status_code == 503
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Retry-After"]


@pytest.mark.usefixtures("open_gate")
def test_the_sample_is_proven_by_the_stand_alone_verifier(client, until_final, tmp_path):
    committed()
    until_final()
    answer = client.get("/verify/sample.json")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/vnd.salus.proof+json"
    (tmp_path / "proof.json").write_bytes(answer.content)
    trust = client.get("/.well-known/salus-trust.json").content
    (tmp_path / "trust.json").write_bytes(trust)
    command = [sys.executable, str(django_settings.BASE_DIR / "salus_verify.py"), "proof.json"]
    command += ["--trust", "trust.json", "--rpc", django_settings.CHAIN_RPC_URL, "--show"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "PROVEN" in done.stdout
    assert "Harbour General Hospital" in done.stdout


@pytest.mark.usefixtures("open_gate")
def test_personal_data_is_no_sample(client: Client, until_final: Callable[[], None]):
    committed(Owner.patient(uuid4()))
    until_final()
    assert client.get("/verify/sample.json").status_code == 404


@pytest.mark.usefixtures("open_gate")
def test_there_is_no_sample_before_the_seal_is_final(client: Client, ledger: Contract):
    committed()
    assert client.get("/verify/sample.json").status_code == 404


@pytest.mark.usefixtures("open_gate")
def test_only_the_demo_has_a_sample(client: Client, until_final: Callable[[], None], settings):
    committed()
    until_final()
    settings.DEMO = False
    assert client.get("/verify/sample.json").status_code == 404


def test_the_sample_keeps_to_its_gate(client, until_final, monkeypatch):
    def closed(viewer: object, row: Commitment) -> bytes:
        assert viewer is None
        raise NotFound

    monkeypatch.setitem(services._gates, Kind.FHIR, closed)
    committed()
    until_final()
    assert client.get("/verify/sample.json").status_code == 404


# -- proof files -----------------------------------------------------------------------------------


def test_before_the_seal_is_final_the_answer_says_how_far_it_is(ledger: Contract):
    answer = proof_response(reloaded(committed()), DISCLOSED)
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "2"
    assert json.loads(answer.content) == {"state": "queued"}


def test_a_proof_file_is_to_be_kept(until_final: Callable[[], None]):
    row = committed()
    until_final()
    answer = proof_response(reloaded(row), DISCLOSED)
    assert answer.status_code == 200
    name = f"salus-proof-{str(row.pk)[:8]}.json"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert salus_verify.read_proof(answer.content)["document"] == DOCUMENT


def test_what_was_erased_has_no_proof_any_more(until_final: Callable[[], None]):
    owner = Owner.patient(uuid4())
    row = committed(owner)
    until_final()
    key = DataKey.objects.get(owner_id=owner.id)
    key.wrapped, key.destroyed_at = None, key.created_at
    key.save()
    with pytest.raises(NotFound):
        proof_response(reloaded(row), DISCLOSED)


@pytest.mark.parametrize("path", ["/verify/", "/.well-known/salus-trust.json"])
def test_nothing_is_changed_through_these_addresses(client, ledger, path):
    assert client.post(path).status_code == 405
