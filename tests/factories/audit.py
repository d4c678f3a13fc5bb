"""What audit rows say, for who may know."""

from uuid import UUID

from core.audit import Details, details_of
from core.keys import Owner, sealer_for
from core.models import AuditEvent


def told(event: AuditEvent, patient: UUID | str | None = None) -> Details:
    """The details of a row, opened under the patient's key, else the portal's."""
    owner = Owner.patient(UUID(str(patient))) if patient else Owner.portal()
    return details_of(event, sealer_for(owner))
