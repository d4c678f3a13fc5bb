"""What the audit trail tells a person of their record, and what they asked about it."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.personal_data import json_list
from accounts.viewer import Viewer, viewer_for
from core.models import AuditEvent
from core.registry import Content, PersonalData
from oversight.models import Case
from oversight.presenters.readers import Read, single_reads
from oversight.services.cases import answer_of, question_of
from records.models import Patient
from records.personal_data import patient_of
from records.selectors import reads_of

CHUNK = 200


def _export(user_id: UUID) -> Iterator[tuple[str, Content]]:
    patient = patient_of(user_id)
    if patient is None:
        return
    yield from json_list(
        "who-read-my-record.json", _reads(patient, viewer_for(User.objects.get(pk=user_id)))
    )
    cases = Case.objects.filter(patient=patient).order_by("opened_at", "pk")
    yield from json_list("questions.json", map(_case, cases))


def _reads(patient: Patient, viewer: Viewer) -> Iterator[dict[str, Any]]:
    last = 0
    rows = reads_of(patient, own=True).order_by("pk")
    while chunk := list(rows.filter(pk__gt=last)[:CHUNK]):
        for row, read in zip(chunk, single_reads(chunk, patient, viewer), strict=True):
            yield _read(row, read)
        last = chunk[-1].pk


def _read(row: AuditEvent, read: Read) -> dict[str, Any]:
    return {
        "at": row.at,
        "who": read.who,
        "for": read.place or None,
        "what": read.did,
        "emergency": read.emergency,
        "how_many": row.count,
    }


def _case(case: Case) -> dict[str, Any]:
    return {
        "asked": case.opened_at,
        "question": question_of(case),
        "state": case.get_state_display(),
        "answer": answer_of(case),
        "answered": case.answered_at,
    }


def _size(user_id: UUID) -> int:
    patient = patient_of(user_id)
    return 4 + reads_of(patient, own=True).count() // CHUNK if patient else 0


def _erase(patient_id: UUID) -> None:
    Case.objects.filter(patient=patient_id).update(sealed_question=b"")
    answered = Case.objects.filter(patient=patient_id, sealed_answer__isnull=False)
    answered.update(sealed_answer=b"")


PERSONAL_DATA = PersonalData(
    key="audit",
    label=_("Who read your record, and what you asked about it"),
    order=25,
    stays=_("Who read your record, and what you asked about it, stays as long as the record does."),
    models=frozenset({Case}),
    size=_size,
    export=_export,
    erase=_erase,
)
