"""Importing FHIR transaction bundles: checked as a whole, then written as a whole."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Organisation
from chain.canonical import canonical
from chain.commitments import sha256
from core import audit
from core.acting import portal_acts
from core.errors import Conflict, Invalid, Problem
from records.fhir.resources import (
    DIRECTORY_TYPES,
    Resource,
    organisation_of,
    patient_of,
    references,
    with_references,
)
from records.fhir.schema import resource_types
from records.fhir.validation import validated
from records.models import ImportedBundle, Record
from records.services.store import NewResource, create

URN = "urn:uuid:"


class UnknownReference(Invalid):
    """A reference leads nowhere; another bundle may have to be imported first."""


@dataclass(frozen=True)
class Imported:
    """What an import did."""

    created: int = 0
    known: int = 0
    patients: list[UUID] = field(default_factory=list)
    repeated: bool = False


def import_bundle(
    bundle: Any, *, by: audit.Actor, custodian: Organisation | None = None
) -> Imported:
    """Import a parsed transaction Bundle; all or nothing.

    Raises Invalid with the place of each problem. The same bundle a second time adds nothing, and
    directory entries (organisations, practitioners) that exist already are kept as they are. The
    custodian is the organisation that brings the records here; it may read them, as who wrote them.
    """
    entries = _entries(bundle)
    digest = sha256(canonical(bundle))
    if ImportedBundle.objects.filter(digest=digest).exists():
        return Imported(known=len(entries), repeated=True)
    resources = _with_ids(entries)
    with portal_acts():
        _resolve(resources)
        _row, fresh = ImportedBundle.objects.get_or_create(
            digest=digest, defaults={"resources": len(resources)}
        )
        if not fresh:  # another import of the same bundle was faster
            return Imported(known=len(entries), repeated=True)
        new = _new(resources, custodian.pk if custodian else None)
        create(new, at=timezone.now())
        patients = sorted({n.patient_id for n in new if n.patient_id})
        _audit(new, by)
    return Imported(len(new), len(resources) - len(new), patients)


def _audit(new: list[NewResource], by: audit.Actor) -> None:
    counts: dict[UUID | None, int] = {}
    for item in new:
        counts[item.patient_id] = counts.get(item.patient_id, 0) + 1
    for patient_id, count in counts.items():
        audit.record(
            audit.Name.RECORD_WRITTEN, by=by, subject=patient_id, target="import", count=count
        )


# -- checking --------------------------------------------------------------------------------------


def _entries(bundle: Any) -> list[dict[str, Any]]:
    if not isinstance(bundle, dict) or bundle.get("resourceType") != "Bundle":
        raise Invalid(problems=[Problem("resourceType", _("this is no FHIR Bundle"))])
    if bundle.get("type") != "transaction":
        raise Invalid(
            problems=[Problem("type", _("only bundles of type “transaction” can be imported"))]
        )
    if problems := validated(bundle, "Bundle"):
        raise Invalid(problems=problems)
    entries = bundle.get("entry") or []
    problems = []
    for index, entry in enumerate(entries):
        problems += _entry_problems(entry, f"Bundle.entry[{index}]")
    if problems:
        raise Invalid(problems=problems)
    return list(entries)


def _entry_problems(entry: dict[str, Any], place: str) -> list[Problem]:
    if "resource" not in entry:
        return [Problem(place, _("“resource” is missing"))]
    request = entry.get("request") or {}
    if request.get("method") != "POST":
        return [Problem(f"{place}.request.method", _("only POST can be imported"))]
    if request.get("url") != entry["resource"]["resourceType"]:
        return [Problem(f"{place}.request.url", _("this must be the resource's type"))]
    return []


@dataclass
class _Entry:
    place: str
    resource: Resource


def _with_ids(entries: list[dict[str, Any]]) -> list[_Entry]:
    """Each entry's resource with the id that its fullUrl names; no id may stand twice."""
    found: dict[str, _Entry] = {}
    problems = []
    for index, entry in enumerate(entries):
        place = f"Bundle.entry[{index}]"
        url = entry.get("fullUrl") or URN + str(entry["resource"].get("id", ""))
        id = url.removeprefix(URN)
        if not _is_uuid(id) or not url.startswith(URN):
            problems.append(Problem(f"{place}.fullUrl", _("this must be a urn:uuid")))
        elif id in found:
            problems.append(Problem(f"{place}.fullUrl", _("another entry has the same one")))
        else:
            found[id] = _Entry(place, {**entry["resource"], "id": id})
    if problems:
        raise Invalid(problems=problems)
    return list(found.values())


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def _resolve(entries: list[_Entry]) -> None:
    """Rewrite `urn:uuid` references to relative ones; raises UnknownReference."""
    types = {entry.resource["id"]: entry.resource["resourceType"] for entry in entries}
    rewrite = _rewriter(types)
    for entry in entries:
        entry.resource = with_references(entry.resource, rewrite)
    _refuse_unknown(entries, types)


def _rewriter(types: dict[str, str]) -> Callable[[str], str]:
    def rewrite(reference: str) -> str:
        id = reference.removeprefix(URN)
        return f"{types[id]}/{id}" if reference.startswith(URN) and id in types else reference

    return rewrite


def _refuse_unknown(entries: list[_Entry], types: dict[str, str]) -> None:
    outside: dict[tuple[str, str], list[str]] = {}
    problems = []
    for entry in entries:
        for place, holder in references(entry.resource):
            target = str(holder["reference"])
            where = f"{entry.place}.resource.{place}.reference"
            kind, _slash, id = target.partition("/")
            if target.startswith("#") or types.get(id) == kind:
                continue
            if kind in resource_types() and id:
                outside.setdefault((kind, id), []).append(where)
            else:
                problems.append(Problem(where, _("this leads to nothing in the bundle")))
    known = Record.objects.filter(fhir_id__in={id for _kind, id in outside})
    there = set(known.values_list("type", "fhir_id"))
    for target_key, places in outside.items():
        if target_key not in there:
            problems += [
                Problem(p, _("this leads to nothing here or in the bundle")) for p in places
            ]
    if problems:
        raise UnknownReference(problems=problems)


# -- sorting out -----------------------------------------------------------------------------------


def _new(entries: list[_Entry], custodian: UUID | None) -> list[NewResource]:
    """What is to be written; directory entries that exist are left as they are."""
    ids = {entry.resource["id"] for entry in entries}
    there = set(Record.objects.filter(fhir_id__in=ids).values_list("type", "fhir_id"))
    encounters = {
        f"Encounter/{e.resource['id']}": e.resource
        for e in entries
        if e.resource["resourceType"] == "Encounter"
    }
    new, problems = [], []
    for entry in entries:
        kind = entry.resource["resourceType"]
        if (kind, entry.resource["id"]) in there:
            if kind not in DIRECTORY_TYPES:
                problems.append(Problem(entry.place, _("this resource is already here")))
            continue
        patient = _patient_id(entry, problems)
        author = organisation_of(entry.resource, encounters)
        written_by = UUID(author) if _is_uuid(author) else None
        new.append(NewResource(entry.resource, patient, written_by, custodian))
    if problems:
        raise Conflict(problems=problems)
    return new


def _patient_id(entry: _Entry, problems: list[Problem]) -> UUID | None:
    if entry.resource["resourceType"] in DIRECTORY_TYPES:
        return None
    id = patient_of(entry.resource)
    if not _is_uuid(id):
        problems.append(Problem(entry.place, _("it does not say which patient this is about")))
        return None
    return UUID(id)
