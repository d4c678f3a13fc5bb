"""Words about a patient that people type, kept under the patient's key."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from core.errors import Invalid, Problem
from core.keys import Owner, sealer_for, sealers_for

Sealed = bytes | memoryview
LONGEST = 300  # characters


def sealed_words(patient_id: UUID, text: str, what: str) -> bytes:
    """Sealed under the patient's key; nothing where nothing was said."""
    if not text:
        return b""
    return sealer_for(Owner.patient(patient_id)).seal(text.encode(), f"{what} {patient_id}")


def opened_words(patient_id: UUID, sealed: Sealed, what: str) -> str:
    """What was sealed; nothing where the key is gone."""
    [words] = opened_each(patient_id, [sealed], what)
    return words


def opened_each(patient_id: UUID, rows: Sequence[Sealed], what: str) -> list[str]:
    """The same for several of one patient's, with one look for the key."""
    owner = Owner.patient(patient_id)
    sealer = sealers_for([owner]).get(owner) if any(rows) else None
    if sealer is None:
        return [""] * len(rows)
    context = f"{what} {patient_id}"
    return [sealer.open(row, context).decode() if row else "" for row in rows]


def reason_given(text: str, place: str = "reason") -> str:
    """A reason, without white space around it; raises Invalid without one."""
    found = text.strip()
    if not found:
        raise Invalid(problems=[Problem(place, _("Please say why."))])
    if len(found) > LONGEST:
        raise Invalid(problems=[Problem(place, _("Please say it in fewer words."))])
    return found
