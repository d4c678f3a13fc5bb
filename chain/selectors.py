"""Reading the ledger for its own pages: batches newest first, and how things stand."""

from dataclasses import dataclass

from django.db.models import Count, Max, Q, Sum

from chain.models import AnchorState, Batch, Block, Commitment, Contract, Kind
from core.models import OwnerKind

PAGE = 20


@dataclass(frozen=True)
class Page:
    """Some batches, and the sequence below which there are older ones."""

    batches: list[Batch]
    older: int | None


@dataclass(frozen=True)
class Summary:
    """How the ledger stands."""

    batches: int
    sealed: int  # commitments whose batch is final
    waiting: int  # commitments whose batch is not, or who have none yet
    unsettled: bool  # a batch or a commitment is on its way
    last_block: int | None


def batches_page(log: Contract, before: int | None) -> Page:
    """The newest batches of a log, or those before a sequence; their trees are not loaded."""
    rows = log.batches.defer("nodes").order_by("-sequence")
    if before is not None:
        rows = rows.filter(sequence__lt=before)
    found = list(rows[: PAGE + 1])
    return Page(found[:PAGE], found[PAGE - 1].sequence if len(found) > PAGE else None)


def batch_of(log: Contract, sequence: int) -> Batch | None:
    """One batch of a log; its tree is not loaded."""
    return log.batches.defer("nodes").filter(sequence=sequence).first()


def summary_of(log: Contract) -> Summary:
    """How the ledger stands, in three queries."""
    final = Q(state=AnchorState.FINAL)
    found = log.batches.aggregate(
        batches=Count("pk"),
        sealed=Sum("count", filter=final, default=0),
        under_way=Sum("count", filter=~final, default=0),
    )
    waiting = found["under_way"] + Commitment.objects.filter(batch=None).count()
    last = Block.objects.aggregate(last=Max("number"))["last"]
    return Summary(found["batches"], found["sealed"], waiting, waiting > 0, last)


def sample_commitment() -> Commitment | None:
    """The newest final commitment to a directory entry: nobody's personal data."""
    rows = Commitment.objects.filter(
        kind=Kind.FHIR,
        owner_kind=OwnerKind.PORTAL,
        batch__state=AnchorState.FINAL,
        batch__log__current=True,
    )
    joined = rows.select_related("batch__log").defer("batch__nodes")
    return joined.order_by("-batch__sequence", "position").first()
