"""Jobs: calls that shall take effect once, whatever becomes of their attempts."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from chain.locks import watching
from chain.models import Job, Transaction

logger = logging.getLogger(__name__)

# After the nth failure in a row a job waits 2^n seconds, but never longer than this.
LONGEST_WAIT = timedelta(minutes=2)


@dataclass(frozen=True)
class JobKind:
    """What a job's key stands for: whether its effect is on the chain, and who hears that it left."""

    has_effect: Callable[[Job], bool]
    sent: Callable[[Job], object] | None = None


_kinds: dict[str, JobKind] = {}


def register_kind(name: str, kind: JobKind) -> None:
    """At start-up: say what the keys `name:...` stand for."""
    _kinds[name] = kind


def kind_of(job: Job) -> JobKind:
    """The kind that the key names."""
    return _kinds[job.key.partition(":")[0]]


def enqueue(*, purpose: str, to: bytes | None, data: bytes, reason: str, key: str) -> Job:
    """Ask for a call that shall take effect once; asking again with the key changes nothing."""
    defaults = {"purpose": purpose, "to": to, "data": data, "reason": reason}
    assert key.partition(":")[0] in _kinds, f"no kind of job is registered for {key}"
    job, _ = Job.objects.get_or_create(key=key, defaults=defaults)
    return job


def effect_seen(job: Job) -> None:
    """Its effect is on the chain, by this attempt, another one, or somebody else's transaction."""
    Job.objects.filter(pk=job.pk).update(state=Job.State.MINED, error="", failures=0)


@transaction.atomic
def came_to_nothing(job: Job, why: str) -> None:
    """An attempt failed: unless the effect is there all the same, the job is tried again later.

    Not while another attempt is under way, which another worker may have signed just now.
    """
    watching()  # no block is taken back between the look and the note
    if kind_of(job).has_effect(job):
        effect_seen(job)
        return
    if job.transactions.filter(outcome=Transaction.Outcome.PENDING).exists():
        return
    logger.warning("job %s (%s): %s", job.pk, job.reason, why)
    wait = min(timedelta(seconds=2 ** min(job.failures, 16)), LONGEST_WAIT)
    # Only from the state in which it was read: whoever changed it since then knows more.
    Job.objects.filter(pk=job.pk, state=job.state).update(
        state=Job.State.QUEUED,
        failures=job.failures + 1,
        error=why[:200],
        not_before=timezone.now() + wait,
    )


def trouble() -> list[str]:
    """What an operator should know of: jobs that fail, accounts that run dry or are not ours alone."""
    from chain.sender.accounts import account_troubles

    open_states = [Job.State.QUEUED, Job.State.SENT]
    failing = Job.objects.exclude(error="").filter(state__in=open_states).order_by("created_at")
    return [f"{job.reason}: {job.error}" for job in failing[:3]] + account_troubles()
