"""The interactions of FHIR's REST interface, each for one thing that is asked.

HTTP and bundles come here alike (exchange/views.py, exchange/bundles.py).
"""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.viewer import Viewer
from chain.canonical import canonical, parse
from core import audit
from core.errors import Invalid, Malformed, NotFound, Problem, SalusError
from exchange.asking import (
    Answer,
    Asked,
    Parameters,
    instant_or_none,
    not_changed,
    parameters_of_query,
    success,
)
from exchange.sets import SearchSet, bundle, history
from exchange.shaping import shape_of
from exchange.summary import SECTIONS, ips
from records.access import versions_visible_to
from records.delegates import actor_at, actors_at
from records.fhir.resources import DIRECTORY_TYPES, Resource, references
from records.fhir.schema import resource_types
from records.fhir.validation import validated
from records.models import Version
from records.search.query import ABOUT_THE_ANSWER, Search, parsed, wrong
from records.search.running import Finder, Page
from records.selectors import Opened, chart_of, opened, version_for, versions_for
from records.services.attachments import Readable
from records.services.binaries import binary_read
from records.services.writing import (
    Gone,
    Target,
    Written,
    binary_write,
    newest,
    patched,
    resource_create,
    resource_delete,
    resource_update,
)

NONE_BESIDE: frozenset[Target] = frozenset()


class SeveralMatch(SalusError):
    """A condition that should say which one is meant fits several."""

    status = 412
    code = "multiple-matches"


class NotFitting(SalusError):
    """What is sent and the address do not fit."""

    status = 400
    code = "invalid"


def base_url() -> str:
    """FHIR's base address, with a slash at its end."""
    return settings.BASE_URL + reverse("fhir-base")


def require_type(type: str) -> str:
    """A resource type of R4; raises NotFound."""
    if type not in resource_types():
        raise NotFound(_("“%(type)s” is no resource type of FHIR R4.") % {"type": type[:40]})
    return type


# -- reading ---------------------------------------------------------------------------------------


def read(viewer: Viewer, asked: Asked, number: int | None = None) -> Answer:
    """The newest version, or a numbered one: byte for byte what was committed.

    Raises NotFound, and Gone for what was deleted.
    """
    found = _version(viewer, asked.type, asked.id, number)
    row = found.version
    audit.record(
        audit.Name.RECORD_READ, by=actor_at(viewer, row.patient_id), subject=row.patient_id,
        target=row.reference, count=1, sealer=found.sealer,
    )  # fmt: skip
    if not_changed(asked, row):
        return Answer(304, version=row)
    return Answer(200, shape_of(asked)(found), version=row)


def _version(viewer: Viewer, type: str, id: str, number: int | None) -> Opened:
    require_type(type)
    try:
        found = version_for(viewer, type, id, number)
    except NotFound:
        if number is None and newest(viewer, type, id).deleted:
            raise Gone from None
        raise
    if found.version.deleted:
        raise Gone
    return found


def past(viewer: Viewer, asked: Asked) -> Answer:
    """The history of a resource or of a type, newest first; `_since`, `_count`."""
    require_type(asked.type)
    rows = versions_visible_to(viewer).filter(type=asked.type)
    if asked.id:
        rows = rows.filter(fhir_id=asked.id)
        if not rows.exists():
            raise NotFound
    if since := asked.one("_since"):
        moment = instant_or_none(since)
        if moment is None:
            raise wrong("_since", _("This is an instant, like 2026-11-22T10:00:00Z."))
        rows = rows.filter(created_at__gte=moment)
    count = parsed(asked.type, [("_count", asked.one("_count"))]).count
    total = rows.count()
    before = asked.one("_before")
    if before.isascii() and before.isdigit():
        rows = rows.filter(pk__lt=int(before[:18]))
    found = opened(rows.order_by("-pk")[: count + 1])
    more, found = len(found) > count, found[:count]
    _note(viewer, found, f"{asked.type}/{asked.id}/_history" if asked.id else asked.type)
    url = base_url() + "/".join(part for part in (asked.type, asked.id, "_history") if part)
    keep = [("_since", since)] if since else []
    query = urlencode([("_count", count), *keep, ("_before", found[-1].version.pk)]) if more else ""
    next_url = f"{url}?{query}" if more else ""
    return Answer(200, history(found, base_url(), total=total, next_url=next_url))


# -- searching -------------------------------------------------------------------------------------


def search(viewer: Viewer, asked: Asked) -> Answer:
    """A page of what is found; `_summary=count` gives the number alone."""
    require_type(asked.type)
    finder = Finder(viewer, base_url())
    if cursor := asked.one("_cursor"):
        page = finder.next(cursor)
        if page.search.type != asked.type:
            raise wrong("_cursor", _("This page belongs to another type."))
        return _found(viewer, asked, page)
    wanted = parsed(asked.type, asked.parameters, strict=asked.strict)
    if asked.one("_summary") == "count" or wanted.count == 0:
        return _counted(viewer, finder, wanted)
    return _found(viewer, asked, finder.first(wanted))


def _found(viewer: Viewer, asked: Asked, page: Page) -> Answer:
    shape = shape_of(asked)
    _note(viewer, [*page.matches, *page.included], page.search.type)
    return Answer(200, SearchSet(page, base_url(), shape).written())


def _counted(viewer: Viewer, finder: Finder, wanted: Search) -> Answer:
    total = finder.count(wanted)
    audit.record(
        audit.Name.RECORD_LISTED, by=viewer.actor, target=f"{wanted.type} count", count=total
    )
    return Answer(200, bundle("searchset", [], total=total))


def _note(viewer: Viewer, found: list[Opened], target: str) -> None:
    """Each patient of what was found sees that it was; and that nothing was found is noted, too."""
    by_patient: dict[UUID, list[Opened]] = {}
    for one in found:
        if one.version.patient_id is not None:
            by_patient.setdefault(one.version.patient_id, []).append(one)
    if not by_patient:
        audit.record(audit.Name.RECORD_LISTED, by=viewer.actor, target=target, count=len(found))
        return
    groups: dict[audit.Actor, list[UUID]] = {}
    for id, actor in actors_at(viewer, by_patient).items():
        groups.setdefault(actor, []).append(id)
    for actor, ids in groups.items():
        audit.record_each(
            audit.Name.RECORD_LISTED, by=actor, target=target,
            sealers=[by_patient[id][0].sealer for id in ids],
            counts={id: len(by_patient[id]) for id in ids},
        )  # fmt: skip


# -- writing ---------------------------------------------------------------------------------------


def create(viewer: Viewer, asked: Asked, beside: frozenset[Target] = NONE_BESIDE) -> Answer:
    """A new resource; with `If-None-Exist` the one that is there, if one fits."""
    resource = _resource(asked)
    # Some clients (fhirpy, for Aidbox) write the condition into the address instead.
    asked_in_address = [p for p in asked.parameters if p[0] not in ABOUT_THE_ANSWER]
    if condition := asked.if_none_exist or asked_in_address:
        found = _matches(viewer, asked.type, condition)
        if found:
            return _back(asked, Written(found[0].version, created=False))
    # Its id is the server's or its bundle's choice, whatever the resource says.
    made = resource_create(resource=resource, by=viewer, id=asked.id, beside=beside)
    return _back(asked, made)


def binary_create(
    viewer: Viewer, asked: Asked, about: str, content_type: str, stream: Readable
) -> Answer:
    """A Binary out of the bytes that were sent."""
    made = binary_write(by=viewer, about=about, content_type=content_type, stream=stream)
    return _back(asked, made)


def binary_data(viewer: Viewer, id: str) -> tuple[str, Iterator[bytes], Version]:
    """The bytes of a Binary and what they are; raises NotFound, Gone."""
    found = _version(viewer, "Binary", id, None)
    _note(viewer, [found], found.version.reference)
    content_type, pieces = binary_read(found)
    return content_type, pieces, found.version


def update(viewer: Viewer, asked: Asked, beside: frozenset[Target] = NONE_BESIDE) -> Answer:
    """The next version; or the first under an id that the writer chose; or of the one that fits."""
    resource = _resource(asked)
    id = asked.id
    if not id:
        found = _matches(viewer, asked.type, asked.parameters)
        own = str(resource.get("id", ""))
        if found and own and own != found[0].version.fhir_id:
            raise NotFitting(_("The id that was sent is not that of what fits."))
        if not found and not own:
            made = resource_create(resource=resource, by=viewer, beside=beside)
            return _back(asked, made)
        id = found[0].version.fhir_id if found else own
        resource = {**resource, "id": id}
    if resource.get("id") != id:
        place = f"{asked.type}.id"
        raise NotFitting(problems=[Problem(place, _("This must be the id of the address."))])
    if asked.type == "Patient" and not is_uuid(id):
        text = _("A patient's id is a UUID here: leave it to the server, or choose one.")
        raise Invalid(problems=[Problem("Patient.id", text)])
    made = resource_update(resource=resource, by=viewer, expected=asked.expected, beside=beside)
    return _back(asked, made)


def patch(viewer: Viewer, asked: Asked) -> Answer:
    """The next version after a JSON Patch."""
    found = _one(viewer, asked)
    if not isinstance(asked.body, list):
        raise Invalid(problems=[Problem("", _("A JSON Patch is a list of operations."))])
    after = patched(found.resource, asked.body)
    expected = asked.expected if asked.if_match else found.version.number
    made = resource_update(resource=after, by=viewer, expected=expected)
    return _back(asked, made)


def delete(viewer: Viewer, asked: Asked) -> Answer:
    """It is deleted; its history stays. What a condition fits nothing is deleted already."""
    require_type(asked.type)
    id = asked.id
    if not id:
        found = _matches(viewer, asked.type, asked.parameters)
        if not found:
            return Answer(204)
        id = found[0].version.fhir_id
    version = resource_delete(type=asked.type, id=id, by=viewer, expected=asked.expected)
    if asked.wanted_back == "OperationOutcome":
        return Answer(200, success(_("It was deleted.")), version=version)
    return Answer(204, version=version)


def _one(viewer: Viewer, asked: Asked) -> Opened:
    if asked.id:
        return _version(viewer, asked.type, asked.id, None)
    require_type(asked.type)
    found = _matches(viewer, asked.type, asked.parameters)
    if not found:
        raise NotFound
    return found[0]


def _matches(viewer: Viewer, type: str, condition: str | Parameters) -> list[Opened]:
    """The one that a condition fits, or none; raises SeveralMatch, and WrongSearch for none."""
    asked = parameters_of_query(condition) if isinstance(condition, str) else condition
    wanted = parsed(require_type(type), asked, strict=True)
    if not wanted.conditions:
        raise wrong("", _("A condition names at least one search parameter."))
    wanted.count, wanted.total = 2, "none"
    found = Finder(viewer, base_url()).first(wanted).matches
    if len(found) > 1:
        raise SeveralMatch(_("Several fit this condition: nothing was changed."))
    return found


def matching(viewer: Viewer, type: str, condition: str | Parameters) -> str | None:
    """The id of the one that a condition fits; None for none; raises SeveralMatch."""
    found = _matches(viewer, type, condition) if condition else []
    return found[0].version.fhir_id if found else None


def patch_of_binary(resource: Resource) -> Any:
    """The JSON Patch that stands in a Binary; raises Invalid."""
    if resource.get("resourceType") == "Binary":
        with suppress(ValueError, TypeError):
            return parse(b64decode(resource.get("data", ""), validate=True))
    text = _("A JSON Patch within a bundle stands in a Binary of application/json-patch+json.")
    raise Invalid(problems=[Problem("", text)])


def _resource(asked: Asked) -> Resource:
    """The resource that was sent; raises Malformed, NotFitting."""
    require_type(asked.type)
    body = asked.body
    if not isinstance(body, dict):
        raise Malformed(_("A resource is a JSON object."))
    if body.get("resourceType") != asked.type:
        place = "resourceType"
        raise NotFitting(problems=[Problem(place, _("This must be the type of the address."))])
    return body


def _back(asked: Asked, made: Written) -> Answer:
    """What a write is answered with."""
    row = made.version
    status = 201 if made.created else 200
    location = f"{base_url()}{row.path}"
    if asked.wanted_back == "minimal":
        return Answer(status, b"", row, location)
    if asked.wanted_back == "OperationOutcome":
        return Answer(status, success(_("It was written.")), row, location)
    # Offices write who somebody is, and do not read records: they get back what they sent.
    return Answer(status, opened([row])[0].document, row, location)


def is_uuid(text: str) -> bool:
    """Whether an id is a UUID, as it is usually written."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


# -- operations ------------------------------------------------------------------------------------


def validate(viewer: Viewer, asked: Asked) -> Answer:
    """`$validate`: what is wrong with a resource, without writing it; `profile` asks for more."""
    if asked.type:
        require_type(asked.type)
    if asked.id:
        newest(viewer, asked.type, asked.id)
    body, profiles = asked.body, [asked.one("profile")]
    if isinstance(body, dict) and body.get("resourceType") == "Parameters":
        parts = body.get("parameter")
        named = [p for p in parts if isinstance(p, dict)] if isinstance(parts, list) else []
        body = next((p.get("resource") for p in named if p.get("name") == "resource"), None)
        for part in named:
            if part.get("name") == "profile":
                profiles += [str(part.get("valueUri") or part.get("valueCanonical") or "")]
    problems = validated(body, profiles=[profile for profile in profiles if profile])
    if isinstance(body, dict) and asked.type and body.get("resourceType") != asked.type:
        problems.append(Problem("resourceType", _("This must be the type of the address.")))
    if not problems:
        return Answer(200, success(_("No problem was found.")))
    raise Invalid(problems=problems)


def everything(viewer: Viewer, asked: Asked) -> Answer:
    """`Patient/…/$everything`: all that this person may see of a record, and whom it names."""
    found = _version(viewer, "Patient", asked.id, None)
    patient_id = found.version.patient_id
    whose = Q(patient=patient_id) | Q(patient__merged_into=patient_id)
    rows = versions_for(viewer).filter(whose, current=True)
    if types := asked.one("_type"):
        rows = rows.filter(type__in=[require_type(type) for type in types.split(",")])
    if since := asked.one("_since"):
        moment = instant_or_none(since)
        if moment is None:
            raise wrong("_since", _("This is an instant, like 2026-11-22T10:00:00Z."))
        rows = rows.filter(created_at__gte=moment)
    count = parsed("Patient", [("_count", asked.one("_count") or "500")]).count
    total = rows.count()
    after = asked.one("_after")
    if after.isascii() and after.isdigit():
        rows = rows.filter(pk__gt=int(after[:18]))
    page = opened(rows.order_by("pk")[: count + 1])
    more, page = len(page) > count, page[:count]
    _note(viewer, page, f"Patient/{asked.id}/$everything")
    wanted = Search("Patient", count=count)
    shown = Page(wanted, page, total=total)
    next_url = ""
    if more:
        keep = [(k, v) for k, v in (("_type", types), ("_since", since)) if v]
        query = urlencode([("_count", count), *keep, ("_after", page[-1].version.pk)])
        next_url = f"{base_url()}Patient/{asked.id}/$everything?{query}"
    return Answer(200, SearchSet(shown, base_url(), shape_of(asked), next_url).written())


def summary(viewer: Viewer, asked: Asked) -> Answer:
    """`Patient/…/$summary`: the International Patient Summary of what this person may see."""
    found = _version(viewer, "Patient", asked.id, None)
    patient_id = found.version.patient_id
    assert patient_id is not None
    rows = chart_of(viewer, patient_id, *sorted({t for s in SECTIONS for t in s.types}))
    _note(viewer, [found, *rows], f"Patient/{asked.id}/$summary")
    named = {
        str(holder["reference"]).partition("/")[2]
        for one in rows
        for _place, holder in references(one.resource)
        if str(holder["reference"]).partition("/")[0] in DIRECTORY_TYPES
    }
    places = versions_for(viewer).filter(current=True, patient=None, fhir_id__in=named)
    return Answer(200, canonical(ips(found, rows, opened(places), base_url())))
