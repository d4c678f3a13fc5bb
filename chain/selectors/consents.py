"""The registry as the chain shows it: events alone, whoever sent them.

Nothing here joins them to what Salus knows of consents, records or people.
"""

from django.db.models import Q, QuerySet

from chain.contracts import REGISTRY
from chain.models import AnchorState, Event, RegistryEntry
from chain.selectors.paging import Page, page_of, place

GRANTED, REVOKED = "Granted", "Revoked"


def consent_events() -> QuerySet[Event]:
    """Consents given and ended, newest first; what a reorganisation undid is not among them."""
    rows = Event.objects.filter(
        contract__name=REGISTRY, name__in=[GRANTED, REVOKED], orphaned=False
    )
    return rows.select_related("contract").order_by("-block_number", "-log_index")


def consents_page(before: str) -> Page[Event]:
    """The newest events, or those before a place on the chain."""
    rows, last = consent_events(), place(before)
    if last is not None:
        block, index = last
        same = Q(block_number=block, log_index__lt=index)
        rows = rows.filter(Q(block_number__lt=block) | same, block_number__lte=block)
    return page_of(rows, lambda event: f"{event.block_number}-{event.log_index}")


def consents_waiting() -> int:
    """Entries that are not final yet: for those who look after the ledger, and nobody else."""
    return RegistryEntry.objects.exclude(state=AnchorState.FINAL).count()
