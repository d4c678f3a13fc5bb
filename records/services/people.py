"""Whose record it is: the account that a patient's record belongs to."""

from uuid import UUID

from accounts.models import User
from core.acting import portal_acts
from core.errors import Conflict
from records.models import ANY_TYPE, NEVER, EffectiveAccess, Patient


@portal_acts()
def patient_link(*, patient: Patient, account: User) -> Patient:
    """From now on it is this person's own record; raises Conflict where it is somebody's already."""
    row = Patient.objects.select_for_update().get(pk=patient.pk)
    if row.account_id is not None:
        raise Conflict
    row.account = account
    row.save(update_fields=["account"])
    EffectiveAccess.objects.create(
        patient=row, grantee_id=account.pk, resource_type=ANY_TYPE, ends_at=NEVER,
        reason=EffectiveAccess.Reason.OWN,
    )  # fmt: skip
    return row


@portal_acts()
def patient_unlink(*, account_id: UUID) -> None:
    """The record stays, and no account leads to it any more; safe to run twice."""
    own = EffectiveAccess.objects.filter(grantee_id=account_id)
    own.filter(reason=EffectiveAccess.Reason.OWN).delete()
    Patient.objects.filter(account=account_id).update(account=None)
