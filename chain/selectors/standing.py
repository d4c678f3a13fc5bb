"""How the ledger stands."""

from dataclasses import dataclass

from django.db.models import Count, Max, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from chain.models import LOG_KINDS, AnchorState, Block, Commitment, Event, Job, RegistryEntry
from chain.selectors.batches import batches


@dataclass(frozen=True)
class Standing:
    """What is there, and what is on its way."""

    batches: int
    sealed: int  # seals whose batch is final
    waiting: int  # seals whose batch is not, or that have none yet
    last_block: int | None
    final_block: int | None


def standing() -> Standing:
    """How the ledger stands, in three queries."""
    final = Q(state=AnchorState.FINAL)
    found = batches().aggregate(
        batches=Count("pk"),
        sealed=Sum("count", filter=final, default=0),
        under_way=Sum("count", filter=~final, default=0),
    )
    blocks = Block.objects.aggregate(last=Max("number"), final=Max("number", filter=Q(final=True)))
    waiting = found["under_way"] + _unbatched().count()
    return Standing(found["batches"], found["sealed"], waiting, blocks["last"], blocks["final"])


def under_way() -> bool:
    """Whether anything waits to be sent or for a further block, in one query.

    Each part has an index, however much is final: what has left and is not in a block has an open
    job, and what is in a block that is not final has an event there.
    """
    final = Block.objects.filter(final=True).order_by("-number").values("number")[:1]
    above = Q(block_number__gt=Coalesce(Subquery(final), -1))
    parts = (
        RegistryEntry.objects.filter(job=None),
        Job.objects.filter(state__in=[Job.State.QUEUED, Job.State.SENT]),
        Event.objects.filter(above, orphaned=False),
    )
    found = [part.annotate(one=Value(1)).values("one") for part in parts]
    return _unbatched().annotate(one=Value(1)).values("one").union(*found, all=True).exists()


def _unbatched() -> QuerySet[Commitment]:
    """Seals without a batch; consents have none, they go to the registry."""
    return Commitment.objects.filter(batch=None, kind__in=LOG_KINDS)
