"""Cases and findings, in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.selectors import people_names
from core.audit import pseudonym
from oversight.models import Case, CaseState, Finding, FindingState, Rule
from oversight.presenters.trail import SHORT
from oversight.services.cases import answer_of, question_of

TONES = {
    CaseState.OPEN: "warn", CaseState.IN_REVIEW: "info", CaseState.ANSWERED: "good",
    FindingState.OPEN: "warn", FindingState.DISMISSED: "neutral", FindingState.ESCALATED: "info",
}  # fmt: skip


@dataclass(frozen=True)
class CaseRow:
    """A case; its words are opened where they are shown."""

    case: Case

    @property
    def patient(self) -> str:
        """By pseudonym; empty where an auditor opened it out of a finding."""
        known = self.case.patient_id
        return str(pseudonym(known))[:SHORT] if known else ""

    @property
    def state(self) -> str:
        """In words."""
        return str(self.case.get_state_display())

    @property
    def tone(self) -> str:
        """Of the badge."""
        return TONES[CaseState(self.case.state)]

    @property
    def question(self) -> str:
        """What was asked."""
        return question_of(self.case)

    @property
    def answer(self) -> str:
        """What was answered."""
        return answer_of(self.case)


@dataclass(frozen=True)
class FindingRow:
    """A finding."""

    finding: Finding
    who: str

    @property
    def rule(self) -> str:
        """By which rule."""
        return str(self.finding.get_rule_display())

    @property
    def state(self) -> str:
        """In words."""
        return str(self.finding.get_state_display())

    @property
    def tone(self) -> str:
        """Of the badge."""
        return TONES[FindingState(self.finding.state)]

    @property
    def at(self) -> datetime:
        """When it happened."""
        return self.finding.at

    @property
    def words(self) -> str:
        """What it is about."""
        count = self.finding.count
        patients = ngettext("%(count)d patient", "%(count)d patients", count) % {"count": count}
        sentences = {
            Rule.AFTER_HOURS: _("Looked at %(patients)s outside of the working day."),
            Rule.NO_RELATIONSHIP: _(
                "Looked at %(patients)s of whom the organisation knows nothing."
            ),
            Rule.MANY_PATIENTS: _("Looked at %(patients)s within an hour."),
            Rule.BREAK_GLASS: _("Opened %(patients)s for an emergency."),
        }
        return sentences[Rule(self.finding.rule)] % {"patients": patients}


def finding_rows(findings: Sequence[Finding]) -> list[FindingRow]:
    """With the names of those who looked: people at work, never a patient."""
    names = people_names(row.actor_id for row in findings)
    return [
        FindingRow(row, names.get(row.actor_id, _("Somebody who has left"))) for row in findings
    ]


def names_of(ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """People by id, without those that are not known."""
    return people_names(pk for pk in ids if pk)
