"""Keeping what is found by in step with what is sealed: patients for registrars, all for searches."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.db import transaction

from core.acting import portal_acts
from records.blind_index import Demographics
from records.fhir.resources import Resource
from records.models import Patient, PatientHash, Version
from records.search.entries import INDEX_VERSION, entry_of, no_entry

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


def versions_index(*, anew: bool = False) -> Iterator[int]:
    """Index versions whose entries were made differently, or all (after a new master key).

    Gives after each chunk how many are still to be done. A chunk is a transaction: whoever is
    interrupted goes on where they were.
    """
    with portal_acts():
        if anew:
            Version.objects.update(index_version=0)
        left = Version.objects.filter(index_version__lt=INDEX_VERSION).count()
    yield left
    while left and (done := _chunk_index()):
        left = max(left - done, 0)
        yield left


@transaction.atomic
@portal_acts()
def _chunk_index() -> int:
    from records.selectors import opened

    rows = Version.objects.select_for_update(skip_locked=True, of=("self",))
    chunk = list(rows.filter(index_version__lt=INDEX_VERSION).order_by("pk")[:CHUNK])
    found = {o.version.pk: o.resource for o in opened(chunk)}
    for row in chunk:  # of what was erased nothing is found
        readable = row.pk in found and not row.deleted
        entry = entry_of(found[row.pk]) if readable else no_entry(row.reference)
        for name, value in vars(entry).items():
            setattr(row, name, value)
    names = list(vars(no_entry("")))
    Version.objects.bulk_update(chunk, names)
    return len(chunk)
