"""Bundles of what was found or written; each resource stands there byte for byte as committed."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from django.utils import timezone

from exchange.asking import Answer, etag
from records.models import Version
from records.search.query import Search
from records.search.running import Page
from records.selectors import Opened
from records.services.store import instant

Shape = Any  # of a resource in an answer: Callable[[Opened], bytes]


def bundle(
    kind: str,
    entries: Iterable[bytes],
    *,
    total: int | None = None,
    links: Sequence[tuple[str, str]] = (),
) -> bytes:
    """A Bundle around entries that are JSON already."""
    head: dict[str, Any] = {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "meta": {"lastUpdated": instant(timezone.now())},
        "type": kind,
    }
    if total is not None:
        head["total"] = total
    if links:
        head["link"] = [{"relation": relation, "url": url} for relation, url in links]
    body = b",".join(entries)
    start = json.dumps(head, separators=(",", ":")).encode()
    return start[:-1] + b',"entry":[' + body + b"]}" if body else start


def entry(url: str, document: bytes, **more: Any) -> bytes:
    """An entry with its resource; what else it says as keywords."""
    said = json.dumps({"fullUrl": url, **more}, separators=(",", ":")).encode()
    return said[:-1] + b',"resource":' + document + b"}" if document else said


@dataclass(frozen=True)
class SearchSet:
    """A page of a search as a Bundle."""

    page: Page
    base: str
    shaped: Shape
    next_url: str = ""  # where it is not that of the search's own cursor

    def written(self) -> bytes:
        """The Bundle: matches, what is sent along, and what was not understood."""
        found = [self._entry(one, "match") for one in self.page.matches]
        found += [self._entry(one, "include") for one in self.page.included]
        if self.page.search.unknown:
            found.append(_unknown(self.page.search.unknown))
        return bundle("searchset", found, total=self.page.total, links=self._links())

    def _entry(self, one: Opened, mode: str) -> bytes:
        url = f"{self.base}{one.version.reference}"
        return entry(url, self.shaped(one), search={"mode": mode})

    def _links(self) -> list[tuple[str, str]]:
        search = self.page.search
        links = [("self", _address(self.base, search))]
        next_url = self.next_url
        if self.page.cursor:
            next_url = f"{self.base}{search.type}?_cursor={self.page.cursor}"
        return [*links, ("next", next_url)] if next_url else links


def _address(base: str, search: Search) -> str:
    """What was understood, as one would ask for it."""
    return f"{base}{search.type}" + (f"?{urlencode(search.taken)}" if search.taken else "")


def _unknown(names: Sequence[str]) -> bytes:
    """What was left out of a search, said beside the matches."""
    issues = [
        {"severity": "warning", "code": "not-supported",
         "diagnostics": "This parameter is not known here and was left out.", "expression": [name]}
        for name in dict.fromkeys(names)
    ]  # fmt: skip
    resource = json.dumps({"resourceType": "OperationOutcome", "issue": issues}).encode()
    return b'{"resource":' + resource + b',"search":{"mode":"outcome"}}'


def history(rows: Sequence[Opened], base: str, *, total: int | None, next_url: str) -> bytes:
    """Versions, newest first, each with the request that made it."""
    links = [("next", next_url)] if next_url else []
    return bundle("history", [_past(one, base) for one in rows], total=total, links=links)


def _past(one: Opened, base: str) -> bytes:
    version = one.version
    request = {"method": _method(version), "url": version.reference}
    if version.number == 1 and request["method"] == "POST":
        request["url"] = version.type
    response = {
        "status": {"POST": "201", "PUT": "200", "DELETE": "204"}[request["method"]],
        "etag": etag(version),
        "lastModified": instant(version.created_at),
    }
    document = b"" if version.deleted else one.document
    return entry(f"{base}{version.reference}", document, request=request, response=response)


def _method(version: Version) -> str:
    if version.deleted:
        return "DELETE"
    return "POST" if version.number == 1 else "PUT"


def response_entry(answer: Answer, url: str = "") -> bytes:
    """One answer within a batch's or a transaction's."""
    status = f"{answer.status} {_REASONS.get(answer.status, '')}".strip()
    response: dict[str, Any] = {"status": status}
    if answer.location:
        response["location"] = answer.location
    if answer.version is not None:
        response |= {
            "etag": etag(answer.version),
            "lastModified": instant(answer.version.created_at),
        }
    if answer.status >= 400:
        said = json.dumps({"response": response}, separators=(",", ":")).encode()
        return said[:-2] + b',"outcome":' + answer.body + b"}}"
    said = json.dumps({"response": response}, separators=(",", ":")).encode()
    if url:
        said = b'{"fullUrl":' + json.dumps(url).encode() + b"," + said[1:]
    return said[:-1] + b',"resource":' + answer.body + b"}" if answer.body else said


_REASONS = {200: "OK", 201: "Created", 204: "No Content", 304: "Not Modified"}
