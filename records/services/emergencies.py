"""Opening a record for an emergency: at once, for a few hours, and never unnoticed."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.limits import limit_person
from accounts.viewer import Viewer
from core import audit
from core.acting import capacity, portal_acts
from core.errors import Invalid, Problem
from records.emergencies import REASON, require_care, standing
from records.models import ANY_TYPE, Effect, EffectiveAccess, EmergencyAccess, Patient, Version
from records.notices import emergency_told
from records.search.blind import token
from records.services.effects import effects_add
from records.services.sealing import reason_given, sealed_words

LASTS = timedelta(hours=4)


@transaction.atomic
@portal_acts()
def emergency_open(*, identifier: str, reason: str, by: Viewer) -> EmergencyAccess:
    """Open the record of whom the identifier names, whatever they denied; they are told at once.

    The identifier is a number of theirs, or the record's own. It counts while the person acts in
    care. Raises Forbidden, Invalid or TooMany.
    """
    require_care(by)
    assert by.organisation
    limit_person(by.user, "emergency")
    why = reason_given(reason)
    patient = _identified(identifier)
    actor = replace(by.actor, purpose=audit.Purpose.EMERGENCY)
    if open_now := standing().filter(by=by.user, patient=patient).first():
        return open_now
    ends_at = timezone.now() + LASTS
    row = EmergencyAccess.objects.create(
        patient=patient, by=by.user, organisation=by.organisation, ends_at=ends_at,
        sealed_reason=sealed_words(patient.pk, why, REASON),
    )  # fmt: skip
    effect = EffectiveAccess(
        patient=patient, grantee_id=capacity(by.user.pk, audit.Purpose.TREATMENT),
        effect=Effect.STANDING, resource_type=ANY_TYPE, ends_at=ends_at,
        reason=EffectiveAccess.Reason.EMERGENCY, emergency=row,
    )  # fmt: skip
    effects_add([effect])
    by.user.emergency_until = ends_at
    by.user.save(update_fields=["emergency_until"])
    audit.record(
        audit.Name.EMERGENCY_OPENED, by=actor, subject=patient.pk,
        target=f"EmergencyAccess/{row.pk}", reason=why,
    )  # fmt: skip
    emergency_told(patient, actor)
    return row


def _identified(identifier: str) -> Patient:
    """The one patient with this number; a merged record leads to the one that stayed."""
    text = identifier.strip()
    found = {
        row.merged_into or row
        for row in Patient.objects.filter(pk__in=_ids(text)).select_related("merged_into")
    }
    if len(found) != 1:
        words = _("Nobody is found by this, or more than one person.")
        raise Invalid(problems=[Problem("identifier", words)])
    return found.pop()


def _ids(text: str) -> set[UUID]:
    form = token("Patient.identifier", f"={text.casefold()}")  # whoever gave the number
    rows = Version.objects.filter(type="Patient", current=True, deleted=False)
    found = {
        pk for pk in rows.filter(tokens__contains=[form]).values_list("patient", flat=True) if pk
    }
    with suppress(ValueError):
        found.add(UUID(text))
    return found


@transaction.atomic
@portal_acts()
def emergency_end(*, emergency: EmergencyAccess, by: Viewer) -> EmergencyAccess:
    """End it before its time; ending it twice changes nothing."""
    row = EmergencyAccess.objects.select_for_update().get(pk=emergency.pk)
    if row.ended_at is not None or row.ends_at <= timezone.now():
        return row
    row.ended_at = timezone.now()
    row.save(update_fields=["ended_at"])
    row.effects.all().delete()
    audit.record(
        audit.Name.EMERGENCY_ENDED, by=replace(by.actor, purpose=audit.Purpose.EMERGENCY),
        subject=row.patient_id, target=f"EmergencyAccess/{row.pk}",
    )  # fmt: skip
    return row
