"""Contracts come onto a chain once, on purpose; commands say what they do."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from chain.continuity import check_chain, forget_chain
from chain.contracts import current_contracts
from chain.deployment import ensure_contracts
from chain.errors import ChainMismatch
from chain.models import Account, Contract
from chain.node import Node, get_node
from chain.proofs import trust_file
from chain.tasks import ledger_tick, tick
from tests.integration.conftest import willing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]


def run(name: str, *arguments: str, **options: Any) -> str:
    said = io.StringIO()
    call_command(name, *arguments, stdout=said, stderr=said, **options)
    return said.getvalue()


@pytest.fixture
def bare(db: None) -> Node:
    """A chain without contracts of ours, as far as we know."""
    forget_chain()
    return willing(get_node())


def test_without_yes_only_the_plan_is_shown(bare: Node):
    before = bare.header("latest")
    with pytest.raises(CommandError, match="Nothing was done"):
        run("deploy_contracts")
    assert bare.header("latest") == before
    assert not Contract.objects.filter(current=True).exists()


def test_the_plan_names_what_it_creates_and_who_pays(bare: Node, capsys):
    said = io.StringIO()
    with pytest.raises(CommandError):
        call_command("deploy_contracts", stdout=said)
    plan = said.getvalue()
    assert "To be created: AnchorLog, ConsentRegistry." in plan
    for purpose in ("deploy", "anchor", "relay"):
        assert f"account {purpose}" in plan


def test_a_second_run_creates_nothing(bare: Node):
    first = run("deploy_contracts", "--yes")
    addresses = [bytes(contract.address) for contract in current_contracts()]
    nonce = bare.nonce(bytes(Account.objects.get(name="deploy").address))
    second = run("deploy_contracts", "--yes")
    assert [bytes(contract.address) for contract in current_contracts()] == addresses
    assert bare.nonce(bytes(Account.objects.get(name="deploy").address)) == nonce
    for address in addresses:
        assert "0x" + address.hex() in first
        assert "0x" + address.hex() in second


def test_a_missing_one_is_added(bare: Node):
    log, registry = ensure_contracts()
    registry.current = False
    registry.save()
    run("deploy_contracts", "--yes")
    again_log, again = current_contracts()
    assert again_log.pk == log.pk
    assert bytes(again.address) != bytes(registry.address)


def test_contracts_are_recorded_when_nothing_can_move_them(bare: Node):
    for contract in ensure_contracts():
        assert contract.deploy_block <= bare.finalized()
        assert contract.chain_id == bare.chain_id()


def test_another_chain_is_refused_with_advice(bare: Node):
    ensure_contracts()
    Contract.objects.filter(current=True).update(chain_id=1)
    with pytest.raises(CommandError, match="Set CHAIN_RPC_URL"):
        run("deploy_contracts", "--yes")


def test_another_first_block_is_refused(bare: Node):
    contracts = ensure_contracts()
    for contract in contracts:
        contract.genesis_hash = bytes([contracts.index(contract)]) * 32
        contract.save()
    with pytest.raises(ChainMismatch, match="another first block"):
        check_chain(bare, current_contracts())


def test_production_does_not_anchor_on_anvil(bare: Node, settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="anvil"):
        run("deploy_contracts", "--yes")


def test_an_account_without_funds_is_named(bare: Node, settings):
    settings.CHAIN_MINES_ON_DEMAND = False
    from chain.signer import get_signer

    address = "0x" + get_signer().address("deploy").hex()
    bare.ask("anvil_setBalance", address, "0x0")
    with pytest.raises(CommandError, match="has no funds"):
        run("deploy_contracts", "--yes")


def test_a_worker_meets_a_foreign_chain_without_harm(ledger: Contract):
    """The node behind the URL was exchanged while we ran."""
    from chain.status import status

    Contract.objects.filter(current=True).update(chain_id=1)
    ledger_tick()
    assert (status().node, status().ours) == (True, False)
    assert "serves chain" in status().detail


def test_the_trust_file_names_both_contracts(bare: Node):
    log, registry = ensure_contracts()
    trust = trust_file(log, registry)
    assert trust["log"] == "0x" + bytes(log.address).hex()
    assert trust["registry"]["address"] == "0x" + bytes(registry.address).hex()
    assert len(trust["signers"]) >= 1


def test_rotating_shows_how_far_it_is(ledger: Contract):
    said = run("rotate_account", "relay")
    assert "relay-2" in said
    assert "is prepared" in said
    for _ in range(6):
        tick()
    shown = run("rotate_account", "relay", "--show")
    assert "relay-2" in shown
    assert "active" in shown
    assert "retired" in shown


def test_only_what_can_be_rotated_is(ledger: Contract):
    with pytest.raises(CommandError):
        run("rotate_account", "deploy")
