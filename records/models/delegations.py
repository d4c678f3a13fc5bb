"""Who stands in for a patient: parents, guardians, carers."""

import uuid
from datetime import date, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.models.clinical import Patient


class Delegation(models.Model):
    """Somebody reads a patient's record like the patient, and may share it if that was said.

    Offered to an e-mail address; it counts once the person who has that address accepts.
    """

    class Kind(models.TextChoices):
        """What the person is to the patient."""

        PARENT = "parent", _("Parent")
        GUARDIAN = "guardian", _("Guardian")
        CARER = "carer", _("Carer")

    class State(models.TextChoices):
        """Whether it counts; it also ends by itself, at `ends_at`."""

        OFFERED = "offered", _("Waiting for their answer")
        ACTIVE = "active", _("Active")
        ENDED = "ended", _("Ended")

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        State.OFFERED: frozenset({State.ACTIVE, State.ENDED}),
        State.ACTIVE: frozenset({State.ENDED}),
        State.ENDED: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="delegations")
    delegate = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    # The address: a keyed hash to be found by, and sealed under the patient's key to be shown.
    email_digest = models.BinaryField(max_length=32)
    sealed_email = models.BinaryField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    may_share = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=State.choices, default=State.OFFERED)
    established_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    # The organisation whose registrar established it; none where the patient did.
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, related_name="+"
    )
    sealed_reason = models.BinaryField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "email_digest"], name="delegation_one_standing",
                condition=~models.Q(state="ended"),
            ),
            models.CheckConstraint(
                name="delegation_ended_at_with_ended",
                condition=models.Q(state="ended") ^ models.Q(ended_at=None),
            ),
            models.CheckConstraint(
                name="delegation_active_has_delegate",
                condition=~models.Q(state="active") | models.Q(delegate__isnull=False),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["email_digest"], name="delegation_by_email"),
            models.Index(fields=["delegate"], name="delegation_by_delegate"),
        ]

    @property
    def last_day(self) -> date:
        """The last day on which it counts."""
        return (self.ends_at - timedelta(seconds=1)).date()
