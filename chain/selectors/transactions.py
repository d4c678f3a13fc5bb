"""Jobs and their attempts: what was asked for, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import QuerySet, Subquery
from django.db.models.functions import Length, Substr

from chain.artifacts import artifact
from chain.contracts import REGISTRY
from chain.models import Batch, Job, RegistryEntry, Transaction
from chain.selectors.batches import batches
from chain.selectors.paging import Page, page_of, uuid

# Bytes of a call by the ABI: what names the function; with a list's offset and length; an entry.
SELECTOR, LIST_HEAD, WORD = 4, 68, 32


@dataclass(frozen=True)
class Called:
    """A call to the registry: whether it gives or ends consents, and how many entries it holds."""

    action: str
    entries: int


@dataclass
class Sending:
    """A job with its attempts, oldest first, and what it carries."""

    job: Job
    attempts: list[Transaction] = field(default_factory=list)
    batch: Batch | None = None
    called: Called | None = None


def jobs() -> QuerySet[Job]:
    """All jobs, newest first; what they call with stays where it is."""
    return Job.objects.defer("data").order_by("-created_at", "-id")


def jobs_page(before: str) -> Page[Job]:
    """The newest jobs, or those before a job."""
    rows, last = jobs(), uuid(before)
    if last is not None:
        then = Subquery(Job.objects.filter(pk=last).values("created_at")[:1])
        rows = rows.filter(created_at__lte=then).exclude(created_at=then, id__gte=last)
    return page_of(rows, lambda job: job.pk)


def sending_of(pk: UUID) -> Sending | None:
    """One job with what belongs to it."""
    return next(iter(sendings(list(jobs().filter(pk=pk)))), None)


def sendings(found: Sequence[Job]) -> list[Sending]:
    """Jobs with what belongs to them, in three queries however many they are."""
    by_job = {job.pk: Sending(job) for job in found}
    attempts = Transaction.objects.filter(job__in=by_job).defer("raw")
    for attempt in attempts.order_by("nonce", "max_fee"):
        by_job[attempt.job_id].attempts.append(attempt)
    for batch in batches().filter(job__in=by_job):
        if batch.job_id is not None:
            by_job[batch.job_id].batch = batch
    for pk, called in _called(list(by_job)).items():
        by_job[pk].called = called
    return list(by_job.values())


def _called(pks: Sequence[UUID]) -> dict[UUID, Called]:
    """How many entries each call to the registry holds, as anybody can count them on the chain.

    That is more than the portal's people asked for: random companions are among them (see
    chain.registry), and nothing here may tell how many.
    """
    rows = Job.objects.filter(pk__in=pks, key__startswith="consents:")
    found = rows.values_list("pk", Substr("data", 1, SELECTOR), Length("data"))
    actions = {artifact(REGISTRY).call(a, [])[:SELECTOR]: a for a in RegistryEntry.Action}
    return {
        pk: Called(actions[bytes(selector)], (size - LIST_HEAD) // WORD)
        for pk, selector, size in found
        if bytes(selector) in actions
    }
