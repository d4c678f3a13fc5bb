"""Whether a node serves our chain still; and what becomes of everything when it is lost for good."""

from django.db import transaction

from chain.commitments import keccak256
from chain.errors import ChainMismatch
from chain.models import (
    Account,
    Batch,
    Block,
    Commitment,
    Contract,
    Event,
    Job,
    RegistryEntry,
    Reorg,
    Transaction,
)
from chain.node import Node

ADVICE = (
    "Set CHAIN_RPC_URL to a node of that chain; or, if the chain is lost for good, run "
    "script/server --fresh-chain: everything is then anchored again on a new one."
)


def check_chain(node: Node, contracts: list[Contract]) -> None:
    """Refuse a node that serves another chain, or one that has lost what we know to be final."""
    for contract in contracts:
        _check_identity(node, contract)
        if keccak256(node.code(bytes(contract.address))) != bytes(contract.code_hash):
            raise ChainMismatch(f"Our {contract.name} is not on the node's chain. {ADVICE}")
    last = Block.objects.filter(final=True).order_by("-number").first()
    if last is not None:
        seen = node.header(last.number)
        if seen is None or seen.hash != bytes(last.hash):
            raise ChainMismatch(
                f"The node's chain lacks block {last.number}, which was final. {ADVICE}"
            )


def _check_identity(node: Node, contract: Contract) -> None:
    served = node.chain_id()
    if served != contract.chain_id:
        raise ChainMismatch(
            f"The node serves chain {served}, but Salus anchored on {contract.chain_id}. {ADVICE}"
        )
    genesis = node.header(0)
    if genesis is None or genesis.hash != bytes(contract.genesis_hash):
        raise ChainMismatch(f"The node's chain has another first block than ours. {ADVICE}")


@transaction.atomic
def forget_chain() -> int:
    """After a lost chain: let everything be anchored again; gives how many commitments wait."""
    Contract.objects.filter(current=True).update(current=False)
    sealed = Commitment.objects.exclude(batch=None).update(batch=None, position=None)
    Event.objects.update(orphaned=True)
    # Without this Django would load every tree in order to delete it.
    Batch.objects.all()._raw_delete(using="default")
    consents = RegistryEntry.objects.exclude(job=None).update(
        job=None, registry=None, state="queued", time=None, block_number=None, block_hash=None,
        transaction_hash=None, final_at=None,
    )  # fmt: skip
    for model in (Transaction, Job, Account, Block, Reorg):
        model.objects.all().delete()
    return sealed + consents
