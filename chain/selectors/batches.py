"""Batches of the log in use. A tree has megabytes: `nodes` is never loaded here."""

from django.db.models import QuerySet

from chain.contracts import LOG
from chain.models import AnchorState, Batch, Commitment, Kind
from chain.selectors.paging import Page, number, page_of
from core.models import OwnerKind


def batches() -> QuerySet[Batch]:
    """All batches of the log in use, newest first."""
    rows = Batch.objects.filter(log__name=LOG, log__current=True)
    return rows.select_related("log").defer("nodes").order_by("-sequence")


def batches_page(before: str) -> Page[Batch]:
    """The newest batches, or those before a sequence."""
    rows, last = batches(), number(before)
    return page_of(rows if last is None else rows.filter(sequence__lt=last), lambda b: b.sequence)


def batch_of(sequence: int) -> Batch | None:
    """One batch."""
    return batches().filter(sequence=sequence).first()


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
