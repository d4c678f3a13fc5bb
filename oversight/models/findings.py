"""Rules that look through the trail, and what they found."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.models import AuditEvent
from oversight.models.cases import Case


class Rule(models.TextChoices):
    """What is looked for."""

    AFTER_HOURS = "after-hours", _("After hours")
    NO_RELATIONSHIP = "no-relationship", _("No relationship")
    MANY_PATIENTS = "many-patients", _("Many patients")
    BREAK_GLASS = "break-glass", _("Emergency access")


class RuleSetting(models.Model):
    """How strict a rule is; an auditor may change it, which is audited."""

    rule = models.CharField(max_length=16, choices=Rule.choices, primary_key=True)
    active = models.BooleanField(default=True)
    # After hours: the working day, in hours of the portal's time zone.
    opens = models.PositiveSmallIntegerField(default=7)
    closes = models.PositiveSmallIntegerField(default=20)
    # Many patients: from how many on, within one hour.
    most = models.PositiveIntegerField(default=25)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="rule_hours_in_a_day",
                condition=models.Q(opens__lt=models.F("closes"), closes__lte=24),
            ),
            models.CheckConstraint(name="rule_most_positive", condition=models.Q(most__gt=0)),
        ]


class Scan(models.Model):
    """Up to which seal the rules have looked: one row."""

    only = models.BooleanField(primary_key=True, default=True, editable=False)
    seal = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(name="scan_only_one", condition=models.Q(only=True))]


class FindingState(models.TextChoices):
    """What became of a finding."""

    OPEN = "open", _("Open")
    DISMISSED = "dismissed", _("Dismissed")
    ESCALATED = "escalated", _("Made a case")


class Finding(models.Model):
    """Something in the trail that a rule points at."""

    State = FindingState
    TRANSITIONS: ClassVar[dict[str, frozenset[str]]] = {
        FindingState.OPEN: frozenset({FindingState.DISMISSED, FindingState.ESCALATED}),
        FindingState.DISMISSED: frozenset(),
        FindingState.ESCALATED: frozenset(),
    }

    rule = models.CharField(max_length=16, choices=Rule.choices)
    # What was found, by what makes it one: looking again finds it again, not another one.
    key = models.CharField(max_length=120, unique=True)
    event = models.ForeignKey(
        AuditEvent, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    actor_id = models.UUIDField()
    # How many patients it is about.
    count = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()
    found_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=FindingState.choices, default=FindingState.OPEN)
    reason = models.TextField(blank=True)
    settled_by_id = models.UUIDField(null=True)
    settled_at = models.DateTimeField(null=True)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, null=True, related_name="finding")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="finding_settled_unless_open",
                condition=models.Q(
                    state="open", settled_at=None, settled_by_id=None, reason="", case=None
                )
                | (
                    models.Q(settled_at__isnull=False, settled_by_id__isnull=False)
                    & (
                        (models.Q(state="dismissed", case=None) & ~models.Q(reason=""))
                        | models.Q(state="escalated", case__isnull=False)
                    )
                ),
            )
        ]
        indexes = [models.Index(fields=["state", "-at", "-id"], name="finding_by_state")]

    def advance(self, state: FindingState) -> None:
        """Take a step that the table allows; the caller saves."""
        if state not in self.TRANSITIONS[self.state]:
            raise ValueError(f"a finding can't go from {self.state} to {state}")
        self.state = state
