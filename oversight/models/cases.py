"""Cases: what looked wrong to a person or an auditor, and what was said about it."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from core.models import AuditEvent
from records.models import Patient


class CaseState(models.TextChoices):
    """How far a case is, in the words that people see."""

    OPEN = "open", _("Waiting for an auditor")
    IN_REVIEW = "in-review", _("Being looked into")
    ANSWERED = "answered", _("Answered")


class Case(models.Model):
    """A question about who read a record; the patient's own words lie under the patient's key."""

    State = CaseState
    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        CaseState.OPEN: frozenset({CaseState.IN_REVIEW}),
        CaseState.IN_REVIEW: frozenset({CaseState.ANSWERED}),
        CaseState.ANSWERED: frozenset(),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # Whose record; empty where an auditor opened it, who knows the pseudonym alone.
    patient = models.ForeignKey(
        Patient, on_delete=models.PROTECT, null=True, related_name="audit_cases"
    )
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.OPEN)
    sealed_question = models.BinaryField()
    sealed_answer = models.BinaryField(null=True)
    opened_by_id = models.UUIDField()
    opened_at = models.DateTimeField(auto_now_add=True)
    taken_by_id = models.UUIDField(null=True)
    taken_at = models.DateTimeField(null=True)
    answered_by_id = models.UUIDField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="case_taken_unless_open",
                condition=models.Q(state="open", taken_at=None, taken_by_id=None)
                | models.Q(
                    state__in=["in-review", "answered"],
                    taken_at__isnull=False, taken_by_id__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="case_answer_with_answered",
                condition=models.Q(
                    state="answered", answered_at__isnull=False, answered_by_id__isnull=False,
                    sealed_answer__isnull=False,
                )
                | models.Q(
                    state__in=["open", "in-review"], answered_at=None, answered_by_id=None,
                    sealed_answer=None,
                ),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["patient", "-opened_at"], name="case_by_patient"),
            models.Index(fields=["-opened_at", "id"], name="case_newest"),
        ]

    def advance(self, state: CaseState) -> None:
        """Take a step that the table allows; the caller saves."""
        if state not in self.TRANSITIONS[self.state]:
            raise ValueError(f"a case can't go from {self.state} to {state}")
        self.state = state


class CaseEvent(models.Model):
    """A row of the trail that a case is about."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="concerned")
    # Never a hold on the row: the trail stands by itself.
    event = models.ForeignKey(
        AuditEvent, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "event"], name="case_event_once")]
