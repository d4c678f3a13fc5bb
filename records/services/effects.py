"""The one place that writes who may see whose record, also for records that were merged.

Whoever reaches a record reaches those that are merged into it: each row of the surviving record
has a follower on every record below it, so the one condition in records/access.py stays as it is.
"""

from collections.abc import Iterable
from uuid import UUID

from records.models import EffectiveAccess, Patient, PatientMerge


def effects_add(rows: Iterable[EffectiveAccess]) -> None:
    """Let somebody see a record from now on, and what is merged into it."""
    made = EffectiveAccess.objects.bulk_create(rows)
    below = {patient: _below(patient) for patient in {row.patient_id for row in made}}
    _follow((row, id) for row in made for id in below[row.patient_id])


def effects_settle(patient: Patient) -> None:
    """After a merge into another record, or its end: what is to be seen with what."""
    for id in [patient.pk, *_below(patient.pk)]:
        above = _above(id)
        Patient.objects.filter(pk=id).update(merged_into=above[-1] if above else None)
        EffectiveAccess.objects.filter(patient=id, origin__isnull=False).delete()
        rows = EffectiveAccess.objects.filter(patient__in=above, origin=None)
        _follow((row, id) for row in rows)


def _follow(pairs: Iterable[tuple[EffectiveAccess, UUID]]) -> None:
    EffectiveAccess.objects.bulk_create(
        EffectiveAccess(
            patient_id=id, origin=row, grantee_id=row.grantee_id, reason=row.reason,
            resource_type=row.resource_type, ends_at=row.ends_at, consent_id=row.consent_id,
            delegation_id=row.delegation_id, effect=row.effect, token=row.token,
            data_from=row.data_from, data_until=row.data_until, provision=row.provision,
            emergency_id=row.emergency_id,
        )
        for row, id in pairs
    )  # fmt: skip


def _above(id: UUID) -> list[UUID]:
    """The records into which this one goes, the last one last."""
    standing = PatientMerge.objects.filter(state=PatientMerge.State.MERGED)
    found: list[UUID] = []
    while row := standing.filter(retired=found[-1] if found else id).first():
        found.append(row.survivor_id)
    return found


def _below(id: UUID) -> list[UUID]:
    """The records that go into this one, near ones first."""
    standing = PatientMerge.objects.filter(state=PatientMerge.State.MERGED)
    found: list[UUID] = []
    layer = [id]
    while layer:
        layer = list(standing.filter(survivor__in=layer).values_list("retired_id", flat=True))
        found += layer
    return found


def records_below(patient: Patient) -> list[UUID]:
    """The records that are merged into this one, however far down."""
    return _below(patient.pk)
