"""What the dashboard shows of shipments."""

from typing import Any

from django.http import HttpRequest

from accounts.viewer import viewer_of
from supply.presenters import Shown
from supply.selectors import shipments_of

RECENT = 5


def recent_shipments(request: HttpRequest) -> dict[str, Any]:
    """The organisation's newest shipments."""
    organisation = viewer_of(request).organisation
    rows = shipments_of(organisation)[:RECENT] if organisation else []
    return {"shipments": [Shown(row) for row in rows]}
