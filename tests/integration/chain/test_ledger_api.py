"""/api/v1/ledger/: the explorer for programs."""

import io
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client

from chain.commitments import hex_of
from chain.models import Batch, Contract, Event, Job
from chain.status import report
from tests.factories.ledger import (
    GWEI,
    make_account,
    make_attempt,
    make_batches,
    make_entry,
    make_events,
    make_job,
    make_jobs,
    make_log,
    make_reorgs,
)
from tests.factories.people import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
BASE = "/api/v1/ledger"
LISTS = ["batches", "transactions", "consent-events", "reorgs"]
RESOURCES = ["status", *LISTS, "contracts", "accounts"]
# A list's rows beside what the pages cost: no notice, no look at what is under way.
COSTS = {"batches": 1, "transactions": 4, "consent-events": 1, "reorgs": 1}


@pytest.fixture
def log(db: None) -> Contract:
    return make_log()


def asked(client: Client, path: str) -> Any:
    answer = client.get(f"{BASE}/{path}")
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def everything(log: Contract, registry: Contract, count: int) -> None:
    make_batches(log, count)
    make_jobs(count)
    make_events(registry, count)
    make_reorgs(count)


@pytest.mark.parametrize("name", RESOURCES)
def test_nobody_needs_a_token(client, log, registry, name):
    everything(log, registry, 1)
    make_account()
    assert asked(client, f"{name}/")


@pytest.mark.parametrize("name", RESOURCES)
def test_nothing_is_there_yet(client, name):
    asked(client, f"{name}/")


@pytest.mark.parametrize("name", [*RESOURCES, "batches/1", f"transactions/{uuid4()}"])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_changed(client, name, method):
    answer = getattr(client, method)(f"{BASE}/{name}/")
    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["batches/99/", f"transactions/{uuid4()}/", "batches/?cursor=x"])
def test_what_is_not_there_is_a_problem(client, log, path):
    answer = client.get(f"{BASE}/{path}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 404


def test_a_wrong_token_is_told_rather_than_overlooked(client):
    answer = client.get(f"{BASE}/status/", headers={"Authorization": "Bearer salus_wrong"})
    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("name", LISTS)
def test_all_of_a_list_can_be_had(client, log, registry, name):
    everything(log, registry, 120)
    seen, path = [], f"{name}/"
    while path:
        page = asked(client, path)
        seen += [str(row) for row in page["results"]]
        path = (page["next"] or "").partition(f"{BASE}/")[2]
    assert len(seen) == len(set(seen)) == 120


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("count", [1, 45])
def test_a_list_costs_the_same_however_long_it_is(
    client, log, registry, makes_queries, name, count
):
    everything(log, registry, count)
    with makes_queries(COSTS[name]):
        client.get(f"{BASE}/{name}/")


def test_the_status_says_how_the_ledger_stands(client, until_final, ledger):
    body = asked(client, "status/")
    assert body["chain_id"] == ledger.chain_id
    assert body["private_chain"] is True
    until_final()
    body = asked(client, "status/")
    assert (body["node_answers"], body["attention"]) == (True, False)
    assert body["last_block"] >= body["final_block"]
    assert body["under_way"] is False


@pytest.mark.parametrize("role", ["auditor", "administrator", "patient", ""])
def test_strangers_learn_no_more_than_on_the_pages(client, log, role):
    make_batches(log, 1)
    make_entry()
    job = make_job(state=Job.State.QUEUED, failures=1, error="node-3.internal: refused")
    report(["record consents (1): node-3.internal: refused"])
    if role:
        client.force_login(UserFactory(own_role=role))
    overseer = role in ("auditor", "administrator")
    body = asked(client, "status/")
    assert body["attention"] is True
    assert bool(body["troubles"]) == overseer
    assert (body["consents_waiting"] is None) == (not overseer)
    assert (body["seals_waiting"] is None) == (role == "")
    for row in (asked(client, "batches/")["results"][0], asked(client, "batches/1/")):
        assert row["seals"] == (3 if role else None)
        assert row["capacity"] == 16
    detail = asked(client, f"transactions/{job.pk}/")
    assert bool(detail["error"]) == overseer
    assert detail["consents_given"] is None
    assert "(1)" not in detail["reason"]


def test_a_batch_comes_with_its_identifiers(client, log):
    make_batches(log, 1)
    batch = Batch.objects.get()
    body = asked(client, "batches/1/")
    assert body["root"] == hex_of(batch.root)
    assert (body["head"], body["block_hash"], body["block_number"]) == ("", "", None)
    assert body["contract"] == hex_of(log.address)


def test_a_transaction_comes_with_its_attempts(client):
    job = make_job()
    make_attempt(job, nonce=3, outcome="replaced", max_fee=2 * GWEI)
    last = make_attempt(job, nonce=3, max_fee=3 * GWEI)
    [row] = asked(client, "transactions/")["results"]
    assert (row["kind"], row["attempts"]) == ("consents", 2)
    assert row["paid_at_most_wei"] == str(50_000 * 3 * GWEI)
    body = asked(client, f"transactions/{job.pk}/")
    assert body["consents_given"] == 4
    assert [a["outcome"] for a in body["attempts"]] == ["replaced", "succeeded"]
    assert body["attempts"][1]["hash"] == hex_of(last.hash)
    assert body["attempts"][1]["max_fee_wei"] == str(3 * GWEI)


def test_consents_come_as_the_chain_shows_them(client, registry):
    make_events(registry, 2)
    ended, given = asked(client, "consent-events/")["results"]
    first, second = Event.objects.order_by("log_index")
    assert (given["action"], given["number"]) == ("given", first.args["commitment"])
    assert (ended["action"], ended["number"]) == ("ended", second.args["lock"])
    assert set(given) == {
        "action", "number", "time", "block_number", "transaction_hash", "contract",
    }  # fmt: skip


def test_contracts_come_with_what_it_takes_to_check_them(client, ledger):
    rows = {row["name"]: row for row in asked(client, "contracts/")}
    log = rows["AnchorLog"]
    assert log["address"] == hex_of(ledger.address)
    assert log["code_hash"] == hex_of(ledger.code_hash)
    assert log["source_hash"] == f"0x{ledger.input_hash}"
    assert log["source_path"] == "contracts/ledger/AnchorLog.sol"
    accounts = {row["name"] for row in asked(client, "accounts/")}
    assert accounts == {"deploy", "anchor", "relay"}


def test_the_description_is_complete(capsys):
    out = io.StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=out)
    noise = capsys.readouterr().err
    assert "chain" not in noise
    for name in RESOURCES:
        assert f'"{BASE}/{name}/"' in out.getvalue()
    assert "ledger_transactions_retrieve" in out.getvalue()
