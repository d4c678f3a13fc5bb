"""What people want corrected by those who keep it."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models.organisations import Organisation
from accounts.models.people import User


class CorrectionState(models.TextChoices):
    """How far a request is."""

    OPEN = "open", _("open")
    ANSWERED = "answered", _("answered")
    WITHDRAWN = "withdrawn", _("withdrawn")


class CorrectionRequest(models.Model):
    """A person asks an organisation to correct what it keeps of them; the words lie sealed."""

    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        CorrectionState.OPEN: frozenset({CorrectionState.ANSWERED, CorrectionState.WITHDRAWN}),
        CorrectionState.ANSWERED: frozenset(),
        CorrectionState.WITHDRAWN: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="correction_requests")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="correction_requests"
    )
    state = models.CharField(
        max_length=9, choices=CorrectionState.choices, default=CorrectionState.OPEN
    )
    sealed_wish = models.BinaryField()
    sealed_answer = models.BinaryField(null=True)
    corrected = models.BooleanField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="correction_state_known", condition=Q(state__in=CorrectionState.values)
            ),
            models.CheckConstraint(
                name="correction_ended_at_unless_open",
                condition=Q(state="open") ^ Q(ended_at__isnull=False),
            ),
            models.CheckConstraint(
                name="correction_answer_with_answered",
                condition=Q(state="answered", sealed_answer__isnull=False, corrected__isnull=False)
                | (~Q(state="answered") & Q(sealed_answer=None, corrected=None)),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="correction_by_user"),
            models.Index(
                fields=["organisation", "created_at"], name="correction_open",
                condition=Q(state="open"),
            ),
        ]  # fmt: skip

    def advance(self, state: CorrectionState, **fields: Any) -> None:
        """Take a step that the table allows, and save it; the caller holds the row's lock."""
        if state not in self.TRANSITIONS[self.state]:
            raise ValueError(f"a request can't go from {self.state} to {state}")
        for name, value in {"state": state, **fields}.items():
            setattr(self, name, value)
        self.save(update_fields=["state", *fields])
