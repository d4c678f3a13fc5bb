"""Writing single resources: who may, about whom, and that what they refer to is there.

Whoever writes is the author: an organisation through those who treat patients for it, or a person
about themselves. A version is changed by its author alone, and never overwritten.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import jsonpatch
import jsonpointer
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import CARE, Role
from accounts.viewer import Viewer
from core import audit
from core.acting import portal_acts
from core.errors import Conflict, Forbidden, Invalid, NotFound, Problem, SalusError
from records.access import patients_visible_to, versions_visible_to
from records.fhir.resources import DIRECTORY_TYPES, Resource, patient_of, references
from records.fhir.schema import resource_types
from records.fhir.validation import validated
from records.models import Patient, PatientRegistration, Record, Version
from records.selectors import own_patient
from records.services.attachments import Readable
from records.services.binaries import binary_create
from records.services.sealing import sealed_words
from records.services.store import Changed, NewResource, create, revise

# What people say of themselves; the rest is for those who treat them.
OF_ONESELF = frozenset({
    "AllergyIntolerance", "Binary", "Communication", "Condition", "DocumentReference", "FamilyMemberHistory",
    "Goal", "Immunization", "MedicationStatement", "Observation", "QuestionnaireResponse",
})  # fmt: skip
# Made by other services, each with rules of its own.
ELSEWHERE = frozenset({"AuditEvent", "Bundle", "Consent", "Parameters", "OperationOutcome"})
REGISTRATION = "registration reason"

Target = tuple[str, str]  # a resource type, and an id


class Gone(SalusError):
    """It was deleted; its history is still there."""

    status = 410
    code = "deleted"
    title = _("This was deleted.")


@dataclass(frozen=True)
class Written:
    """What was written: the version, and whether the resource is new."""

    version: Version
    created: bool


@dataclass(frozen=True)
class _Author:
    """On whose behalf somebody writes, and what."""

    id: UUID
    may: Callable[[str], bool]
    organisation: bool


def _author(by: Viewer) -> _Author:
    if by.organisation is not None and by.roles & CARE:
        return _Author(by.organisation.pk, lambda type: type not in ELSEWHERE, True)
    if by.organisation is not None and (by.has(Role.REGISTRAR) or by.has(Role.MANAGER)):
        offices = DIRECTORY_TYPES | ({"Patient"} if by.has(Role.REGISTRAR) else set())
        return _Author(by.organisation.pk, offices.__contains__, True)
    if by.has(Role.PATIENT):
        return _Author(by.user.pk, OF_ONESELF.__contains__, False)
    raise Forbidden(_("In this role one reads, and does not write."))


# -- writing ---------------------------------------------------------------------------------------


@transaction.atomic
def resource_create(
    *, resource: Resource, by: Viewer, id: str = "", beside: frozenset[Target] = frozenset()
) -> Written:
    """Write a new resource under a new id, or under one that its bundle or its writer chose.

    `beside` is what the same bundle writes. Raises Invalid, Forbidden, Conflict.
    """
    named = {**resource, "id": id or str(uuid4())}
    author = _checked(named, by, beside)
    patient_id = _patient_of(named, by, author, beside)
    new = NewResource(named, patient_id, author.id)
    try:
        with transaction.atomic():
            [version] = create([new], at=_now())
    except IntegrityError:
        raise Conflict(_("There is something under this address already.")) from None
    if version.type == "Patient" and author.organisation:
        _register(version, by)
    _note(version, by)
    return Written(version, created=True)


@transaction.atomic
def resource_update(
    *,
    resource: Resource,
    by: Viewer,
    expected: int | None = None,
    beside: frozenset[Target] = frozenset(),
) -> Written:
    """Write the next version, or the first one under the id that it carries.

    Raises Changed where `expected` is not the newest version's number, Invalid, Forbidden, NotFound.
    """
    type, id = resource["resourceType"], str(resource.get("id", ""))
    record = Record.objects.filter(type=type, fhir_id=id).first()
    if record is None and not _exists(type, id):
        if expected is not None:
            raise Changed
        return resource_create(resource=resource, by=by, id=id, beside=beside)
    last = newest(by, type, id)
    author = _checked(resource, by, beside)
    _require_author(last, author, by)
    if _patient_of(resource, by, author, beside) != last.patient_id:
        text = _("It can't be moved to somebody else. Delete it, and write it anew.")
        raise Invalid(problems=[Problem(type, text)])
    new = NewResource(resource, last.patient_id, author.id, last.custodian_id)
    version = revise(new, at=_now(), expected=expected)
    _note(version, by)
    return Written(version, created=False)


@transaction.atomic
def resource_delete(*, type: str, id: str, by: Viewer, expected: int | None = None) -> Version:
    """Write that it is deleted; its history stays. A second time changes nothing."""
    last = newest(by, type, id)
    if last.deleted:
        return last
    if type == "Patient":
        raise Conflict(_("A patient is erased, with all that is about them; this is not the way."))
    author = _author(by)
    if not author.may(type):
        raise Forbidden
    _require_author(last, author, by)
    stone: Resource = {"resourceType": type, "id": id}
    new = NewResource(stone, last.patient_id, author.id, last.custodian_id, deleted=True)
    version = revise(new, at=_now(), expected=expected)
    _note(version, by)
    return version


@transaction.atomic
def binary_write(*, by: Viewer, about: str, content_type: str, stream: Readable) -> Written:
    """Write a file as a Binary about a patient (`Patient/id`, or oneself); raises Invalid, Forbidden."""
    author = _author(by)
    if not author.may("Binary"):
        raise Forbidden(_("In this role one does not write this kind of entry."))
    own = own_patient(by) if not about and not author.organisation else None
    try:
        patient_id = own.pk if own else UUID(about.removeprefix("Patient/"))
    except ValueError:
        text = _("X-Security-Context names the patient, like Patient/…")
        raise Invalid(problems=[Problem("X-Security-Context", text)]) from None
    _require_patient(patient_id, by, author, "Binary")
    version = binary_create(
        author_id=author.id,
        patient=Patient(pk=patient_id),
        content_type=content_type,
        stream=stream,
    )
    _note(version, by)
    return Written(version, created=True)


def patched(resource: Resource, patch: Any) -> Resource:
    """A resource after a JSON Patch (RFC 6902); raises Invalid for one that does not fit."""
    try:
        after = jsonpatch.JsonPatch(patch).apply(resource)
    except (jsonpatch.JsonPatchException, jsonpointer.JsonPointerException, TypeError) as error:
        text = _("The patch does not fit this resource (%(kind)s).") % {
            "kind": type(error).__name__
        }
        raise Invalid(problems=[Problem("", text)]) from None
    same = isinstance(after, dict) and all(
        after.get(name) == resource.get(name) for name in ("resourceType", "id")
    )
    if not same:
        text = _("A patch changes neither the type nor the id.")
        raise Invalid(problems=[Problem("", text)])
    found: Resource = after
    return found


def newest(by: Viewer, type: str, id: str) -> Version:
    """The newest version that this person may see, deleted or not; raises NotFound."""
    rows = versions_visible_to(by).filter(type=type, fhir_id=id).order_by("-number")
    found = rows.first()
    if found is None:
        raise NotFound
    return found


def _now() -> datetime:
    return timezone.now()


@portal_acts()
def _exists(type: str, id: str) -> bool:
    """Whether it is there at all: what is foreign is neither read nor overwritten."""
    return Record.objects.filter(type=type, fhir_id=id).exists()


@portal_acts()
def _register(version: Version, by: Viewer) -> None:
    """The organisation that wrote who a patient is looks after them from now on."""
    assert by.organisation is not None
    assert version.patient_id is not None
    PatientRegistration.objects.create(
        patient_id=version.patient_id, organisation=by.organisation, by=by.user,
        sealed_reason=sealed_words(version.patient_id, "", REGISTRATION),
    )  # fmt: skip


def _note(version: Version, by: Viewer) -> None:
    audit.record(
        audit.Name.RECORD_WRITTEN, by=by.actor, subject=version.patient_id,
        target=version.reference, count=1,
    )  # fmt: skip


# -- whether it may be written ---------------------------------------------------------------------


def _checked(resource: Resource, by: Viewer, beside: frozenset[Target]) -> _Author:
    """Whose words these are; raises Forbidden and Invalid."""
    author = _author(by)
    if problems := validated(resource):
        raise Invalid(problems=problems)
    if not author.may(resource["resourceType"]):
        raise Forbidden(_("In this role one does not write this kind of entry."))
    if problems := _dangling(resource, by, beside):
        raise Invalid(problems=problems)
    return author


def _require_author(last: Version, author: _Author, by: Viewer) -> None:
    """Only its author changes it, or who brought it here and answers for it."""
    kept = author.organisation and last.custodian_id == author.id and bool(by.roles & CARE)
    if last.author_id != author.id and not kept:
        raise Forbidden(_("Somebody else wrote this: only they can change it."))


def _patient_of(
    resource: Resource, by: Viewer, author: _Author, beside: frozenset[Target]
) -> UUID | None:
    """Whose record it belongs to; None for the directory. Raises Invalid."""
    type = resource["resourceType"]
    if type in DIRECTORY_TYPES:
        return None
    found = patient_of(resource) or _patient_of_what_it_is_about(resource, by)
    try:
        patient_id = UUID(found)
    except ValueError:
        text = _("It does not say about which patient it is.")
        raise Invalid(problems=[Problem(type, text)]) from None
    if type != "Patient" and ("Patient", found) not in beside:
        _require_patient(patient_id, by, author, type)
    return patient_id


def _require_patient(patient_id: UUID, by: Viewer, author: _Author, type: str) -> None:
    seen = patients_visible_to(by).filter(pk=patient_id)
    if not author.organisation:  # about oneself alone, not about whom one cares for
        seen = seen.filter(account=by.user)
    if not seen.exists():
        text = _("There is no such patient here for you.")
        raise Invalid(problems=[Problem(type, text)])


def _patient_of_what_it_is_about(resource: Resource, by: Viewer) -> str:
    """The one patient to whose record all belongs that it refers to, as with Provenance."""
    targets = [target for _place, target in _targets(resource)]
    rows = versions_visible_to(by).filter(_any(targets), current=True, patient__isnull=False)
    found = set(rows.values_list("patient", flat=True)) if targets else set()
    return str(found.pop()) if len(found) == 1 else ""


def _dangling(resource: Resource, by: Viewer, beside: frozenset[Target]) -> list[Problem]:
    """References to what is not here, or not for the writer: the same words for both."""
    type = resource["resourceType"]
    wanted = [(place, target) for place, target in _targets(resource) if target not in beside]
    if not wanted:
        return []
    rows = versions_visible_to(by).filter(_any([t for _place, t in wanted]), current=True)
    there = set(rows.values_list("type", "fhir_id"))
    return [
        Problem(f"{type}.{place}.reference", _("This leads to nothing here."))
        for place, target in wanted
        if target not in there
    ]


def _targets(resource: Resource) -> list[tuple[str, Target]]:
    """The places of references to this server, and to what they lead."""
    found = []
    for place, holder in references(resource):
        kind, slash, id = str(holder["reference"]).partition("/_history/")[0].partition("/")
        if slash and kind in resource_types() and "/" not in id:
            found.append((place, (kind, id)))
    return found


def _any(targets: list[Target]) -> Q:
    found = Q(pk=None)
    for kind in {kind for kind, _id in targets}:
        found |= Q(type=kind, fhir_id__in=[id for other, id in targets if other == kind])
    return found
