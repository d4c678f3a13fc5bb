"""The explorer's contracts, accounts and reorganisations."""

import pytest
from django.test import Client
from django.utils import timezone

from chain import watcher
from chain.commitments import hex_of
from chain.models import (
    Account,
    Contract,
    Reorg,
)
from chain.node import get_node
from chain.tasks import tick
from tests.factories.chain import RegistryFactory
from tests.factories.ledger import (
    make_account,
    make_log,
)
from tests.integration.chain.explorer import (
    consented,
    shown,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]


@pytest.fixture
def log(db: None) -> Contract:
    """A log in the database alone."""
    return make_log()


# -- contracts and accounts ------------------------------------------------------------------------


def test_without_contracts_the_page_says_so(client: Client):
    page = shown(client, "/chain/contracts/")
    assert "There is no contract yet" in page
    assert "There is no account yet" in page


def test_contracts_are_shown_with_all_it_takes_to_check_them(client, ledger):
    page = shown(client, "/chain/contracts/")
    for contract in Contract.objects.filter(current=True):
        for value in (contract.address, contract.code_hash, contract.transaction_hash):
            assert hex_of(value) in page
        assert f"0x{contract.input_hash}" in page
        assert f"contracts/ledger/{contract.name}.sol" in page
    assert "node contracts/build.mjs --check" in page
    assert page.count("as in this release") == 2
    assert "No longer used" not in page


def test_former_contracts_stay_in_sight(client, log):
    make_log(current=False)
    RegistryFactory(name="OldThing", current=False)  # of which no build is left
    page = shown(client, "/chain/contracts/")
    assert "No longer used" in page
    assert "OldThing" in page
    assert page.count("as in another release") == 2


def test_accounts_show_their_state_and_what_they_hold(client, settings):
    settings.CHAIN_LOW_BALANCE = 10**17
    seen = {"balance_at": timezone.now()}
    make_account("anchor", state="retiring", balance=10**16, **seen)
    make_account("anchor-2", state="active", balance=2 * 10**18, **seen)
    make_account("relay", state="active", balance=10**16, **seen)
    make_account("deploy", state="prepared")
    page = shown(client, "/chain/contracts/")
    for words in ("Being retired", "Active", "Prepared", "2 ETH", "0.01 ETH", "Adds batches"):
        assert words in page
    assert page.count("Low</span>") == 1
    rows = {row.name: row for row in client.get("/chain/contracts/").context["accounts"]}
    assert [name for name, row in rows.items() if row.low] == ["relay"]
    assert list(rows) == ["deploy", "anchor-2", "anchor", "relay"]
    assert rows["deploy"].balance == ""


def test_every_state_of_an_account_has_words():
    from chain.presenters.contracts import STATES as ACCOUNT_STATES
    from chain.presenters.transactions import PURPOSES

    assert set(ACCOUNT_STATES) == set(Account.State)
    assert set(PURPOSES) == set(Account.Purpose)


# -- reorganisations -------------------------------------------------------------------------------


def test_a_chain_that_only_grew_says_so(client: Client):
    page = shown(client, "/chain/reorgs/")
    assert "The chain has only ever grown" in page
    assert "What this means" in page


def test_a_reorganisation_is_shown_and_what_it_undid_is_done_again(client, ledger, settings):
    settings.CHAIN_FINALITY_DEPTH = 5
    consented()
    node = get_node()
    tick()
    tick()
    node.ask("anvil_reorg", 3, [])
    watcher.catch_up(node)
    reorg = Reorg.objects.get()
    page = shown(client, "/chain/reorgs/")
    assert hex_of(reorg.lost_hash) in page
    assert f">{reorg.depth}</td>" in page
    assert f">{reorg.events}</td>" in page
    assert "is on its way" in page
    assert "No consent here" in shown(client, "/chain/consents/")

    settings.CHAIN_FINALITY_DEPTH = None
    for _ in range(30):
        tick()
    assert "is back on the chain, and final" in shown(client, "/chain/reorgs/")
    assert "Given" in shown(client, "/chain/consents/")
