"""Keeping the blind index of patients in step with their Patient resources."""

from collections.abc import Iterable
from uuid import UUID

from core.acting import portal_acts
from records.blind_index import Demographics
from records.fhir.resources import Resource
from records.models import Patient, PatientHash, Version

CHUNK = 500  # patients that are opened at once


@portal_acts()
def index_keep(patients: Iterable[Resource]) -> None:
    """Let the index say of these patients what their newest Patient resources say."""
    rows = list(patients)
    if not rows:
        return
    ids = [UUID(row["id"]) for row in rows]
    PatientHash.objects.filter(patient__in=ids).delete()
    PatientHash.objects.bulk_create(
        (
            PatientHash(patient_id=id, kind=kind, digest=digest)
            for id, row in zip(ids, rows, strict=True)
            for kind, digest in sorted(Demographics.of(row).digests())
        ),
        batch_size=2000,
    )


@portal_acts()
def index_forget(patient: Patient) -> None:
    """Nobody finds this patient any more: for erasure."""
    PatientHash.objects.filter(patient=patient).delete()


@portal_acts()
def index_rebuild() -> int:
    """Make the whole index anew; gives how many patients are in it."""
    from records.selectors import opened

    rows = Version.objects.filter(current=True, type="Patient")
    PatientHash.objects.all().delete()
    count, last = 0, 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        found = [o.resource for o in opened(chunk)]
        index_keep(found)
        count += len(found)
        last = chunk[-1].pk
    return count
