"""Signing: the nonce is allocated in the database, and the bytes are stored before anybody sees them."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from chain.errors import FeesTooHigh
from chain.failpoints import failpoint
from chain.models import Account, Job, Transaction
from chain.node import Node, Refused
from chain.sender.fees import Fees, bumped, market
from chain.sender.jobs import came_to_nothing, kind_of
from chain.signer import get_signer

GAS_MARGIN = (5, 4)  # of the estimate; each further attempt adds a quarter
MOST_PENDING = 16  # of an account; nodes drop what is too far ahead
PENDING = Transaction.Outcome.PENDING


def sign_waiting(node: Node) -> list[str]:
    """Sign what waits, account by account; gives what stands in the way."""
    try:
        fees = market(node)
    except FeesTooHigh as error:
        return [str(error)] if _waiting().exists() else []
    for account in Account.objects.filter(state=Account.State.ACTIVE):
        while _sign_next(node, account, fees):
            pass
    return []


def _waiting() -> QuerySet[Job]:
    due = Q(not_before=None) | Q(not_before__lte=timezone.now())
    return Job.objects.filter(due, state=Job.State.QUEUED)


def _sign_next(node: Node, account: Account, fees: Fees) -> bool:
    """Sign the purpose's oldest queued job and store the bytes; False where there is none."""
    job = _waiting().filter(purpose=account.purpose).order_by("created_at").first()
    if job is None or account.transactions.filter(outcome=PENDING).count() >= MOST_PENDING:
        return False
    address = bytes(account.address)
    to = bytes(job.to) if job.to else None
    try:
        gas = node.gas_for(address, to, bytes(job.data))
    except Refused as refusal:
        # The node says that it would revert; the effect may be there already.
        came_to_nothing(job, str(refusal))
        return True
    gas = gas * (GAS_MARGIN[0] + job.failures) // GAS_MARGIN[1]
    mined, height = node.nonce(address), node.latest()
    with transaction.atomic():
        row = Account.objects.select_for_update().get(pk=account.pk)
        if row.state != Account.State.ACTIVE:
            return False  # its key was exchanged meanwhile; the new one signs in the next round
        if not _still_queued(job):
            return True  # another worker was faster
        # A nonce that was used behind our back must not hold up everything after it.
        nonce = max(row.next_nonce, mined)
        _store(node, job, row, Envelope(nonce, gas, fees, height))
        Account.objects.filter(pk=row.pk).update(next_nonce=nonce + 1)
        Job.objects.filter(pk=job.pk).update(state=Job.State.SENT)
        if sent := kind_of(job).sent:
            sent(job)
        failpoint("transaction.stored")
    failpoint("transaction.committed")
    return True


def _still_queued(job: Job) -> bool:
    return Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).exists()


@dataclass(frozen=True)
class Envelope:
    """What a transaction has beside its call; `height` is the chain's when it is signed."""

    nonce: int
    gas: int
    fees: Fees
    height: int


def _store(node: Node, job: Job, account: Account, envelope: Envelope) -> None:
    fees = envelope.fees
    unsigned = {
        "type": 2,
        "chainId": node.chain_id(),
        "nonce": envelope.nonce,
        "data": bytes(job.data),
        "value": 0,
        "gas": envelope.gas,
        "maxFeePerGas": fees.max_fee,
        "maxPriorityFeePerGas": fees.tip,
    }
    if job.to:
        unsigned["to"] = bytes(job.to)
    signed = get_signer().sign(account.name, unsigned)
    Transaction.objects.create(
        job=job, account=account, nonce=envelope.nonce, hash=signed.hash, raw=signed.raw,
        gas=envelope.gas, max_fee=fees.max_fee, tip=fees.tip, signed_at_block=envelope.height,
    )  # fmt: skip


def replace_stuck(node: Node) -> list[str]:
    """Let what blocks went by without pay more; gives what stands in the way."""
    height, problems = node.latest(), []
    pending = Transaction.objects.filter(outcome=PENDING)
    for account in Account.objects.filter(transactions__in=pending).distinct():
        stuck = _stuck(node, account, height)
        if stuck is None:
            continue
        try:
            fees = bumped(Fees(int(stuck.max_fee), int(stuck.tip)), market(node))
        except FeesTooHigh as error:
            problems.append(f"{stuck.job.reason}: {error}")
            continue
        _replace(node, account, stuck, fees, height)
    return problems


def _stuck(node: Node, account: Account, height: int) -> Transaction | None:
    """The newest attempt at the account's next nonce, where enough blocks went by without it."""
    newest = _newest(account, node.nonce(bytes(account.address)))
    if newest is None or height - newest.signed_at_block < settings.CHAIN_STUCK_BLOCKS:
        return None
    return newest


def _newest(account: Account, nonce: int) -> Transaction | None:
    rows = account.transactions.filter(nonce=nonce, outcome=PENDING).select_related("job")
    return rows.order_by("-max_fee").first()


def _replace(node: Node, account: Account, stuck: Transaction, fees: Fees, height: int) -> None:
    """Sign the same call again: same nonce, so that at most one of the two is ever mined."""
    with transaction.atomic():
        row = Account.objects.select_for_update().get(pk=account.pk)
        newest = _newest(row, stuck.nonce)
        if newest is None or newest.pk != stuck.pk:
            return  # another worker was faster
        _store(node, stuck.job, row, Envelope(stuck.nonce, stuck.gas, fees, height))
        failpoint("replacement.stored")
    failpoint("replacement.committed")
