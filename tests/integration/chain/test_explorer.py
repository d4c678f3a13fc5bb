"""The explorer's pages: what all of them do, and the overview."""

import re
from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from chain.commitments import hex_of
from chain.errors import ChainMismatch
from chain.models import (
    Batch,
    Contract,
    Job,
)
from chain.node import Node
from chain.status import report
from chain.tasks import ledger_tick
from tests.factories.ledger import (
    make_attempt,
    make_batches,
    make_entry,
    make_job,
    make_log,
    make_reorgs,
)
from tests.factories.people import UserFactory
from tests.integration.chain.explorer import (
    OTHERS,
    OVERSEERS,
    committed,
    consented,
    everything,
    shown,
    sign_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
LISTS = ["/chain/batches/", "/chain/transactions/", "/chain/consents/", "/chain/reorgs/"]
PAGES = ["/chain/", *LISTS, "/chain/contracts/"]


@pytest.fixture
def log(db: None) -> Contract:
    """A log in the database alone."""
    return make_log()


# -- all pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES)
def test_anybody_may_look_before_there_is_anything(client: Client, path: str):
    assert "<h1" in shown(client, path)


@pytest.mark.parametrize("path", [*PAGES, "/chain/1/", f"/chain/transactions/{uuid4()}/"])
def test_nothing_is_changed_through_the_explorer(client: Client, path: str):
    assert client.post(path).status_code == 405


@pytest.mark.parametrize("path", PAGES)
def test_every_page_has_a_title_of_its_own_and_all_parts_as_links(client: Client, path: str):
    page = shown(client, path)
    [title] = re.findall("<title>(.*?)</title>", page)
    assert title.endswith("Public ledger – Salus")
    assert (title == "Public ledger – Salus") == (path == "/chain/")
    for other in PAGES:
        assert f'href="{other}"' in page
    assert f'href="{path}" aria-current="page"' in page


@pytest.mark.parametrize("path", ["/chain/batches/", "/chain/transactions/", "/chain/consents/"])
@pytest.mark.parametrize("count", [1, 20, 45])
def test_a_list_costs_the_same_however_long_it_is(
    client, log, registry, makes_queries, path, count
):
    everything(log, registry, count)
    costs = {"/chain/batches/": 2, "/chain/transactions/": 5, "/chain/consents/": 2}
    with makes_queries(costs[path]):
        client.get(path)


@pytest.mark.parametrize("count", [1, 20, 45])
def test_the_overview_costs_the_same_however_much_there_is(
    client, log, registry, makes_queries, count
):
    everything(log, registry, count)
    with makes_queries(11):
        client.get("/chain/")


@pytest.mark.parametrize("count", [1, 45])
def test_reorganisations_and_contracts_cost_two_queries(client, registry, makes_queries, count):
    make_reorgs(count)
    for _ in range(count):
        make_log(current=False)
    for path in ("/chain/reorgs/", "/chain/contracts/"):
        with makes_queries(2):
            client.get(path)


def test_one_batch_costs_a_query_and_one_transaction_four(client, log, makes_queries):
    make_batches(log, 3)
    job = make_job()
    for nonce in range(5):
        make_attempt(job, nonce=nonce)
    with makes_queries(1):
        client.get("/chain/2/")
    with makes_queries(4):
        client.get(f"/chain/transactions/{job.pk}/")


def test_no_page_loads_a_tree_a_signed_transaction_or_a_call(client, log, registry):
    everything(log, registry, 3)
    job = make_job()
    Batch.objects.filter(sequence=1).update(job=job)
    with CaptureQueriesContext(connection) as queries:
        for path in [*PAGES, "/chain/1/", f"/chain/transactions/{job.pk}/"]:
            client.get(path)
    for query in queries:
        loaded = query["sql"].partition(" FROM ")[0].split(", ")
        assert not {'"chain_batch"."nodes"', '"chain_transaction"."raw"'} & set(loaded)
        assert '"chain_job"."data"' not in loaded


def test_no_two_parts_of_a_page_have_the_same_id(client, log, registry):
    everything(log, registry, 20)
    make_log(current=False, code_hash=log.code_hash)
    Contract.objects.update(transaction_hash=b"\2" * 32)
    job = make_job()
    make_attempt(job, nonce=100, outcome="reverted", block_hash=b"\5" * 32)
    make_attempt(job, nonce=101, block_hash=b"\5" * 32)
    for path in [*PAGES, "/chain/1/", f"/chain/transactions/{job.pk}/"]:
        ids = Counter(re.findall(r'\sid="([^"]+)"', shown(client, path)))
        assert not [name for name, count in ids.items() if count > 1], path
        # htmx looks for what it keeps by selectors, which begin with no digit.
        assert not [name for name in ids if name[0].isdigit()], path


@pytest.mark.parametrize("path", LISTS)
def test_older_rows_are_a_page_away(client, log, registry, path):
    everything(log, registry, 45)
    seen: list[str] = []
    older, pages = "", 0
    while older or not pages:
        answer = client.get(path, {"before": older})
        seen += [name_of(row) for row in answer.context["rows"]]
        older, pages = answer.context["older"], pages + 1
        assert ("Older" in answer.content.decode()) == bool(older)
        assert ("Newest" in answer.content.decode()) == (pages > 1)
    assert pages == 3
    assert len(seen) == len(set(seen)) == 45


def name_of(row: object) -> str:
    """What tells a row from the others of its list."""
    return next(str(getattr(row, n)) for n in ("sequence", "id", "key") if hasattr(row, n))


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "before", ["x", "-1", "1.5", "9" * 40, "²", "0", "", "5-", "1-2-3", "0-0", str(uuid4()), "\0"]
)
def test_nonsense_in_the_address_breaks_nothing(client, log, registry, path, before):
    everything(log, registry, 1)
    assert client.get(path, {"before": before}).status_code == 200


@pytest.mark.parametrize("path", LISTS)
def test_behind_the_last_row_there_is_a_way_back(client, log, path):
    last = {"/chain/batches/": "1", "/chain/consents/": "0-0", "/chain/reorgs/": "0"}
    page = shown(client, path, before=last.get(path, str(uuid4())))
    assert "There are none before this one." in page
    assert "Newest" in page


def test_all_times_are_said_to_be_utc(client, log, registry):
    everything(log, registry, 1)
    for path in LISTS:
        assert "(UTC)</th>" in shown(client, path)
    assert re.search(r"</time> UTC", shown(client, "/chain/1/"))
    assert re.search(r"</time> UTC", shown(client, f"/chain/transactions/{Job.objects.get().pk}/"))


# -- live ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/chain/", *LISTS])
def test_a_page_looks_again_only_while_something_is_under_way(client, log, path):
    assert "hx-trigger" not in shown(client, path)
    make_entry()
    assert 'hx-trigger="every 5s"' in shown(client, path)
    assert "hx-trigger" not in shown(client, path, before="3")


@pytest.mark.parametrize("path", ["/chain/", *LISTS])
def test_only_the_part_that_changes_is_sent_again(client, log, path):
    part = client.get(path, headers={"HX-Request": "true"})
    assert part.content.decode().strip().startswith('<div id="live"')
    assert "<html" not in part.content.decode()
    assert "HX-Request" in part.headers["Vary"]


def test_one_batch_and_one_transaction_look_again_until_they_are_final(client, log):
    make_batches(log, 1)
    job = make_job(state=Job.State.SENT)
    paths = ["/chain/1/", f"/chain/transactions/{job.pk}/"]
    for path in paths:
        assert 'hx-trigger="every 5s"' in shown(client, path)
    Job.objects.update(state=Job.State.FINAL)
    assert "hx-trigger" not in shown(client, paths[1])


def test_when_all_is_final_nothing_looks_again(client, until_final: Callable[[], None]):
    committed()
    consented()
    until_final()
    for path in ["/chain/", *LISTS, "/chain/1/"]:
        assert "hx-trigger" not in shown(client, path)


# -- overview --------------------------------------------------------------------------------------


def test_without_a_log_the_overview_says_so(client: Client):
    assert "There is no log yet" in shown(client, "/chain/")


def test_the_overview_shows_the_newest_of_everything(client, ledger, until_final):
    committed()
    consented()
    until_final()
    page = shown(client, "/chain/")
    for words in ("Batch 1", "Add batch 1 to the log", "Given", "AnchorLog", "ConsentRegistry"):
        assert words in page
    assert "does not answer" not in page.lower()
    assert hex_of(ledger.address) in page
    assert "There is no log yet" not in page


def test_the_overview_shows_five_of_each_and_where_the_rest_is(client, log, registry):
    everything(log, registry, 7)
    answer = client.get("/chain/")
    for name in ("batches", "jobs", "consents"):
        assert len(answer.context[name]) == 5
    for words in ("All batches", "All transactions", "All consents", "All contracts"):
        assert words in answer.content.decode()


def test_strangers_see_no_more_than_the_chain_shows(client, until_final):
    committed()
    until_final()
    for path in ("/chain/", "/chain/batches/", "/chain/1/"):
        assert "up to 16" in shown(client, path)
    assert "Seals on their way" not in shown(client, "/chain/")
    client.force_login(UserFactory())
    assert "up to 16" not in shown(client, "/chain/")


@pytest.mark.parametrize("role", [*OVERSEERS, *OTHERS])
def test_how_many_consents_wait_is_for_those_who_look_after_the_ledger(client, log, role):
    make_entry()
    sign_in(client, role)
    for path, words in (("/chain/", "Consents waiting"), ("/chain/consents/", "On their way")):
        assert (words in shown(client, path)) == (role in OVERSEERS)


def test_consents_that_wait_are_no_seals_that_wait(client, until_final):
    consented()
    until_final()
    client.force_login(UserFactory())
    assert client.get("/chain/").context["standing"].waiting == 0


def test_a_private_chain_is_called_one(client, ledger, settings):
    for path in ("/chain/", "/chain/contracts/"):
        assert "The chain of this demo is private" in shown(client, path)
    settings.CHAIN_MINES_ON_DEMAND = False
    for path in ("/chain/", "/chain/contracts/"):
        assert "How hard a chain is to rewrite depends" in shown(client, path)
        assert "private" not in shown(client, path).split("<main")[1]


TROUBLE = "the account relay (0x11) holds 0.001 ETH"


@pytest.mark.parametrize("role", [*OVERSEERS, *OTHERS])
def test_trouble_is_said_to_all_and_its_details_to_few(client, log, role):
    report([TROUBLE])
    sign_in(client, role)
    page = shown(client, "/chain/")
    assert "Nothing is lost" in page
    assert (TROUBLE in page) == (role in OVERSEERS)
    assert ("Something is being looked after" in page) == (role in OTHERS)
    assert TROUBLE not in shown(client, "/chain/batches/")


def test_when_all_is_well_nothing_is_said(client, log):
    report()
    assert "Nothing is lost" not in shown(client, "/chain/")


def test_a_chain_that_does_not_answer_is_said_and_the_page_stays(client, log, monkeypatch):
    make_batches(log, 1)
    monkeypatch.setattr("chain.tasks.get_node", lambda: Node("http://127.0.0.1:9"))
    ledger_tick()
    for path in ("/chain/", "/chain/batches/"):
        page = shown(client, path)
        assert "The chain does not answer right now" in page
        assert "Batch 1" in page
        assert "127.0.0.1" not in page


def test_another_chain_than_ours_is_said_as_that(client, log, monkeypatch):
    def other(*_: object) -> None:
        raise ChainMismatch("The node serves chain 5.")

    monkeypatch.setattr("chain.tasks.tick", other)
    ledger_tick()
    page = shown(client, "/chain/")
    assert "not the chain that it knows" in page
    assert "does not answer" not in page
    assert not client.get("/readyz").json()["chain"]["ok"]


def test_a_ledger_without_a_worker_is_said(client, log):
    assert "not being looked after right now" in shown(client, "/chain/")
