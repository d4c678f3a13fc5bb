"""Telling people in time that something they share is about to end."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from core.acting import portal_acts
from records.models import Consent
from records.notices import ending_told

AHEAD = timedelta(days=7)
AT_ONCE = 500


@transaction.atomic
@portal_acts()
def sharing_remind() -> int:
    """Tell of each grant that ends within a week, once; gives of how many.

    Of one that was given for less than that, nobody needs to be told.
    """
    now = timezone.now()
    rows = Consent.objects.select_for_update(skip_locked=True, of=("self",))
    rows = rows.select_related("patient__account").filter(
        status=Consent.Status.ACTIVE, reminded_at=None, ends_at__gt=now, ends_at__lte=now + AHEAD
    )
    found = list(rows.order_by("ends_at")[:AT_ONCE])
    for row in found:
        if row.ends_at - row.created_at > AHEAD:
            ending_told(row)
    Consent.objects.filter(pk__in=[row.pk for row in found]).update(reminded_at=now)
    return len(found)
