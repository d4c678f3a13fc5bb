"""Broadcasting: stored bytes are handed in, in the order of nonces; looks before it does."""

import logging

from chain.failpoints import failpoint
from chain.models import Job, Transaction
from chain.node import Node, Refused

logger = logging.getLogger(__name__)


def broadcast(node: Node) -> int:
    """Hand in whatever is signed and not mined; gives how many the node took."""
    count = 0
    for row in _newest_attempts():
        if node.knows(bytes(row.hash)):
            continue
        failpoint("transaction.before-broadcast")
        try:
            node.broadcast(bytes(row.raw))
            count += 1
        except Refused as refusal:
            _refused(node, row, str(refusal))
        failpoint("transaction.broadcast")
    return count


def _newest_attempts() -> list[Transaction]:
    """The attempt that pays most, for each nonce."""
    pending = Transaction.objects.filter(outcome=Transaction.Outcome.PENDING)
    rows = pending.select_related("job").order_by("account_id", "nonce", "-max_fee")
    return list(rows.distinct("account_id", "nonce"))


def _refused(node: Node, row: Transaction, message: str) -> None:
    """What a refusal means is looked up: “nonce too low” and “already known” may be our own."""
    if node.knows(bytes(row.hash)) or node.nonce(bytes(row.account.address)) > row.nonce:
        return  # it is there, or its nonce is used: the receipts will tell by which attempt
    logger.warning("transaction 0x%s: %s", bytes(row.hash).hex(), message[:200])
    Job.objects.filter(pk=row.job_id).update(error=message[:200])
