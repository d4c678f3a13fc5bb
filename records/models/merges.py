"""Two records of one person, put together, and apart again."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from records.models.clinical import Patient


class PatientMerge(models.Model):
    """One person says that two records are of the same patient, a second one confirms it."""

    class State(models.TextChoices):
        """How far it is."""

        PROPOSED = "proposed", _("Waiting for a second person")
        REFUSED = "refused", _("Refused")
        MERGED = "merged", _("Merged")
        UNDONE = "undone", _("Undone")

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        State.PROPOSED: frozenset({State.REFUSED, State.MERGED}),
        State.MERGED: frozenset({State.UNDONE}),
        State.REFUSED: frozenset(),
        State.UNDONE: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    retired = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges_away")
    survivor = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges_in")
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, related_name="+"
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.PROPOSED)
    sealed_reason = models.BinaryField()
    proposed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)
    sealed_undo_reason = models.BinaryField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["retired"], name="patient_merge_one_standing",
                condition=Q(state__in=["proposed", "merged"]),
            ),
            models.CheckConstraint(name="patient_merge_two_records", condition=~Q(retired=F("survivor"))),
            models.CheckConstraint(
                name="patient_merge_two_people",
                condition=~Q(state__in=["merged", "undone"]) | ~Q(proposed_by=F("decided_by")),
            ),
            models.CheckConstraint(
                name="patient_merge_decided", condition=Q(state="proposed") ^ Q(decided_at__isnull=False)
            ),
            models.CheckConstraint(
                name="patient_merge_undone", condition=Q(state="undone") ^ Q(undone_at=None)
            ),
        ]  # fmt: skip
