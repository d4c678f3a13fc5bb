"""The ledger's heartbeat. Each part may be interrupted anywhere and run by several workers."""

import logging

from celery import shared_task
from django.conf import settings

from chain import anchoring, sender, watcher
from chain.errors import ChainUnavailable
from chain.node import get_node
from chain.status import report

logger = logging.getLogger(__name__)


@shared_task
def ledger_tick() -> None:
    """Watch, seal, send; an unreachable node is met again at the next tick."""
    try:
        tick()
    except ChainUnavailable as error:
        report(f"the node does not answer ({error.detail})")
        logger.warning("the chain does not answer (%s); trying again", error.detail)
    except Exception as error:
        report(type(error).__name__)
        raise


def tick() -> None:
    """One round; what it leaves undone is found by the next."""
    node = get_node()
    watcher.catch_up(node)
    sender.record_receipts(node)
    anchoring.seal_batch()
    sender.send_open_jobs(node)
    if settings.CHAIN_MINES_ON_DEMAND and anchoring.awaited():
        # A chain of our own mines only when asked, and finality needs two more blocks.
        node.ask("evm_mine")
    report(sender.trouble())
