"""Contracts and accounts in words."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chain.artifacts import Artifact, artifact
from chain.commitments import hex_of, keccak256
from chain.contracts import LOG, REGISTRY
from chain.models import Account, Contract
from chain.presenters.transactions import PURPOSES
from chain.sender.accounts import ether

State = Account.State

DOES: dict[str, str | Promise] = {
    LOG: _(
        "Keeps the root of every batch in order. Its code can add to the list, and can't change "
        "or remove what is in it."
    ),
    REGISTRY: _(
        "Keeps when a consent was given and when one was ended, under numbers that name nobody."
    ),
}

# Words, tone and icon.
STATES: dict[str, tuple[str | Promise, str, str]] = {
    State.PREPARED: (_("Prepared, may not send yet"), "info", "hourglass"),
    State.ACTIVE: (_("Active"), "good", "circle-check"),
    State.RETIRING: (_("Being retired, signs nothing new"), "neutral", "progress-check"),
    State.RETIRED: (_("Retired"), "neutral", "ban"),
}
SENDING = {State.PREPARED, State.ACTIVE}


@dataclass(frozen=True)
class ContractRow:
    """A contract with all that it takes to look it up and to build it again."""

    name: str
    does: str | Promise
    current: bool
    address: str
    chain_id: int
    genesis_hash: str
    deploy_block: int
    transaction: str
    code_hash: str
    source_hash: str
    source_path: str
    as_built: bool  # source and code hash are those of this release


@dataclass(frozen=True)
class AccountRow:
    """An account that sends for us."""

    name: str
    purpose: str
    does: str | Promise
    address: str
    state: str
    words: str | Promise
    tone: str
    icon: str
    balance: str  # empty where it was never looked at
    balance_wei: int | None
    seen: datetime | None
    low: bool


def contract_row(contract: Contract) -> ContractRow:
    """One contract."""
    # A former contract's name may be no longer built.
    build = artifact(contract.name) if contract.name in DOES else None
    return ContractRow(
        name=contract.name,
        does=DOES.get(contract.name, ""),
        current=contract.current,
        address=hex_of(contract.address),
        chain_id=contract.chain_id,
        genesis_hash=hex_of(contract.genesis_hash),
        deploy_block=contract.deploy_block,
        transaction=hex_of(contract.transaction_hash),
        code_hash=hex_of(contract.code_hash),
        source_hash=f"0x{contract.input_hash}",
        source_path=build.source_path if build else "",
        as_built=build is not None and _is(contract, build),
    )


def _is(contract: Contract, build: Artifact) -> bool:
    same_code = keccak256(build.deployed) == bytes(contract.code_hash)
    return same_code and contract.input_hash == build.input_hash


def account_row(account: Account) -> AccountRow:
    """One account."""
    words, tone, icon = STATES[account.state]
    balance = None if account.balance is None else int(account.balance)
    return AccountRow(
        name=account.name,
        purpose=account.purpose,
        does=PURPOSES.get(account.purpose, ""),
        address=hex_of(account.address),
        state=account.state,
        words=words,
        tone=tone,
        icon=icon,
        balance="" if balance is None else ether(balance),
        balance_wei=balance,
        seen=account.balance_at,
        low=account.state in SENDING
        and balance is not None
        and balance < settings.CHAIN_LOW_BALANCE,
    )
