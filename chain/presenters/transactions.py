"""Jobs and their attempts in words. People read of a transaction and of attempts to send it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from chain.commitments import hex_of
from chain.models import Account, Job, RegistryEntry, Transaction
from chain.presenters.amounts import fee, hex_or_nothing
from chain.selectors.transactions import Sending
from chain.sender.fees import gwei

Outcome = Transaction.Outcome
Action = RegistryEntry.Action
MINED = {Outcome.SUCCEEDED, Outcome.REVERTED}

# Words, tone and icon.
STATES: dict[str, tuple[str | Promise, str, str]] = {
    Job.State.QUEUED: (gettext_lazy("Waiting to be sent"), "neutral", "hourglass"),
    Job.State.SENT: (gettext_lazy("Sent, not in a block yet"), "info", "send"),
    Job.State.MINED: (gettext_lazy("In a block, not final yet"), "info", "progress-check"),
    Job.State.FINAL: (gettext_lazy("Final"), "good", "rosette-discount-check"),
}
WAITS_AGAIN = (gettext_lazy("Waiting to be tried again"), "warn", "clock")

# What an account is for.
PURPOSES: dict[str, str | Promise] = {
    Account.Purpose.DEPLOY: gettext_lazy("Creates contracts, and gives and takes roles"),
    Account.Purpose.ANCHOR: gettext_lazy("Adds batches to the log"),
    Account.Purpose.RELAY: gettext_lazy("Records consents that were given or ended"),
}

ROLES: dict[str, str | Promise] = {
    "grantRole": gettext_lazy("Let a new account add batches"),
    "revokeRole": gettext_lazy("No longer let an old account add batches"),
}


@dataclass(frozen=True)
class Words:
    """An outcome: its name, its tone and icon, and what it means."""

    name: str | Promise
    tone: str
    icon: str
    meaning: str | Promise


OUTCOMES: dict[str, Words] = {
    Outcome.PENDING: Words(
        gettext_lazy("Under way"),
        "info",
        "send",
        gettext_lazy("It is signed and kept, and is handed to the chain until a block takes it."),
    ),
    Outcome.SUCCEEDED: Words(
        gettext_lazy("Succeeded"),
        "good",
        "circle-check",
        gettext_lazy("A block carries it, and the contract accepted it."),
    ),
    Outcome.REVERTED: Words(
        gettext_lazy("Refused by the contract"),
        "warn",
        "ban",
        gettext_lazy(
            "A block carries it, but the contract refused it. It changed nothing, though its fee "
            "is spent. The call is tried again, unless what it was for is there already."
        ),
    ),
    Outcome.REPLACED: Words(
        gettext_lazy("Replaced"),
        "neutral",
        "replace",
        gettext_lazy(
            "Another attempt with the same nonce was taken up. This one never will be, and costs "
            "nothing."
        ),
    ),
    Outcome.DISPLACED: Words(
        gettext_lazy("Displaced"),
        "bad",
        "alert-triangle",
        gettext_lazy(
            "A transaction that Salus did not send used up its nonce: somebody else can sign for "
            "this account. The call is tried again, and whoever runs this portal has to look into "
            "it."
        ),
    ),
}


@dataclass(frozen=True)
class JobRow:
    """A job as a list shows it."""

    id: UUID
    kind: str
    reason: str
    purpose: str
    account: str  # the one that signed last; empty before
    state: str
    words: str | Promise
    tone: str
    icon: str
    attempts: int
    fee: str  # paid at most; empty while nothing is in a block
    fee_wei: int | None
    when: datetime


@dataclass(frozen=True)
class Attempt:
    """A signed transaction."""

    number: int
    account: str
    nonce: int
    hash: str
    gas: int
    max_fee: str
    tip: str
    max_fee_wei: int
    tip_wei: int
    most: str  # what it costs at most
    outcome: str
    words: Words
    block_number: int | None
    block_hash: str
    when: datetime


@dataclass(frozen=True)
class JobPage:
    """A job with all its attempts and what it carries."""

    row: JobRow
    does: str | Promise  # what the account is for
    to: str
    attempts: list[Attempt]
    batch: int | None
    given: int | None  # entries of a call to the registry; None before it is signed
    ended: int | None
    failures: int
    error: str  # empty for those who may not see it
    not_before: datetime | None
    unsettled: bool


def job_row(sending: Sending) -> JobRow:
    """One line of a list."""
    job, attempts = sending.job, sending.attempts
    tried_in_vain = job.state == Job.State.QUEUED and job.failures
    words, tone, icon = WAITS_AGAIN if tried_in_vain else STATES[job.state]
    paid = _paid(attempts)
    return JobRow(
        id=job.pk,
        kind=job.key.partition(":")[0],
        reason=_reason(sending),
        purpose=job.purpose,
        account=attempts[-1].account_id if attempts else "",
        state=job.state,
        words=words,
        tone=tone,
        icon=icon,
        attempts=len(attempts),
        fee="" if paid is None else fee(paid),
        fee_wei=paid,
        when=job.created_at,
    )


def job_page(sending: Sending, *, overseer: bool) -> JobPage:
    """A job's own page. What a node said may hold internals: it is for overseers alone."""
    job = sending.job
    count, ended = _entries(sending), _ends(sending)
    return JobPage(
        row=job_row(sending),
        does=PURPOSES.get(job.purpose, ""),
        to=hex_or_nothing(job.to),
        attempts=[_attempt(n, row) for n, row in enumerate(sending.attempts, start=1)],
        batch=sending.batch.sequence if sending.batch else None,
        given=None if ended else count,
        ended=count if ended else None,
        failures=job.failures,
        error=job.error if overseer else "",
        not_before=job.not_before if job.state == Job.State.QUEUED else None,
        unsettled=job.state != Job.State.FINAL,
    )


def _reason(sending: Sending) -> str:
    """What it is for: by the kind that the key names, else as whoever asked for it put it."""
    kind, _colon, rest = sending.job.key.partition(":")
    match kind, rest.partition(":")[0]:
        case "anchor", _id if sending.batch:
            return _("Add batch %(number)s to the log") % {"number": sending.batch.sequence}
        case "consents", _id:
            return _consents(sending)
        case "create", name:
            return _("Create the contract %(name)s") % {"name": name}
        case "role", change if change in ROLES:
            return str(ROLES[change])
    return sending.job.reason


def _consents(sending: Sending) -> str:
    ended, count = _ends(sending), _entries(sending)
    if count is None:
        return _("Record the end of consents") if ended else _("Record consents that were given")
    if ended:
        words = ngettext(
            "Record the end of %(n)d consent", "Record the end of %(n)d consents", count
        )
    else:
        words = ngettext("Record %(n)d consent", "Record %(n)d consents", count)
    return words % {"n": count}


def _ends(sending: Sending) -> bool:
    return sending.called is not None and sending.called.action == Action.REVOKE


def _entries(sending: Sending) -> int | None:
    """How many entries a call holds: before anything is signed, the chain does not show it."""
    return sending.called.entries if sending.called and sending.attempts else None


def _paid(attempts: list[Transaction]) -> int | None:
    """The most that all attempts in a block cost together, in wei; None where there are none."""
    mined = [row for row in attempts if row.outcome in MINED]
    return sum(_most(row) for row in mined) if mined else None


def _most(row: Transaction) -> int:
    return int(row.gas * row.max_fee)


def _attempt(number: int, row: Transaction) -> Attempt:
    return Attempt(
        number=number,
        account=row.account_id,
        nonce=row.nonce,
        hash=hex_of(row.hash),
        gas=row.gas,
        max_fee=gwei(int(row.max_fee)),
        tip=gwei(int(row.tip)),
        max_fee_wei=int(row.max_fee),
        tip_wei=int(row.tip),
        most=fee(_most(row)),
        outcome=row.outcome,
        words=OUTCOMES[row.outcome],
        block_number=row.block_number,
        block_hash=hex_or_nothing(row.block_hash),
        when=row.created_at,
    )
