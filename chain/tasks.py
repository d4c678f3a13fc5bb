"""The ledger's heartbeat. Each part may be interrupted anywhere and run by several workers."""

import logging
import time

from celery import shared_task
from django.conf import settings

from chain import anchoring, registry, rotation, sender, watcher
from chain.continuity import check_chain
from chain.contracts import current_contracts
from chain.errors import ChainMismatch, ChainUnavailable
from chain.node import get_node
from chain.sender.accounts import look_at_all_funds
from chain.status import due, report

logger = logging.getLogger(__name__)

CHECK_CHAIN_EVERY = 60  # seconds
LOOK_EVERY = 0.25  # seconds, while something is under way


@shared_task
def ledger_tick() -> None:
    """Watch, seal, send; an unreachable node is met again at the next tick.

    While something is under way the node is looked at more often: what people wait for shows
    sooner, and the next batch leaves as soon as the last one is in a block.
    """
    end = time.monotonic() + settings.LEDGER_TICK_SECONDS - LOOK_EVERY
    try:
        tick()
        while time.monotonic() < end and anchoring.awaited():
            time.sleep(LOOK_EVERY)
            tick()
    except ChainUnavailable as error:
        report([f"the node does not answer ({error.detail})"], node=False)
        logger.warning("the chain does not answer (%s); trying again", error.detail)
    except ChainMismatch as error:
        report([error.detail], ours=False)
        logger.error("%s", error.detail)  # noqa: TRY400 - the words say it all
    except Exception as error:
        report([type(error).__name__])
        raise


def tick() -> None:
    """One round; what it leaves undone is found by the next."""
    node = get_node()
    if due("chain-check", CHECK_CHAIN_EVERY):
        check_chain(node, current_contracts())
    watcher.catch_up(node)
    sender.record_receipts(node)
    anchoring.seal_batch()
    registry.send_waiting()
    rotation.advance(node)
    problems = sender.replace_stuck(node) + sender.sign_waiting(node)
    sender.broadcast(node)
    look_at_all_funds(node)
    if settings.CHAIN_MINES_ON_DEMAND and anchoring.awaited():
        # A chain of our own mines only when asked, and finality needs two more blocks.
        node.ask("evm_mine")
    report(problems + sender.trouble() + rotation.trouble())
