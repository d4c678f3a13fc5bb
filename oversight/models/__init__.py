"""Seals over the audit trail; rules and what they find; cases that people open."""

from oversight.models.cases import Case, CaseEvent, CaseState
from oversight.models.findings import Finding, FindingState, Rule, RuleSetting, Scan
from oversight.models.seals import AuditSeal, AuditSealed

__all__ = [
    "AuditSeal", "AuditSealed", "Case", "CaseEvent", "CaseState", "Finding", "FindingState",
    "Rule", "RuleSetting", "Scan",
]  # fmt: skip
