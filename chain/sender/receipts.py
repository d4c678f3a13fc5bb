"""Receipts: what became of each attempt, believed once the watcher knows its block."""

import logging

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from chain.failpoints import failpoint
from chain.locks import watching
from chain.models import Account, Block, Job, Transaction
from chain.node import Node, Receipt, Refused
from chain.sender.jobs import came_to_nothing, effect_seen, kind_of

logger = logging.getLogger(__name__)

Outcome = Transaction.Outcome


def record_receipts(node: Node) -> int:
    """Note where our transactions were mined; gives how many were news."""
    count = 0
    for row in _pending():
        receipt = node.receipt(bytes(row.hash))
        if receipt is not None and _record(row, receipt):
            failpoint("receipt.committed")
            count += 1
    _find_displaced(node)
    return count


def _pending() -> QuerySet[Transaction]:
    return Transaction.objects.filter(outcome=Outcome.PENDING).select_related("job", "account")


@transaction.atomic
def _record(row: Transaction, receipt: Receipt) -> bool:
    watching()  # the watcher must not roll back between the look and the note
    if not _is_linked(receipt):
        return False
    now = Transaction.objects.filter(pk=row.pk, outcome=Outcome.PENDING)
    won = Outcome.SUCCEEDED if receipt.succeeded else Outcome.REVERTED
    if not now.update(
        outcome=won, block_number=receipt.block_number, block_hash=receipt.block_hash
    ):
        return False  # another worker was faster
    _attempts_at(row).filter(outcome=Outcome.PENDING).update(outcome=Outcome.REPLACED)
    row.job.refresh_from_db()
    if receipt.succeeded and kind_of(row.job).has_effect(row.job):
        effect_seen(row.job)
    else:
        # Tried again with more gas; that can't double, since a contract accepts one effect alone.
        how = "without effect" if receipt.succeeded else "and reverted"
        came_to_nothing(row.job, f"mined in block {receipt.block_number} {how}")
    failpoint("receipt.stored")
    return True


def _is_linked(receipt: Receipt) -> bool:
    """A receipt of a block that the watcher has not linked yet could be of a branch that dies."""
    tip = Block.objects.order_by("-number").first()
    if tip is None or receipt.block_number > tip.number:
        return False
    linked = Block.objects.filter(number=receipt.block_number).first()
    return linked is None or bytes(linked.hash) == receipt.block_hash


def _attempts_at(row: Transaction) -> QuerySet[Transaction]:
    return Transaction.objects.filter(account_id=row.account_id, nonce=row.nonce)


def _find_displaced(node: Node) -> None:
    """A nonce that is used for good, but by none of our attempts: somebody else has our key."""
    final = Block.objects.filter(final=True).order_by("-number").first()
    if final is None:
        return
    for account in Account.objects.filter(transactions__in=_pending()).distinct():
        try:
            used = node.nonce(bytes(account.address), final.number)
        except Refused:
            return  # the node keeps no state that old
        for row in _pending().filter(account=account, nonce__lt=used):
            if not any(node.receipt(bytes(a.hash)) for a in _attempts_at(row)):
                _displace(row)


@transaction.atomic
def _displace(row: Transaction) -> None:
    watching()
    now = Transaction.objects.filter(pk=row.pk, outcome=Outcome.PENDING)
    if not now.update(outcome=Outcome.DISPLACED):
        return
    logger.error("nonce %d of %s was used by a foreign transaction", row.nonce, row.account_id)
    row.job.refresh_from_db()
    came_to_nothing(row.job, f"a transaction that is not ours took nonce {row.nonce}")


def orphan_transactions(number: int) -> None:
    """Blocks from `number` on are gone: what was mined there is open again; after the undo."""
    for row in Transaction.objects.filter(block_number__gte=number):
        _attempts_at(row).exclude(outcome=Outcome.DISPLACED).update(
            outcome=Outcome.PENDING, block_number=None, block_hash=None
        )
    for job in Job.objects.filter(state=Job.State.MINED):
        succeeded = job.transactions.filter(outcome=Outcome.SUCCEEDED).exists()
        if not succeeded and not kind_of(job).has_effect(job):
            waits = job.transactions.filter(outcome=Outcome.PENDING).exists()
            state = Job.State.SENT if waits else Job.State.QUEUED
            Job.objects.filter(pk=job.pk).update(state=state)
    # What was to be tried again because it had reverted there: the first attempt counts again.
    reopened = Transaction.objects.filter(job=OuterRef("pk"), outcome=Outcome.PENDING)
    Job.objects.filter(Exists(reopened), state=Job.State.QUEUED).update(state=Job.State.SENT)


def finalize_jobs(number: int) -> None:
    """Blocks up to `number` are final: so are the jobs of which nothing is open or mined above."""
    rows = Transaction.objects.filter(job=OuterRef("pk"))
    above = rows.filter(block_number__gt=number)
    pending = rows.filter(outcome=Outcome.PENDING)
    mined = Job.objects.filter(~Exists(above), ~Exists(pending), state=Job.State.MINED)
    mined.update(state=Job.State.FINAL)
