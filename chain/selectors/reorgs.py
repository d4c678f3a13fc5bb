"""Reorganisations that the watcher saw."""

from django.db.models import QuerySet

from chain.models import Reorg
from chain.selectors.paging import Page, number, page_of


def reorgs() -> QuerySet[Reorg]:
    """All of them, newest first."""
    return Reorg.objects.order_by("-id")


def reorgs_page(before: str) -> Page[Reorg]:
    """The newest, or those before an id."""
    rows, last = reorgs(), number(before)
    return page_of(rows if last is None else rows.filter(id__lt=last), lambda reorg: reorg.pk)
