"""Finding, page by page, what somebody may see."""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.viewer import Viewer
from core.keys import Owner, Tampered, sealer_for
from core.row_security import Who
from records.blind_index import fold
from records.fhir.resources import Resource, references
from records.search.blind import reference_token, token
from records.search.conditions import Check, Conditions, Found
from records.search.parameters import Kind
from records.search.paths import Path
from records.search.query import Include, Order, Search, parsed, wrong
from records.search.statements import SortKey, Statement
from records.search.terms import AllOf, Term, current
from records.search.values import forms_of, texts_of
from records.selectors import Opened, opened

MOST_CHECKED = 5_000  # that are decrypted because the index alone can't tell
MOST_INCLUDED = 1_000
DEEPEST = 5  # rounds of `:iterate`
CHUNK = 500


@dataclass
class Page:
    """What was found, with what was asked for beside it."""

    search: Search
    matches: list[Opened]
    included: list[Opened] = field(default_factory=list)
    total: int | None = None
    cursor: str = ""  # of the next page; empty on the last one


class Finder:
    """Runs searches of one viewer; `base_url` is that of FHIR, with a slash at its end."""

    def __init__(self, viewer: Viewer, base_url: str) -> None:
        self.viewer = viewer
        self.who = Who.of(viewer.acting)
        self.conditions = Conditions(base_url, self._settle)

    # -- pages -------------------------------------------------------------------------------------

    def first(self, search: Search) -> Page:
        """The first page; raises WrongSearch."""
        return self._page(search, after=None, total=None)

    def next(self, cursor: str) -> Page:
        """The page that a cursor leads to; raises WrongSearch for one that is not this person's."""
        said = self._opened_cursor(cursor)
        search = parsed(said["type"], [(name, value) for name, value in said["asked"]])
        return self._page(search, after=said["after"], total=said["total"])

    def count(self, search: Search) -> int:
        """How many there are (`_summary=count`)."""
        where, check = self._where(search)
        if check is None:
            return Statement(where).count(self.viewer, search.type)
        return len(self._settle(search.type, where, check))

    def _page(self, search: Search, after: list[Any] | None, total: int | None) -> Page:
        where, check = self._where(search)
        if check or any(_in_python(order) for order in search.orders):
            return self._checked_page(search, where, check, after)
        keys = tuple(_sort_key(order) for order in search.orders) or (_NEWEST,)
        statement = Statement(where, keys, search.count + 1, after is not None)
        found = statement.rows(self.viewer, search.type, after or [])
        more, found = len(found) > search.count, found[: search.count]
        if after is None and search.total != "none":
            whole = Statement(where)
            total = len(found) if not more else whole.count(self.viewer, search.type)
        cursor = ""
        if more and found:
            last = [getattr(found[-1], f"key_{n}") for n in range(len(keys))]
            cursor = self._sealed_cursor(search, [*map(_written, last), found[-1].pk], total)
        return self._with_included(Page(search, opened(found), total=total, cursor=cursor))

    def _checked_page(
        self, search: Search, where: Term, check: Check | None, after: list[Any] | None
    ) -> Page:
        """The same where each match has to be opened before it is known to be one, or its place."""
        rows = self._opened(search.type, where)
        found = [o for o in rows if check is None or check(o.resource)]
        found.sort(key=lambda one: one.version.pk, reverse=True)
        for order in reversed(search.orders or [_NEWEST_FIRST]):
            found.sort(key=partial(_place_of, order), reverse=order.descending)
        place = 0
        if after:
            places = (n for n, o in enumerate(found, 1) if o.version.pk == after[-1])
            place = next(places, after[0])
        end = place + search.count
        shown, cursor = found[place:end], ""
        if shown and end < len(found):
            cursor = self._sealed_cursor(search, [end, shown[-1].version.pk], len(found))
        total = None if search.total == "none" else len(found)
        return self._with_included(Page(search, shown, total=total, cursor=cursor))

    # -- rows --------------------------------------------------------------------------------------

    def _where(self, search: Search) -> tuple[Term, Check | None]:
        found: list[Found] = [self.conditions.of(one) for one in search.conditions]
        checks = [one.check for one in found if one.check]
        return AllOf(tuple(one.where for one in found)), _all_of(checks) if checks else None

    def _settle(self, type: str, where: Term, check: Check) -> list[int]:
        return [o.version.pk for o in self._opened(type, where) if check(o.resource)]

    def _opened(self, type: str, where: Term) -> Iterator[Opened]:
        rows = current(self.who).filter(where.q(self.who, iter(where.values)), type=type)
        ids = list(rows.order_by().values_list("pk", flat=True)[: MOST_CHECKED + 1])
        if len(ids) > MOST_CHECKED:
            text = _("This would look through too much: add another parameter.")
            raise wrong("", text)
        for start in range(0, len(ids), CHUNK):
            yield from opened(current(self.who).filter(pk__in=ids[start : start + CHUNK]))

    # -- what is sent along ------------------------------------------------------------------------

    def _with_included(self, page: Page) -> Page:
        seen = {o.version.pk for o in page.matches}
        layer = page.matches
        for depth in range(DEEPEST):
            includes = [i for i in page.search.includes if depth == 0 or i.iterate]
            if not layer or not includes:
                break
            layer = [o for o in self._included(layer, includes) if o.version.pk not in seen]
            seen |= {o.version.pk for o in layer}
            page.included += layer
            if len(page.included) > MOST_INCLUDED:
                raise wrong("_include", _("This would send too much along: ask for fewer."))
        return page

    def _included(self, layer: Sequence[Opened], includes: Sequence[Include]) -> list[Opened]:
        wanted, tokens = set[str](), set[int]()
        types = set[str]()
        for include in includes:
            if include.backwards:
                assert include.parameter
                types.add(include.type)
                fitting = [o for o in layer if include.target in ("", o.version.type)]
                tokens |= {
                    reference_token(include.parameter.name, o.version.reference) for o in fitting
                }
            else:
                wanted |= set(_referred(layer, include))
        where = Q(tokens__overlap=sorted(tokens), type__in=types) if tokens else Q(pk=None)
        by_type: dict[str, list[str]] = {}
        for reference in wanted:
            type, _slash, id = reference.rpartition("/")
            by_type.setdefault(type.rpartition("/")[2], []).append(id)
        for type, ids in by_type.items():
            where |= Q(type=type, fhir_id__in=ids)
        rows = current(self.who).filter(where)
        return opened(rows.order_by("pk")[: MOST_INCLUDED + 1])

    # -- cursors -----------------------------------------------------------------------------------

    @property
    def _context(self) -> str:
        return f"search cursor {self.viewer.user.pk}"

    def _sealed_cursor(self, search: Search, after: list[Any], total: int | None) -> str:
        """What it takes to go on, for this person alone; no word of it can be read in an address."""
        said = {"type": search.type, "asked": search.taken, "after": after, "total": total}
        sealed = sealer_for(Owner.portal()).seal(json.dumps(said).encode(), self._context)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def _opened_cursor(self, cursor: str) -> dict[str, Any]:
        try:
            sealed = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            said: dict[str, Any] = json.loads(
                sealer_for(Owner.portal()).open(sealed, self._context)
            )
        except (binascii.Error, ValueError, Tampered):
            text = _("This page is not yours, or its address is not complete.")
            raise wrong("_cursor", text) from None
        return said


def _all_of(checks: Sequence[Check]) -> Check:
    return lambda resource: all(check(resource) for check in checks)


def _referred(layer: Iterable[Opened], include: Include) -> Iterator[str]:
    """`Type/id` of what the resources refer to."""
    for one in layer:
        if one.version.type != include.type:
            continue
        if include.parameter is None:
            found = [str(holder["reference"]) for _place, holder in references(one.resource)]
        else:
            found = list(_at(include.parameter.paths, include.type, one.resource))
        for reference in found:
            named = reference.partition("/_history/")[0]
            type = named.rpartition("/")[0].rpartition("/")[2]
            if type and include.target in ("", type):
                yield named


def _at(paths: Iterable[Path], type: str, resource: Resource) -> Iterator[str]:
    for path in paths:
        for _type, value in path(type, resource):
            reference = value.get("reference") if isinstance(value, dict) else None
            if isinstance(reference, str):
                yield reference


# -- order -----------------------------------------------------------------------------------------


_NEWEST = SortKey("created_at", True)
_NEWEST_FIRST = Order(None, "_lastUpdated", descending=True)


def _sort_key(order: Order) -> SortKey:
    if order.parameter is not None:
        return SortKey("range", order.descending, token(order.parameter.name, ""))
    return SortKey("fhir_id" if order.code == "_id" else "created_at", order.descending)


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _in_python(order: Order) -> bool:
    """Whether it is sorted by something that only the resource itself says."""
    kind = order.parameter.kind if order.parameter else None
    return kind not in (None, Kind.DATE, Kind.NUMBER, Kind.QUANTITY)


def _place_of(order: Order, one: Opened) -> tuple[bool, Any]:
    """Where one stands by a key; those that don't have it stand last, whichever way."""
    found = _values_of(order, one)
    if not found:
        return not order.descending, ""
    return order.descending, max(found) if order.descending else min(found)


def _values_of(order: Order, one: Opened) -> list[Any]:
    parameter = order.parameter
    if parameter is None:
        return [one.version.fhir_id if order.code == "_id" else one.version.created_at]
    if not _in_python(order):
        ranges = [r for form, r in forms_of(parameter, one.resource).ranges if not form]
        return [r.high if order.descending else r.low for r in ranges]
    nodes = [node for path in parameter.paths for node in path(parameter.type, one.resource)]
    if parameter.kind == Kind.STRING:
        return [fold(text) for node in nodes for text in texts_of(*node)]
    return [text for _type, value in nodes if (text := _sortable(value))]


def _sortable(value: Any) -> str:
    """A code, an identifier, a reference or an address, as a text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    while isinstance(value, dict):
        inner = value.get("coding") or value.get("code") or value.get("value")
        inner = inner or value.get("reference") or value.get("text") or ""
        value = inner[0] if isinstance(inner, list) else inner
    return str(value)
