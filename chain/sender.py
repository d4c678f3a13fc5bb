"""The sender: a nonce from the database, a signature stored, then the broadcast (DESIGN section 6).

Nothing is guessed: what the node answers to a broadcast is looked up, not believed.
"""

import logging

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from chain.failpoints import failpoint
from chain.models import Account, Batch, Block, Job, Transaction
from chain.models import AnchorState as State
from chain.node import Node, Receipt, Refused, get_node
from chain.signer import get_signer

logger = logging.getLogger(__name__)

TIP = 10**9  # wei per gas
GAS_MARGIN = (5, 4)  # of the estimate; each further attempt adds a quarter


def fees(node: Node) -> tuple[int, int]:
    """`maxFeePerGas`, `maxPriorityFeePerGas` in wei: room for six full blocks of rising fees."""
    return 2 * node.base_fee() + TIP, TIP


def enqueue(*, account: str, to: bytes, data: bytes, reason: str, key: str) -> Job:
    """Ask for a call that shall take effect once; asking again with the key changes nothing."""
    defaults = {"account_id": account, "to": to, "data": data, "reason": reason}
    job, _ = Job.objects.get_or_create(key=key, defaults=defaults)
    return job


def send_open_jobs(node: Node | None = None) -> int:
    """Bring every open job a step on; gives how many transactions were broadcast."""
    node = node or get_node()
    for account in Account.objects.filter(jobs__state=Job.State.QUEUED).distinct():
        while _sign_next(node, account.name):
            pass
    return _broadcast_unmined(node)


def _sign_next(node: Node, name: str) -> bool:
    """Sign the account's oldest queued job and store the bytes; False where there is none."""
    waiting = Job.objects.filter(account_id=name, state=Job.State.QUEUED).order_by("created_at")
    job = waiting.first()
    if job is None:
        return False
    try:
        gas = node.gas_for(get_signer().address(name), bytes(job.to or b""), bytes(job.data))
    except Refused as refusal:
        _refused(job, str(refusal))
        return False
    max_fee, tip = fees(node)
    chain_id = node.chain_id()
    gas = gas * (GAS_MARGIN[0] + job.transactions.count()) // GAS_MARGIN[1]
    mined = node.nonce(get_signer().address(name))
    with transaction.atomic():
        account = Account.objects.select_for_update().get(name=name)
        if not Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).exists():
            return True  # another worker was faster
        # A nonce that was used behind our back must not hold up everything after it.
        nonce = max(account.next_nonce, mined)
        signed = get_signer().sign(
            name,
            {
                "type": 2,
                "chainId": chain_id,
                "nonce": nonce,
                "to": bytes(job.to or b""),
                "data": bytes(job.data),
                "value": 0,
                "gas": gas,
                "maxFeePerGas": max_fee,
                "maxPriorityFeePerGas": tip,
            },
        )
        Transaction.objects.create(
            job=job, account=account, nonce=nonce, hash=signed.hash,
            raw=signed.raw, max_fee=max_fee,
        )  # fmt: skip
        Account.objects.filter(name=name).update(next_nonce=nonce + 1)
        _mark_sent(job)
        failpoint("transaction.stored")
    failpoint("transaction.committed")
    return True


def _mark_sent(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(state=Job.State.SENT)
    _batches_of(job).filter(state=State.QUEUED).update(state=State.SENT)


def _batches_of(job: Job) -> QuerySet[Batch]:
    """The batch that a job anchors, by the job's key."""
    kind, _, batch = job.key.partition(":")
    return Batch.objects.filter(pk=batch) if kind == "anchor" else Batch.objects.none()


def _refused(job: Job, message: str) -> None:
    """The node says that the call would revert. If its effect is there already, that is success."""
    if _effect_exists(job):
        Job.objects.filter(pk=job.pk).update(state=Job.State.MINED)
        return
    # The watcher may not have seen the effect yet: the job stays open, and is tried again.
    logger.warning("job %s is refused by the node: %s", job.pk, message[:200])
    Job.objects.filter(pk=job.pk).update(error=message[:200])


def _broadcast_unmined(node: Node) -> int:
    """Hand in whatever is signed and not mined, in the order of nonces; looks before it does."""
    count = 0
    unmined = Transaction.objects.filter(block_number=None).order_by("account_id", "nonce")
    for row in unmined:
        if node.knows(bytes(row.hash)):
            continue
        try:
            node.broadcast(bytes(row.raw))
            count += 1
        except Refused as refusal:
            if not node.knows(bytes(row.hash)):
                logger.warning("transaction 0x%s: %s", bytes(row.hash).hex(), str(refusal)[:200])
        failpoint("transaction.broadcast")
    return count


def trouble() -> str:
    """What an operator should know of: a job that was refused or reverted."""
    failing = Job.objects.exclude(error="").filter(state__in=[Job.State.QUEUED, Job.State.SENT])
    job = failing.order_by("created_at").first()
    return f"{job.reason}: {job.error}" if job else ""


def record_receipts(node: Node | None = None) -> int:
    """Note where our transactions were mined, once the watcher knows the block; gives how many."""
    node = node or get_node()
    count = 0
    for row in Transaction.objects.filter(block_number=None).select_related("job"):
        receipt = node.receipt(bytes(row.hash))
        if receipt is not None and _record(row, receipt):
            failpoint("receipt.committed")
            count += 1
    return count


@transaction.atomic
def _record(row: Transaction, receipt: Receipt) -> bool:
    from chain.watcher import lock

    lock()  # the watcher must not roll back between the look and the note
    # A receipt of a block that the watcher has not linked yet could be of a branch that dies.
    tip = Block.objects.order_by("-number").first()
    if tip is None or receipt.block_number > tip.number:
        return False
    linked = Block.objects.filter(number=receipt.block_number).first()
    if linked is not None and bytes(linked.hash) != receipt.block_hash:
        return False
    Transaction.objects.filter(pk=row.pk).update(
        block_number=receipt.block_number,
        block_hash=receipt.block_hash,
        succeeded=receipt.succeeded,
    )
    if receipt.succeeded or _effect_exists(row.job):
        Job.objects.filter(pk=row.job_id).update(state=Job.State.MINED, error="")
    else:
        # Tried again with more gas; that can't double: only one attempt's effect is ever accepted.
        logger.error("job %s reverted in block %d", row.job_id, receipt.block_number)
        Job.objects.filter(pk=row.job_id).update(state=Job.State.QUEUED, error="reverted")
    failpoint("receipt.stored")
    return True


def _effect_exists(job: Job) -> bool:
    return _batches_of(job).filter(state__in=[State.MINED, State.FINAL]).exists()


def orphan_transactions(number: int) -> None:
    """Blocks from `number` on are gone: what was mined there is open again."""
    lost = Transaction.objects.filter(block_number__gte=number)
    Job.objects.filter(transactions__in=lost).update(state=Job.State.SENT)
    lost.update(block_number=None, block_hash=None, succeeded=None)


def finalize_jobs(number: int) -> None:
    """Blocks up to `number` are final: so is what was mined there."""
    mined = Transaction.objects.filter(job=OuterRef("pk"), block_number__lte=number)
    Job.objects.filter(Exists(mined), state=Job.State.MINED).update(state=Job.State.FINAL)
