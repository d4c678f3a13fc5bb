"""What auditors do about findings and rules: each step is audited."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.viewer import Viewer
from core import audit
from core.errors import Conflict, Invalid, Problem
from core.models import AuditEvent
from oversight.gates import require_auditor
from oversight.models import AuditSeal, Case, Finding, FindingState, Rule, RuleSetting, Scan
from oversight.services.cases import case_of_finding

LONGEST = 2000  # characters of a reason
LOOK_BACK = timedelta(days=7)


@transaction.atomic
def finding_dismiss(*, finding: Finding, reason: str, by: Viewer) -> Finding:
    """It is nothing, for a reason that stays."""
    row = _settle(finding, FindingState.DISMISSED, reason, by)
    row.save()
    audit.record(
        audit.Name.FINDING_DISMISSED, by=by.actor, target=f"Finding/{row.pk}", reason=row.reason
    )
    return row


@transaction.atomic
def finding_escalate(*, finding: Finding, reason: str, by: Viewer) -> Case:
    """It needs somebody to look into it: a case, with the events that it is about."""
    row = _settle(finding, FindingState.ESCALATED, reason, by)
    row.case = case_of_finding(row, by=by)
    row.save()
    audit.record(
        audit.Name.FINDING_ESCALATED, by=by.actor, target=f"Finding/{row.pk}", reason=row.reason
    )
    return row.case


def _settle(finding: Finding, state: FindingState, reason: str, by: Viewer) -> Finding:
    require_auditor(by)
    words = reason.strip()
    if not words or len(words) > LONGEST:
        raise Invalid(problems=[Problem("reason", _("Say why, in at most 2,000 characters."))])
    row = Finding.objects.select_for_update().get(pk=finding.pk)
    if row.state != FindingState.OPEN:
        raise Conflict(_("Somebody has dealt with this already."))
    row.advance(state)
    row.reason, row.settled_by_id, row.settled_at = words, by.user.pk, timezone.now()
    return row


@transaction.atomic
def rule_change(*, rule: Rule, by: Viewer, **values: Any) -> RuleSetting:
    """Make a rule more or less strict; the last seven days are looked through once more."""
    require_auditor(by)
    row, _made = RuleSetting.objects.update_or_create(rule=rule, defaults=values)
    since = timezone.now() - LOOK_BACK
    before = AuditSeal.objects.filter(at__lt=since).order_by("-number").first()
    Scan.objects.filter(seal__gt=before.number if before else 0).update(
        seal=before.number if before else 0
    )
    said = {name: str(value) for name, value in values.items()}
    audit.record(audit.Name.RULE_CHANGED, by=by.actor, target=f"Rule/{rule}", parameters=said)
    return row


def events_of_finding(finding: Finding) -> list[int]:
    """The rows that a finding is about: its event's request, or its hour."""
    first = AuditEvent.objects.get(pk=finding.event_id)
    rows = AuditEvent.objects.filter(actor_id=finding.actor_id)
    if finding.rule in (Rule.AFTER_HOURS, Rule.MANY_PATIENTS):
        hour = first.at.replace(minute=0, second=0, microsecond=0)
        rows = rows.filter(at__gte=hour, at__lt=hour + timedelta(hours=1))
    else:
        rows = rows.filter(request=first.request)
    return list(rows.exclude(subject=None).order_by("pk").values_list("pk", flat=True)[:500])
