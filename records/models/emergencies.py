"""A record opened without its patient's word, because their life may depend on it."""

import uuid

from django.conf import settings
from django.db import models

from records.models.clinical import Patient


class EmergencyAccess(models.Model):
    """Somebody who cares for patients opened a record for a few hours, and said why.

    It counts until `ends_at`, or until it was ended before; there is nothing else to its state.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="emergencies")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    sealed_reason = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="emergency_access_ends_later",
                condition=models.Q(ends_at__gt=models.F("created_at")),
            )
        ]
        indexes = [
            models.Index(fields=["patient", "-created_at"], name="emergency_by_patient"),
            models.Index(fields=["by", "ends_at"], name="emergency_by_person"),
        ]
