"""Reading the audit trail."""

from django.db.models import QuerySet

from core.models import AuditEvent


def audit_events(name: str = "") -> QuerySet[AuditEvent]:
    """All events or those of one name, newest first."""
    events = AuditEvent.objects.order_by("-at", "-pk")
    return events.filter(name=name) if name else events
