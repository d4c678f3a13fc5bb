"""Our contracts on the chain: created once, recorded, recognised afterwards (DESIGN section 6)."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from chain.artifacts import artifact
from chain.commitments import hex_of, keccak256
from chain.continuity import check_chain
from chain.contracts import LOG, REGISTRY, current_contracts
from chain.errors import ChainMismatch
from chain.locks import deploying
from chain.models import Account, Contract, Job, Transaction
from chain.node import Node, Receipt, get_node
from chain.sender import (
    active_account,
    broadcast,
    enqueue,
    ensure_account,
    replace_stuck,
    sign_waiting,
)

logger = logging.getLogger(__name__)

PURPOSES = (Account.Purpose.DEPLOY, Account.Purpose.ANCHOR, Account.Purpose.RELAY)
LONGEST_WAIT = 1800.0  # seconds that a creation may take to become final


@dataclass(frozen=True)
class Wanted:
    """A contract that Salus needs, with what its constructor is given."""

    name: str
    arguments: Callable[[], tuple[Any, ...]]


def _log_arguments() -> tuple[str, str]:
    anchorer = active_account(Account.Purpose.ANCHOR)
    assert anchorer is not None
    return admin_address(), hex_of(anchorer.address)


WANTED = (Wanted(LOG, _log_arguments), Wanted(REGISTRY, tuple))


def admin_address() -> str:
    """Who may give and take roles: CHAIN_ADMIN, else the account that creates the contracts."""
    deployer = active_account(Account.Purpose.DEPLOY)
    assert deployer is not None
    return settings.CHAIN_ADMIN or hex_of(deployer.address)


def missing_contracts() -> list[Wanted]:
    """What is not on the chain yet."""
    there = {contract.name for contract in current_contracts()}
    return [wanted for wanted in WANTED if wanted.name not in there]


# -- creation --------------------------------------------------------------------------------------


def ensure_contracts(
    node: Node | None = None, *, tell: Callable[[str], object] = lambda _: None
) -> list[Contract]:
    """The contracts in use on this node's chain; created where there are none yet.

    May be interrupted anywhere and run again: a creation that was signed is taken up, not repeated.
    """
    node = node or get_node()
    check_chain(node, current_contracts())
    if missing_contracts():
        _refuse_anvil(node)
        for purpose in PURPOSES:
            ensure_account(node, purpose)
        for wanted in missing_contracts():
            tell(f"creating {wanted.name}")
            _create(node, wanted, tell)
    return current_contracts()


def _refuse_anvil(node: Node) -> None:
    if settings.PRODUCTION and "anvil" in node.client().lower():
        raise ChainMismatch("Production does not anchor on anvil, whose state a restart may lose.")


def _create(node: Node, wanted: Wanted, tell: Callable[[str], object]) -> Contract:
    build, genesis = artifact(wanted.name), node.header(0)
    assert genesis is not None
    with transaction.atomic():
        deploying()
        generation = Contract.objects.filter(name=wanted.name).count()
        job = enqueue(
            purpose=Account.Purpose.DEPLOY,
            to=None,
            data=build.creation(*wanted.arguments()),
            reason=f"create {wanted.name}",
            key=f"create:{wanted.name}:{genesis.hash.hex()[:16]}:{generation}",
        )
    created, receipt = _wait_until_final(node, job, tell)
    assert receipt.contract is not None
    contract, _ = Contract.objects.get_or_create(
        name=wanted.name,
        current=True,
        defaults={
            "chain_id": node.chain_id(),
            "genesis_hash": genesis.hash,
            "address": receipt.contract,
            "deploy_block": receipt.block_number,
            "code_hash": keccak256(node.code(receipt.contract)),
            "input_hash": build.input_hash,
            "transaction_hash": created,
        },
    )
    logger.info("%s is at 0x%s", wanted.name, receipt.contract.hex())
    return contract


def _wait_until_final(node: Node, job: Job, tell: Callable[[str], object]) -> tuple[bytes, Receipt]:
    """Send a creation and wait until no reorganisation can move it any more."""
    end, told = time.monotonic() + LONGEST_WAIT, ""
    while time.monotonic() < end:
        problems = sign_waiting(node) + replace_stuck(node)
        broadcast(node)
        found = _receipt_of(node, job)
        if found is not None and not found[1].succeeded:
            raise ChainMismatch(f"To {job.reason} failed in block {found[1].block_number}.")
        final = node.finalized()
        if found is not None and found[1].block_number <= final:
            return found
        job.refresh_from_db()
        state = "; ".join(problems) or job.error or _progress(found, final)
        if state != told:
            tell(state)
            told = state
        _let_time_pass(node)
    raise ChainMismatch(f"To {job.reason} took too long ({told}). Run this again to go on waiting.")


def _receipt_of(node: Node, job: Job) -> tuple[bytes, Receipt] | None:
    for row in job.transactions.all():
        receipt = node.receipt(bytes(row.hash))
        if receipt is not None:
            return bytes(row.hash), receipt
    return None


def _progress(found: tuple[bytes, Receipt] | None, final: int) -> str:
    if found is None:
        return "waiting for a block"
    return f"in block {found[1].block_number}; the chain is final up to {final}"


def _let_time_pass(node: Node) -> None:
    if settings.CHAIN_MINES_ON_DEMAND:
        node.ask("evm_mine")
    else:
        time.sleep(1)


def was_created(job: Job) -> bool:
    """Whether a creation is on the chain."""
    return job.transactions.filter(outcome=Transaction.Outcome.SUCCEEDED).exists()
