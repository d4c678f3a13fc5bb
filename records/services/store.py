"""Writing versions: canonical bytes, seal, commitment and row, in the caller's transaction."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from chain.canonical import canonical
from chain.models import Kind
from chain.services import Item, commit
from core.acting import portal_acts
from core.errors import SalusError
from core.keys import Owner, Sealer, sealer_for
from records.fhir.resources import Resource
from records.models import Patient, Record, Version
from records.search.entries import entry_of, no_entry
from records.services.index import index_keep

FHIR = Kind.FHIR


@dataclass(frozen=True)
class NewResource:
    """A checked resource that gets its first version; `resource` carries its id."""

    resource: Resource
    patient_id: UUID | None
    author_id: UUID | None
    custodian_id: UUID | None = None
    deleted: bool = False  # then the resource is a tombstone: its type and id


class Changed(SalusError):
    """Somebody else changed it first."""

    status = 412
    code = "conflict"
    title = _("Somebody changed this meanwhile. Read it again first.")


def owner_of(patient_id: UUID | None) -> Owner:
    """Under whose key a resource lies: the patient's, or the portal's for the directory."""
    return Owner.patient(patient_id) if patient_id else Owner.portal()


def seal_context(path: str) -> str:
    """What a sealed version is bound to: kind, reference and version (DESIGN section 5)."""
    return f"{FHIR.value} {path}"


def instant(at: datetime) -> str:
    """A FHIR instant in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stamped(resource: Resource, number: int, at: datetime) -> bytes:
    """The canonical bytes with version and time in `meta`; from here on they are the document."""
    meta: dict[str, Any] = dict(resource.get("meta") or {})
    meta |= {"versionId": str(number), "lastUpdated": instant(at)}
    return canonical({**resource, "meta": meta})


@portal_acts()
def create(new: Sequence[NewResource], *, at: datetime) -> list[Version]:
    """Write the first versions of resources that do not exist yet, in bulk."""
    _ensure_patients({n.patient_id for n in new if n.patient_id})
    records = Record.objects.bulk_create(
        Record(type=n.resource["resourceType"], fhir_id=n.resource["id"], patient_id=n.patient_id)
        for n in new
    )
    by_owner: dict[Owner, list[tuple[NewResource, Record]]] = defaultdict(list)
    for item, row in zip(new, records, strict=True):
        by_owner[owner_of(item.patient_id)].append((item, row))
    versions: list[Version] = []
    for owner, rows in by_owner.items():
        versions += _versions(rows, sealer_for(owner), at)
    made = Version.objects.bulk_create(versions)
    index_keep(n.resource for n in new if n.resource["resourceType"] == "Patient")
    return made


@portal_acts()
def revise(new: NewResource, *, at: datetime, expected: int | None = None) -> Version:
    """Write the next version of a resource, also of one that was deleted.

    Raises Changed where `expected` is not the newest version's number any more, and KeyDestroyed
    where its patient was erased.
    """
    rows = Record.objects.select_for_update()
    record = rows.get(type=new.resource["resourceType"], fhir_id=new.resource["id"])
    last = record.versions.order_by("-number")[0]
    if expected is not None and last.number != expected:
        raise Changed
    Version.objects.filter(pk=last.pk, current=True).update(current=False)
    [version] = _versions(
        [(new, record)], sealer_for(owner_of(new.patient_id)), at, last.number + 1
    )
    version.save()
    if record.type == "Patient" and not new.deleted:
        index_keep([new.resource])
    return version


def _ensure_patients(ids: set[UUID]) -> None:
    Patient.objects.bulk_create((Patient(id=id) for id in ids), ignore_conflicts=True)


def _versions(
    rows: Sequence[tuple[NewResource, Record]], sealer: Sealer, at: datetime, number: int = 1
) -> list[Version]:
    drafts = [(_draft(new, record, at, number), new) for new, record in rows]
    items = [Item(FHIR, version.path, stamped(new.resource, number, at)) for version, new in drafts]
    commitments = commit(items, sealer=sealer)
    for (version, _new), item, commitment in zip(drafts, items, commitments, strict=True):
        version.sealed = sealer.seal(item.document, seal_context(version.path))
        version.commitment = commitment
    return [version for version, _ in drafts]


def _draft(new: NewResource, record: Record, at: datetime, number: int) -> Version:
    entry = no_entry(str(record)) if new.deleted else entry_of(new.resource)
    return Version(
        record=record,
        patient_id=new.patient_id,
        type=record.type,
        fhir_id=record.fhir_id,
        number=number,
        author_id=new.author_id,
        custodian_id=new.custodian_id,
        created_at=at,
        current=not new.deleted,
        deleted=new.deleted,
        **vars(entry),
    )
