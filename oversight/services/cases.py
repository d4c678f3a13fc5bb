"""Cases: opened by a patient or out of a finding, taken up and answered by an auditor."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.viewer import Viewer
from core import audit
from core.errors import Conflict, Invalid, Problem
from core.keys import KeyDestroyed, Owner, Sealer, sealer_for
from core.models import AuditEvent
from oversight.gates import require_auditor, require_patient
from oversight.models import Case, CaseEvent, CaseState, Finding

LONGEST = 4000  # characters
MOST_EVENTS = 500


@transaction.atomic
def case_open(*, events: Sequence[AuditEvent], text: str, by: Viewer) -> Case:
    """A person says that something about their record looks wrong."""
    patient = require_patient(by)
    subject = audit.pseudonym(patient.pk)
    if not events or any(event.subject != subject for event in events):
        raise Invalid(problems=[Problem("", _("There is nothing here to ask about."))])
    asked = CaseEvent.objects.filter(case__patient=patient, event=events[0])
    if asked.exclude(case__state=CaseState.ANSWERED).exists():
        raise Conflict(_("You have asked about this already. The answer comes here."))
    case = Case(patient=patient, opened_by_id=by.user.pk)
    case.sealed_question = _seal(case, "question", _words(text))
    case.save(force_insert=True)
    _concern(case, [event.pk for event in events])
    audit.record(audit.Name.CASE_OPENED, by=by.actor, subject=patient.pk, target=f"Case/{case.pk}")
    return case


def case_of_finding(finding: Finding, *, by: Viewer) -> Case:
    """A case out of a finding, in the caller's transaction; the auditor is at it from the start."""
    from oversight.services.findings import events_of_finding

    case = Case(opened_by_id=by.user.pk, taken_by_id=by.user.pk, taken_at=timezone.now())
    case.state = CaseState.IN_REVIEW
    case.sealed_question = _seal(case, "question", finding.reason)
    case.save(force_insert=True)
    _concern(case, events_of_finding(finding))
    return case


def _concern(case: Case, events: Sequence[int]) -> None:
    CaseEvent.objects.bulk_create(
        CaseEvent(case=case, event_id=event) for event in events[:MOST_EVENTS]
    )


@transaction.atomic
def case_take(*, case: Case, by: Viewer) -> Case:
    """An auditor begins to look into it."""
    row = _locked(case, by)
    if row.state != CaseState.OPEN:
        raise Conflict(_("Somebody has taken this up already."))
    row.advance(CaseState.IN_REVIEW)
    row.taken_by_id, row.taken_at = by.user.pk, timezone.now()
    row.save()
    _note(audit.Name.CASE_TAKEN, row, by)
    return row


@transaction.atomic
def case_answer(*, case: Case, text: str, by: Viewer) -> Case:
    """What came of it, in words, for whoever asked."""
    row = _locked(case, by)
    if row.state != CaseState.IN_REVIEW:
        raise Conflict(_("This case is not being looked into."))
    row.advance(CaseState.ANSWERED)
    row.sealed_answer = _seal(row, "answer", _words(text))
    row.answered_by_id, row.answered_at = by.user.pk, timezone.now()
    row.save()
    _note(audit.Name.CASE_ANSWERED, row, by)
    return row


def _locked(case: Case, by: Viewer) -> Case:
    require_auditor(by)
    return Case.objects.select_for_update().get(pk=case.pk)


def _note(name: audit.Name, case: Case, by: Viewer) -> None:
    audit.record(name, by=by.actor, subject=case.patient_id, target=f"Case/{case.pk}")


def _words(text: str) -> str:
    words = text.strip()
    if not words or len(words) > LONGEST:
        raise Invalid(problems=[Problem("text", _("Write something, at most 4,000 characters."))])
    return words


# -- what was written ------------------------------------------------------------------------------


def question_of(case: Case) -> str:
    """What was asked; empty where the person's key was destroyed."""
    return _open(case, "question", case.sealed_question)


def answer_of(case: Case) -> str:
    """What was answered; empty where nothing was, or the person's key was destroyed."""
    return _open(case, "answer", case.sealed_answer) if case.sealed_answer else ""


def _sealer(case: Case) -> Sealer:
    return sealer_for(Owner.patient(case.patient_id) if case.patient_id else Owner.portal())


def _seal(case: Case, part: str, text: str) -> bytes:
    return _sealer(case).seal(text.encode(), f"case {case.pk} {part}")


def _open(case: Case, part: str, sealed: bytes | memoryview) -> str:
    try:
        return _sealer(case).open(sealed, f"case {case.pk} {part}").decode()
    except KeyDestroyed:
        return ""
