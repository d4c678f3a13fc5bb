"""A resource's entry in the index: what the database knows of it without its keys."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from records.fhir.resources import TIME_ELEMENTS
from records.labels import consent_tokens
from records.search.blind import handle, reference_token, token
from records.search.parameters import parameters_of
from records.search.ranges import Range, moment, period
from records.search.values import forms_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What a time can be in the database; before and after that it is as good as open.
EARLIEST = datetime(1, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)


# Raised when entries are made differently; `script/manage index_records` makes the old ones anew.
INDEX_VERSION = 2


@dataclass(frozen=True)
class Entry:
    """Hashed forms, ranges under hashed forms, and when it happened; as columns of a version."""

    handle: int  # by which references lead to the resource
    tokens: list[int] = field(default_factory=list)
    range_keys: list[int] = field(default_factory=list)
    range_lows: list[float] = field(default_factory=list)
    range_highs: list[float] = field(default_factory=list)
    began_at: datetime | None = None
    ended_at: datetime | None = None
    index_version: int = INDEX_VERSION


def entry_of(resource: dict[str, Any]) -> Entry:
    """The entry of a valid resource that has an id."""
    type = resource["resourceType"]
    tokens = consent_tokens(resource)
    ranges: set[tuple[int, Range]] = set()
    for parameter in parameters_of(type).values():
        forms, name = forms_of(parameter, resource), parameter.name
        tokens |= {token(name, form) for form in forms.tokens}
        tokens |= {reference_token(name, reference) for reference in forms.references}
        ranges |= {(token(name, form), range) for form, range in forms.ranges}
    rows = sorted(ranges, key=lambda row: (row[0], row[1].low, row[1].high))
    happened = _happened(resource)
    return Entry(
        handle=handle(f"{type}/{resource['id']}"),
        tokens=sorted(tokens),
        range_keys=[key for key, _range in rows],
        range_lows=[range.low for _key, range in rows],
        range_highs=[range.high for _key, range in rows],
        began_at=_time(happened.low) if happened else None,
        ended_at=_time(happened.high) if happened else None,
    )


def no_entry(reference: str) -> Entry:
    """Of what was deleted: nothing leads to it but its own address."""
    return Entry(handle(reference))


def _happened(resource: dict[str, Any]) -> Range | None:
    for element in TIME_ELEMENTS:
        value = resource.get(element)
        found = moment(value) if isinstance(value, str) else None
        found = period(value) if isinstance(value, dict) else found
        if found is not None:
            return found
    return None


def _time(microseconds: float) -> datetime:
    try:
        return _EPOCH + timedelta(microseconds=microseconds)
    except OverflowError:
        return EARLIEST if microseconds < 0 else LATEST
