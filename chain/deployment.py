"""Our contracts on the chain: put there once, recognised afterwards (DESIGN section 6)."""

import logging

from django.conf import settings
from django.db import transaction

from chain.artifacts import Artifact, artifact
from chain.commitments import keccak256
from chain.errors import ChainMismatch
from chain.models import Account, Batch, Block, Commitment, Contract, Event, Job, Transaction
from chain.node import Node, Refused, get_node
from chain.signer import get_signer

logger = logging.getLogger(__name__)

LOG = "AnchorLog"
DEPLOYER = "deployer"
ANCHORER = "anchor"
DEMO_FUNDS = 10**21  # wei, on a chain that mines for us
ATTEMPTS = 64  # creations of the deployer that are looked through for one that crashed midway


def current_log() -> Contract | None:
    """The log that batches go to."""
    return Contract.objects.filter(name=LOG, current=True).first()


def check_chain(node: Node, contract: Contract) -> None:
    """Refuse a node that serves another chain, or one that has lost what we know to be final."""
    advice = (
        "Set CHAIN_RPC_URL to a node of that chain; or, if the chain is lost for good, run "
        "script/server --fresh-chain: everything is then anchored again on a new one."
    )
    if node.chain_id() != contract.chain_id:
        raise ChainMismatch(
            f"The node serves chain {node.chain_id()}, but Salus anchored on {contract.chain_id}. "
            + advice
        )
    genesis = node.header(0)
    if genesis is None or genesis.hash != bytes(contract.genesis_hash):
        raise ChainMismatch(f"The node's chain has another first block than ours. {advice}")
    if keccak256(node.code(bytes(contract.address))) != bytes(contract.code_hash):
        raise ChainMismatch(f"Our contract {contract.name} is not on the node's chain. {advice}")
    last = Block.objects.filter(final=True).order_by("-number").first()
    if last is not None:
        seen = node.header(last.number)
        if seen is None or seen.hash != bytes(last.hash):
            raise ChainMismatch(
                f"The node's chain lacks block {last.number}, which was final. {advice}"
            )


def ensure_log(node: Node | None = None) -> Contract:
    """The current AnchorLog on this node's chain; put there if there is none yet."""
    node = node or get_node()
    contract = current_log()
    if contract is not None:
        check_chain(node, contract)
        return contract
    if settings.PRODUCTION and "anvil" in node.client().lower():
        raise ChainMismatch("Production does not anchor on anvil, whose state a restart may lose.")
    signer = get_signer()
    for name in (DEPLOYER, ANCHORER):
        _ensure_account(node, name, signer.address(name))
    arguments = (signer.address(DEPLOYER), signer.address(ANCHORER))
    return _deploy(node, artifact(LOG), tuple("0x" + a.hex() for a in arguments))


def _ensure_account(node: Node, name: str, address: bytes) -> None:
    if settings.CHAIN_MINES_ON_DEMAND and node.balance(address) < DEMO_FUNDS // 2:
        node.ask("anvil_setBalance", "0x" + address.hex(), hex(DEMO_FUNDS))
    if node.balance(address) == 0:
        raise ChainMismatch(f"The account {name} (0x{address.hex()}) has no funds to pay gas with.")
    Account.objects.get_or_create(
        name=name, defaults={"address": address, "next_nonce": node.nonce(address)}
    )


def _deploy(node: Node, build: Artifact, arguments: tuple[str, ...]) -> Contract:
    """Create the contract, or take over the creation that a crash left unrecorded."""
    signer = get_signer()
    sender = signer.address(DEPLOYER)
    creation = build.creation(*arguments)
    done = _unrecorded(node, build, sender)
    if done is None:
        from chain.sender import fees

        max_fee, tip = fees(node)
        signed = signer.sign(
            DEPLOYER,
            {
                "type": 2,
                "chainId": node.chain_id(),
                "nonce": node.nonce(sender),
                "data": creation,
                "value": 0,
                "gas": node.gas_for(sender, None, creation) * 12 // 10,
                "maxFeePerGas": max_fee,
                "maxPriorityFeePerGas": tip,
            },
        )
        node.broadcast(signed.raw)
        receipt = _wait(node, signed.hash)
        done = receipt.contract or b"", receipt.block_number, signed.hash
    address, block, transaction_hash = done
    genesis = node.header(0)
    assert genesis is not None
    contract, _ = Contract.objects.get_or_create(
        name=build.name,
        current=True,
        defaults={
            "chain_id": node.chain_id(),
            "genesis_hash": genesis.hash,
            "address": address,
            "deploy_block": block,
            "code_hash": keccak256(node.code(address)),
            "input_hash": build.input_hash,
            "transaction_hash": transaction_hash,
        },
    )
    logger.info("%s is at 0x%s, block %d", build.name, address.hex(), block)
    return contract


def _unrecorded(node: Node, build: Artifact, sender: bytes) -> tuple[bytes, int, bytes] | None:
    """A creation of ours whose row was never written: its address follows from its nonce."""
    known = {bytes(a) for a in Contract.objects.values_list("address", flat=True)}
    nonce = node.nonce(sender)
    for used in range(max(0, nonce - ATTEMPTS), nonce):
        address = _created_address(sender, used)
        if address in known or node.code(address) != build.deployed:
            continue
        if not _is_empty(node, build, address):
            continue  # it was in use, so its row was written once: by another database
        return address, _first_block_with_code(node, address), b"\x00" * 32
    return None


def _is_empty(node: Node, build: Artifact, address: bytes) -> bool:
    return not any(node.call(address, build.call("heads", 1)))


def _created_address(sender: bytes, nonce: int) -> bytes:
    import rlp

    return keccak256(rlp.encode([sender, nonce]))[12:]


def _first_block_with_code(node: Node, address: bytes) -> int:
    latest = node.header("latest")
    low, high = 0, latest.number if latest else 0
    while low < high:
        middle = (low + high) // 2
        code = node.ask("eth_getCode", "0x" + address.hex(), hex(middle))
        low, high = (low, middle) if code not in ("0x", None) else (middle + 1, high)
    return low


def _wait(node: Node, transaction_hash: bytes, seconds: float = 120.0):  # type: ignore[no-untyped-def]
    import time

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        receipt = node.receipt(transaction_hash)
        if receipt is not None:
            if not receipt.succeeded:
                raise Refused("the creation of the contract reverted")
            return receipt
        time.sleep(0.2)
    raise ChainMismatch("The contract's creation was not mined in time. Run the command again.")


@transaction.atomic
def forget_chain() -> int:
    """After a lost chain: let everything be anchored again; gives how many commitments wait."""
    Contract.objects.filter(current=True).update(current=False)
    waiting = Commitment.objects.exclude(batch=None).update(batch=None, position=None)
    Event.objects.update(orphaned=True)
    # Without this Django would load every tree in order to delete it.
    Batch.objects.all()._raw_delete(using="default")
    Transaction.objects.all().delete()
    Job.objects.all().delete()
    Account.objects.all().delete()
    Block.objects.all().delete()
    return waiting
