"""The ledger's public pages, on the real chain."""

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
from chain.models import AnchorState, Batch, Commitment, Contract, Kind
from chain.node import Node
from chain.presenters import proof_response, verify_words
from chain.services import Item, commit
from chain.tasks import ledger_tick
from core.errors import NotFound
from core.keys import Owner, sealer_for
from core.models import DataKey
from tests.factories.people import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
DOCUMENT = b'{"name":"Harbour General Hospital","resourceType":"Organization"}'


def committed(owner: Owner | None = None) -> Commitment:
    """A directory entry, unless it belongs to somebody."""
    item = Item(Kind.FHIR, f"Organization/{uuid4()}/_history/1", DOCUMENT)
    with transaction.atomic():
        [row] = commit([item], sealer=sealer_for(owner or Owner.portal()))
    return row


def reloaded(row: Commitment) -> Commitment:
    rows = Commitment.objects.select_related("batch__log").defer("batch__nodes")
    return rows.get(pk=row.pk)


def batches(log: Contract, count: int) -> None:
    """Batches as they stand before the chain has taken them up."""
    made = [
        Batch(log=log, sequence=n, root=b"r" * 32, depth=4, count=3, nodes=b"n" * 32 * 31)
        for n in range(1, count + 1)
    ]
    Batch.objects.bulk_create(made)


@pytest.fixture
def open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents of records, for anybody."""
    monkeypatch.setitem(services._gates, Kind.FHIR, lambda viewer, row: DOCUMENT)


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
    assert set(words["reasons"]) == set(salus_verify.Refused.words)
    source = (django_settings.BASE_DIR / "static/salus/verify/core.js").read_text()
    for step in words["steps"]:
        assert f'"{step}"' in source


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
    answer = proof_response(reloaded(committed()), DOCUMENT)
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "2"
    assert json.loads(answer.content) == {"state": "queued"}


def test_a_proof_file_is_to_be_kept(until_final: Callable[[], None]):
    row = committed()
    until_final()
    answer = proof_response(reloaded(row), DOCUMENT)
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
        proof_response(reloaded(row), DOCUMENT)


# -- the explorer ----------------------------------------------------------------------------------


def test_without_a_log_the_explorer_says_so(client: Client):
    assert b"There is no log yet" in client.get("/chain/").content


def test_the_explorer_shows_how_far_everything_is(client, ledger, until_final):
    committed()
    until_final()
    committed()
    client.force_login(UserFactory())
    page = client.get("/chain/").content.decode()
    assert "Batch 1" in page
    assert "Final" in page
    assert "does not answer" not in page.lower()
    assert "0x" + bytes(ledger.address).hex() in page
    assert 'hx-trigger="every 5s"' in page


def test_strangers_see_no_more_than_the_chain_shows(client, until_final):
    committed()
    until_final()
    for path in ("/chain/", "/chain/1/"):
        assert "up to 16" in client.get(path).content.decode()
    assert "Seals on their way" not in client.get("/chain/").content.decode()
    client.force_login(UserFactory())
    assert "up to 16" not in client.get("/chain/").content.decode()


def test_the_page_refreshes_its_list_alone_and_stops_when_all_is_final(client, until_final):
    committed()
    until_final()
    part = client.get("/chain/", headers={"HX-Request": "true"})
    page = part.content.decode()
    assert page.strip().startswith('<div id="live"')
    assert "<html" not in page
    assert "hx-trigger" not in page
    assert "HX-Request" in part.headers["Vary"]


@pytest.mark.parametrize("count", [1, 20, 45])
def test_the_explorer_costs_the_same_however_much_there_is(
    client, ledger, django_assert_num_queries, count
):
    batches(ledger, count)
    with django_assert_num_queries(5):
        client.get("/chain/")


def test_a_batch_costs_two_queries(client, ledger, django_assert_num_queries):
    batches(ledger, 3)
    with django_assert_num_queries(2):
        client.get("/chain/2/")


def test_older_batches_are_a_page_away(client, ledger):
    batches(ledger, 45)
    seen: list[int] = []
    path = "/chain/"
    while path:
        page = client.get(path)
        seen += [row.sequence for row in page.context["rows"]]
        older = page.context["older"]
        path = f"/chain/?before={older}" if older else ""
        assert ("Older" in page.content.decode()) == bool(older)
    assert seen == list(range(45, 0, -1))


@pytest.mark.parametrize("before", ["x", "-1", "1.5", "9" * 40, "²", "0", ""])
def test_nonsense_in_the_address_breaks_nothing(client, ledger, before):
    batches(ledger, 1)
    assert client.get("/chain/", {"before": before}).status_code == 200


def test_a_chain_that_does_not_answer_is_said_and_the_page_stays(client, ledger, monkeypatch):
    batches(ledger, 1)
    monkeypatch.setattr("chain.tasks.get_node", lambda: Node("http://127.0.0.1:9"))
    ledger_tick()
    page = client.get("/chain/").content.decode()
    assert "The chain does not answer right now" in page
    assert "Batch 1" in page


def test_a_batch_shows_its_identifiers(client, until_final):
    committed()
    until_final()
    batch = Batch.objects.get()
    page = client.get("/chain/1/").content.decode()
    for value in (batch.root, batch.head, batch.transaction_hash, batch.block_hash):
        assert services.hex_of(value) in page
    assert str(batch.block_number) in page


def test_a_batch_on_its_way_says_what_is_still_missing(client, ledger):
    batches(ledger, 1)
    page = client.get("/chain/1/").content.decode()
    assert "as soon as the chain has taken the batch up" in page
    assert "Show the head" not in page


@pytest.mark.parametrize("path", ["/chain/99/", "/chain/0/", "/chain/" + "9" * 40 + "/"])
def test_there_is_no_other_batch(client, ledger, path):
    batches(ledger, 1)
    assert client.get(path).status_code == 404


def test_batches_of_a_lost_chain_are_not_shown(client, ledger):
    batches(ledger, 1)
    ledger.current = False
    ledger.save()
    assert client.get("/chain/1/").status_code == 404
    assert b"There is no log yet" in client.get("/chain/").content


@pytest.mark.parametrize("path", ["/verify/", "/chain/", "/.well-known/salus-trust.json"])
def test_nothing_is_changed_through_these_addresses(client, ledger, path):
    assert client.post(path).status_code == 405


def test_every_state_has_words():
    from chain.presenters import STATES

    assert set(STATES) == set(AnchorState)
