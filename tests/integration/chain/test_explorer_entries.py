"""The explorer's batches, transactions and consents, in every state that they can show."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chain.commitments import hex_of
from chain.models import (
    AnchorState,
    Batch,
    Contract,
    Event,
    Job,
    Transaction,
)
from chain.presenters import STATES
from chain.presenters.amounts import fee
from chain.presenters.transactions import OUTCOMES
from chain.presenters.transactions import STATES as JOB_STATES
from tests.factories.ledger import (
    GWEI,
    make_attempt,
    make_batches,
    make_events,
    make_job,
    make_log,
)
from tests.integration.chain.explorer import (
    OTHERS,
    OVERSEERS,
    committed,
    consented,
    shown,
    sign_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]


@pytest.fixture
def log(db: None) -> Contract:
    """A log in the database alone."""
    return make_log()


# -- batches ---------------------------------------------------------------------------------------


def test_a_batch_shows_its_identifiers(client, until_final):
    committed()
    until_final()
    batch = Batch.objects.get()
    page = shown(client, "/chain/1/")
    for value in (batch.root, batch.head, batch.transaction_hash, batch.block_hash):
        assert hex_of(value) in page
    assert str(batch.block_number) in page
    assert f"/chain/transactions/{batch.job_id}/" in page


def test_a_batch_on_its_way_says_what_is_still_missing(client, log):
    make_batches(log, 1)
    page = shown(client, "/chain/1/")
    assert "as soon as the chain has taken the batch up" in page
    assert "Show the head" not in page


@pytest.mark.parametrize("path", ["/chain/99/", "/chain/0/", "/chain/" + "9" * 40 + "/"])
def test_there_is_no_other_batch(client, log, path):
    make_batches(log, 1)
    assert client.get(path).status_code == 404


def test_batches_of_a_lost_chain_are_not_shown(client, log):
    make_batches(log, 1)
    log.current = False
    log.save()
    assert client.get("/chain/1/").status_code == 404
    assert "There is no log yet" in shown(client, "/chain/")
    assert "No batch here" in shown(client, "/chain/batches/")


# -- transactions ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("create:AnchorLog:00ff:0", "Create the contract AnchorLog"),
        ("role:grantRole:0x11", "Let a new account add batches"),
        ("role:revokeRole:0x11", "No longer let an old account add batches"),
        ("payout:1", "as it was put"),  # a kind of a higher app
    ],
)
def test_a_transaction_says_what_it_is_for(client, key, words):
    job = make_job(key, reason="as it was put", data=b"\1")
    assert words in shown(client, "/chain/transactions/")
    assert words in shown(client, f"/chain/transactions/{job.pk}/")


def test_a_transaction_leads_to_its_batch(client, until_final):
    committed()
    until_final()
    job = Job.objects.get(key__startswith="anchor:")
    page = shown(client, f"/chain/transactions/{job.pk}/")
    assert "Add batch 1 to the log" in page
    assert 'href="/chain/1/"' in page
    assert hex_of(Transaction.objects.get(job=job).hash) in page


def test_as_many_consents_are_told_as_the_call_holds(client, until_final):
    """Random companions among them: how many the portal's people asked for is nobody's business."""
    consented()
    until_final()
    count = Event.objects.filter(name="Granted", orphaned=False).count()
    words = "Record 1 consent" if count == 1 else f"Record {count} consents"
    assert f">{words}<" in shown(client, "/chain/transactions/")


def test_before_a_call_is_signed_nobody_learns_how_many_it_holds(client):
    job = make_job(state=Job.State.QUEUED)
    path = f"/chain/transactions/{job.pk}/"
    assert "Record consents that were given" in shown(client, "/chain/transactions/")
    assert "No attempt yet" in shown(client, path)
    assert "Consents given" not in shown(client, path)
    make_attempt(job, outcome="pending")
    assert "Record 4 consents" in shown(client, "/chain/transactions/")
    assert "Consents given" in shown(client, path)
    assert "(1)" not in shown(client, path)  # the job's own reason holds the true number


def test_every_attempt_is_shown_and_its_outcome_explained(client):
    job = make_job(state=Job.State.SENT, failures=2)
    rows = [
        make_attempt(job, nonce=4, outcome="replaced"),
        make_attempt(job, nonce=4, outcome="reverted", max_fee=4 * GWEI),
        make_attempt(job, nonce=5, outcome="displaced"),
        make_attempt(job, nonce=6, outcome="succeeded"),
        make_attempt(job, nonce=7, outcome="pending", max_fee=1_411_000_000),
    ]
    page = shown(client, f"/chain/transactions/{job.pk}/")
    for row in rows:
        assert hex_of(row.hash) in page
        assert str(OUTCOMES[row.outcome].meaning).split(".")[0] in page
    assert "Attempt 5" in page
    assert "1.411 gwei for each of 50000 units of gas, of which 1 gwei as a tip" in page
    # Of what is in a block: 50,000 gas at 4 and at 3 gwei.
    assert "0.00035 ETH" in page
    assert "It came to nothing 2 times" in page


@pytest.mark.parametrize("role", [*OVERSEERS, *OTHERS])
def test_what_a_node_said_is_for_those_who_look_after_the_ledger(client, role):
    error = "dial tcp node-3.internal:8545: refused"
    job = make_job(state=Job.State.QUEUED, failures=1, error=error)
    stuck = make_job(state=Job.State.SENT, error=error)
    sign_in(client, role)
    for row in (job, stuck):
        page = shown(client, f"/chain/transactions/{row.pk}/")
        assert ("node-3.internal" in page) == (role in OVERSEERS)
    assert "node-3.internal" not in shown(client, "/chain/transactions/")
    assert "It came to nothing once" in shown(client, f"/chain/transactions/{job.pk}/")


def test_a_job_that_waits_says_when_it_is_tried_again(client):
    then = timezone.now().replace(microsecond=0) + timedelta(minutes=10)
    job = make_job(state=Job.State.QUEUED, failures=3, not_before=then)
    assert "Waiting to be tried again" in shown(client, "/chain/transactions/")
    page = shown(client, f"/chain/transactions/{job.pk}/")
    assert f"It is tried again after {then.day} {then:%B %Y, %H:%M:%S} UTC." in page


@pytest.mark.parametrize("pk", [str(uuid4()), "1", "x"])
def test_there_is_no_other_transaction(client, pk):
    assert client.get(f"/chain/transactions/{pk}/").status_code == 404


@pytest.mark.parametrize(
    ("wei", "words"),
    [
        (0, "0 gwei"),
        (150_000, "0.00015 gwei"),
        (156_060 * GWEI, "0.000156 ETH"),
        (5_020_000_000_000_000, "0.00502 ETH"),
        (123_456 * 10**18, "123000 ETH"),
    ],
)
def test_a_fee_has_three_digits_that_count(wei, words):
    assert fee(wei) == words


def test_every_state_and_outcome_has_words():
    assert set(STATES) == set(AnchorState)
    assert set(JOB_STATES) == set(Job.State)
    assert set(OUTCOMES) == set(Transaction.Outcome)


# -- consents --------------------------------------------------------------------------------------


def test_consents_are_shown_as_the_chain_shows_them(client, registry):
    make_events(registry, 2)
    page = shown(client, "/chain/consents/")
    for event in Event.objects.all():
        assert str(event.args.get("commitment") or event.args["lock"]) in page
    assert "Given" in page
    assert "Ended" in page
    assert "21 September 2026, 14:13" in page
    assert "Why nobody can tell whose they are" in page


def test_strangers_consents_count_and_undone_ones_do_not(client, registry, log):
    make_events(registry, 2)  # no entry of ours stands behind them
    make_events(registry, 1, orphaned=True, block_hash=b"\4" * 32, block_number=900)
    make_events(log, 1, name="Appended", block_number=901)
    rows = client.get("/chain/consents/").context["rows"]
    assert [row.action for row in rows] == ["ended", "given"]


def test_consents_are_never_joined_to_what_salus_knows_of_them(client, registry):
    make_events(registry, 3)
    with CaptureQueriesContext(connection) as queries:
        client.get("/chain/consents/")
    [event_query] = [q["sql"] for q in queries if '"chain_event"."args"' in q["sql"]]
    assert set(re.findall(r'(?:FROM|JOIN) "(\w+)"', event_query)) == {
        "chain_event",
        "chain_contract",
    }
    assert not any("records_" in q["sql"] or "person_id" in q["sql"] for q in queries)


def test_no_consent_has_a_page_that_invites_the_first(client, registry):
    assert "after somebody shares their record" in shown(client, "/chain/consents/")
