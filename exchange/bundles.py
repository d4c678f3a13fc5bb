"""Batches and transactions (R4, 3.1.0.11): many interactions in one request."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.viewer import Viewer
from core.errors import Invalid, Malformed, Problem, SalusError
from exchange import interactions
from exchange.asking import Answer, Asked, parameters_of_query
from exchange.outcome import written_outcome
from exchange.sets import bundle, response_entry
from records.fhir.resources import Resource, references, with_references
from records.fhir.schema import problems_of, resource_types
from records.services.writing import Target

MOST = 5_000  # entries; more are imported, not posted
ORDER = {"DELETE": 0, "POST": 1, "PUT": 2, "PATCH": 3, "GET": 4, "HEAD": 4}
URN = ("urn:uuid:", "urn:oid:")


@dataclass(frozen=True)
class Entry:
    """One interaction of a bundle, with the address by which others refer to it."""

    index: int
    asked: Asked
    number: int | None  # of a version that is read
    past: bool  # a history is read
    full_url: str


def processed(viewer: Viewer, body: Any, prefer: str) -> Answer:
    """A batch or a transaction; raises Malformed and Invalid for what can't be read at all.

    In a transaction everything happens or nothing: its first error is raised, at its entry.
    """
    if not isinstance(body, dict) or body.get("resourceType") != "Bundle":
        raise Malformed(_("At this address a Bundle is posted: a batch or a transaction."))
    if body.get("type") not in ("batch", "transaction"):
        raise Invalid(problems=[Problem("Bundle.type", _("This is batch or transaction."))])
    if problems := _shell_problems(body):
        raise Invalid(problems=problems)
    entries = [_entry(index, row, prefer) for index, row in enumerate(body.get("entry") or [])]
    if len(entries) > MOST:
        raise Invalid(_("This bundle is too large: import it as a file."))
    if body["type"] == "batch":
        answers = [_on_its_own(viewer, entry) for entry in entries]
    else:
        answers = _together(viewer, entries)
    kind = f"{body['type']}-response"
    found = [response_entry(answer) for answer in answers]
    return Answer(200, bundle(kind, found))


def _shell_problems(body: Resource) -> list[Problem]:
    """Of the bundle itself; each resource is checked where it is written."""
    rows = body.get("entry") or []
    if not isinstance(rows, list):
        return [Problem("Bundle.entry", _("This is a list."))]
    shell = [
        {k: v for k, v in row.items() if k != "resource"} if isinstance(row, dict) else row
        for row in rows
    ]
    return problems_of({**body, "entry": shell} if shell else body, "Bundle")


# -- reading a bundle ------------------------------------------------------------------------------


def _entry(index: int, row: Resource, prefer: str) -> Entry:
    place = f"Bundle.entry[{index}]"
    request = row.get("request")
    if not isinstance(request, dict):
        raise Invalid(problems=[Problem(f"{place}.request", _("This is missing."))])
    path, _mark, query = str(request.get("url", "")).partition("?")
    parts = path.removeprefix(interactions.base_url()).strip("/").split("/")
    known = parts[0] in resource_types() and len(parts) <= 4
    past = len(parts) > 1 and parts[-1] == "_history"
    numbered = len(parts) == 4 and parts[2] == "_history" and parts[3].isdigit()
    if not known or (len(parts) > 2 and not (past or numbered)):
        text = _("This is no address of this server: Type, Type/id, or one of their histories.")
        raise Invalid(problems=[Problem(f"{place}.request.url", text)])
    method = str(request.get("method"))
    id = parts[1] if len(parts) > 1 and parts[1] != "_history" else ""
    asked = Asked(
        method=method,
        type=parts[0],
        id=id,
        parameters=parameters_of_query(query),
        body=_body(row.get("resource"), method),
        if_match=str(request.get("ifMatch", "")),
        if_none_match=str(request.get("ifNoneMatch", "")),
        if_none_exist=str(request.get("ifNoneExist", "")),
        if_modified_since=str(request.get("ifModifiedSince", "")),
        prefer=prefer or "return=minimal",
    )
    number = int(parts[3][:9]) if numbered else None
    return Entry(index, asked, number, past, str(row.get("fullUrl", "")))


def _body(resource: Any, method: str) -> Any:
    """A JSON Patch within a bundle stands in a Binary."""
    if method == "PATCH" and isinstance(resource, dict):
        return interactions.patch_of_binary(resource)
    return resource


def _done(viewer: Viewer, entry: Entry, beside: frozenset[Target]) -> Answer:
    asked = entry.asked
    if asked.method == "POST":
        return interactions.create(viewer, asked, beside)
    if asked.method == "PUT":
        return interactions.update(viewer, asked, beside)
    if asked.method in ("PATCH", "DELETE"):
        change = interactions.patch if asked.method == "PATCH" else interactions.delete
        return change(viewer, asked)
    if asked.id and not entry.past:
        return interactions.read(viewer, asked, entry.number)
    return (interactions.past if entry.past else interactions.search)(viewer, asked)


# -- batch -----------------------------------------------------------------------------------------


def _on_its_own(viewer: Viewer, entry: Entry) -> Answer:
    try:
        with transaction.atomic():
            return _done(viewer, _without_id(entry), frozenset())
    except SalusError as error:
        return Answer(error.status, written_outcome(error))


def _without_id(entry: Entry) -> Entry:
    """What is posted gets an id of the server's."""
    if entry.asked.method == "POST" and entry.asked.id:
        text = _("What is posted has no id in its address.")
        raise Invalid(text)
    return entry


# -- transaction -----------------------------------------------------------------------------------


def _together(viewer: Viewer, entries: list[Entry]) -> list[Answer]:
    _refuse_twice(entries)
    settled = _settled(viewer, entries)
    beside = frozenset(
        (e.asked.type, e.asked.id) for e in settled if e.asked.method in ("POST", "PUT")
    )
    answers: dict[int, Answer] = {}
    with transaction.atomic():
        for entry in sorted(settled, key=_turn):
            try:
                answers[entry.index] = _done(viewer, entry, beside)
            except SalusError as error:
                raise _at(error, entry.index) from None
    return [answers[entry.index] for entry in entries]


def _turn(entry: Entry) -> tuple[int, bool, int]:
    """R4's order; and patients before what is about them, directories before both."""
    about = entry.asked.type not in ("Organization", "Practitioner", "Location", "Patient")
    return ORDER.get(entry.asked.method, 4), about, entry.index


def _at(error: SalusError, index: int) -> SalusError:
    """The error, with the entry in front of each place."""
    place = f"Bundle.entry[{index}]"
    inner = error.problems or [Problem("", error.detail)]
    error.problems = [
        Problem(f"{place}.resource.{p.place}" if p.place else place, p.text) for p in inner
    ]
    return error


def _refuse_twice(entries: list[Entry]) -> None:
    """No resource is written twice, and no address names two entries."""
    seen: set[str] = set()
    for entry in entries:
        asked = entry.asked
        names = {entry.full_url} if entry.full_url else set()
        if asked.id and asked.method in ("PUT", "PATCH", "DELETE"):
            names.add(f"{asked.type}/{asked.id}")
        if names & seen:
            place = f"Bundle.entry[{entry.index}]"
            raise Invalid(problems=[Problem(place, _("The same resource stands here twice."))])
        seen |= names


def _settled(viewer: Viewer, entries: list[Entry]) -> list[Entry]:
    """With the ids that new resources get, and with references that lead to them."""
    placed = []
    for entry in entries:
        try:
            placed.append(_placed(viewer, _without_id(entry)))
        except SalusError as error:
            raise _at(error, entry.index) from None
    leads = {
        entry.full_url: f"{entry.asked.type}/{entry.asked.id}"
        for entry in placed
        if entry.full_url and entry.asked.id
    }
    return [_led(viewer, entry, leads) for entry in placed]


def _led(viewer: Viewer, entry: Entry, leads: dict[str, str]) -> Entry:
    body = entry.asked.body
    if not isinstance(body, dict):
        return entry
    try:
        body = with_references(body, lambda text: _leading(viewer, text, leads))
    except SalusError as error:
        raise _at(error, entry.index) from None
    _refuse_dangling(body, entry.index)
    return replace(entry, asked=replace(entry.asked, body=body))


def _placed(viewer: Viewer, entry: Entry) -> Entry:
    """With an id: its own, that of what its condition fits, or a new one."""
    asked = entry.asked
    if asked.method == "PUT" and not asked.id and isinstance(asked.body, dict):
        found = interactions.matching(viewer, asked.type, asked.parameters)
        id = found or str(asked.body.get("id") or uuid4())
        put = replace(asked, id=id, parameters=[], body={**asked.body, "id": id})
        return replace(entry, asked=put)
    if asked.method != "POST":
        return entry
    found = interactions.matching(viewer, asked.type, asked.if_none_exist)
    urn = entry.full_url.removeprefix("urn:uuid:")
    own = urn if interactions.is_uuid(urn) and asked.type == "Patient" else str(uuid4())
    return replace(entry, asked=replace(asked, id=found or own))


def _leading(viewer: Viewer, reference: str, leads: dict[str, str]) -> str:
    """A reference as it will be: to an entry of the bundle, or to what a condition fits."""
    plain, mark, rest = reference.partition("#")
    if plain in leads:
        return leads[plain] + mark + rest
    type, condition, query = reference.partition("?")
    if condition and type in resource_types():
        found = interactions.matching(viewer, type, query)
        if found is None:
            text = _("A conditional reference fits nothing here.")
            raise interactions.SeveralMatch(text)
        return f"{type}/{found}"
    return reference


def _refuse_dangling(body: Resource, index: int) -> None:
    for place, holder in references(body):
        if str(holder["reference"]).startswith(URN):
            where = f"Bundle.entry[{index}].resource.{place}.reference"
            raise Invalid(problems=[Problem(where, _("This leads to nothing in the bundle."))])
