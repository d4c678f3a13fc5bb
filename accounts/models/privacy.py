"""Copies of a person's data that they asked for."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User


class ExportState(models.TextChoices):
    """How far a copy is."""

    WAITING = "waiting", _("waiting")
    BUILDING = "building", _("being made")
    READY = "ready", _("ready")
    FAILED = "failed", _("not made")
    GONE = "gone", _("deleted")


class DataExport(models.Model):
    """Everything about a person in one encrypted file, for some days; one at a time."""

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        ExportState.WAITING: frozenset({ExportState.BUILDING, ExportState.GONE}),
        ExportState.BUILDING: frozenset(
            {ExportState.BUILDING, ExportState.READY, ExportState.FAILED, ExportState.GONE}
        ),
        ExportState.READY: frozenset({ExportState.GONE}),
        ExportState.FAILED: frozenset({ExportState.GONE}),
        ExportState.GONE: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="data_exports")
    state = models.CharField(max_length=8, choices=ExportState.choices, default=ExportState.WAITING)
    # The worker's run that makes it: one that was thought dead finds another's name here.
    run = models.UUIDField(null=True)
    beat_at = models.DateTimeField(null=True)  # when that run was last heard of
    tries = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    # The file's own key, sealed under the portal's; without it the file is noise.
    sealed_key = models.BinaryField(null=True)
    size = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user"], name="data_export_one_at_a_time", condition=~Q(state="gone")
            ),
            models.CheckConstraint(
                name="data_export_state_known", condition=Q(state__in=ExportState.values)
            ),
            models.CheckConstraint(
                name="data_export_key_while_ready",
                condition=Q(state="ready", sealed_key__isnull=False, expires_at__isnull=False)
                | (~Q(state="ready") & Q(sealed_key=None)),
            ),
        ]

    @property
    def under_way(self) -> bool:
        """Whether somebody is still at it."""
        return self.state in (ExportState.WAITING, ExportState.BUILDING)

    def advance(self, state: ExportState, **fields: Any) -> None:
        """Take a step that the table allows, and save it; the caller holds the row's lock."""
        if state not in self.TRANSITIONS[self.state]:
            raise ValueError(f"a copy can't go from {self.state} to {state}")
        for name, value in {"state": state, **fields}.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])
