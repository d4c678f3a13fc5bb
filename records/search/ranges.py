"""Times and numbers as ranges: what a resource says, and what is asked for (R4, 3.1.1.5)."""

import math
import re
from calendar import isleap, monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

_DATE = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d\d)(-(?P<day>\d\d)"
    r"([T ](?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d)(\.(?P<part>\d+))?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?)?)?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
SECOND = 1_000_000


@dataclass(frozen=True)
class Range:
    """From `low` up to `high`, which is the first value beyond it; a point has both alike.

    Times are microseconds since 1970 in UTC, where no zone is given also.
    """

    low: float
    high: float


ALWAYS = Range(-math.inf, math.inf)


def moment(text: str) -> Range | None:
    """A FHIR date, dateTime or instant, as long as it is precise; None for what is none."""
    match = _DATE.fullmatch(text.strip().replace(" ", "+") if "T" in text else text.strip())
    if match is None:
        return None
    part = {name: int(value) for name, value in match.groupdict().items()
            if value and name not in ("zone", "part")}  # fmt: skip
    try:
        start = datetime(
            part["year"], part.get("month", 1), part.get("day", 1), part.get("hour", 0),
            part.get("minute", 0), min(part.get("second", 0), 59), tzinfo=UTC,
        )  # fmt: skip
    except ValueError:
        return None
    low = (start - _EPOCH) // _MICROSECOND - _zone(match["zone"])
    digits = (match["part"] or "")[:6]
    low += int(digits.ljust(6, "0")) if digits else 0
    return Range(low, low + _length(part, digits))


def _length(part: dict[str, int], digits: str) -> int:
    """How long the time is that was written, by its last part."""
    if digits:
        return int(10 ** (6 - len(digits)))
    if "hour" in part:
        return SECOND if "second" in part else 60 * SECOND
    if "month" not in part:
        return _days(366 if isleap(part["year"]) else 365)
    return _days(1 if "day" in part else monthrange(part["year"], part["month"])[1])


def _days(count: int) -> int:
    return count * 24 * 3600 * SECOND


def _zone(text: str | None) -> int:
    if text in (None, "", "Z"):
        return 0
    assert text is not None
    sign = -1 if text[0] == "-" else 1
    return sign * (int(text[1:3]) * 60 + int(text[4:6])) * 60 * SECOND


def period(value: dict[str, Any]) -> Range | None:
    """A Period; a side that is not given is open."""
    start, end = value.get("start"), value.get("end")
    low = moment(start) if isinstance(start, str) else ALWAYS
    high = moment(end) if isinstance(end, str) else ALWAYS
    if low is None or high is None or (low is ALWAYS and high is ALWAYS):
        return None
    return Range(low.low, high.high)


def number(value: Any) -> Range | None:
    """A number of a resource: a point, however many digits it was written with."""
    found = decimal(value)
    return None if found is None else Range(float(found), float(found))


def decimal(value: Any) -> Decimal | None:
    """A JSON number or a text that says one; None for what is none, or has no end."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def precision_of(value: Decimal) -> Range:
    """What counts as equal to a number that is asked for: `5.40` is 5.395 up to 5.405."""
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    half = Decimal(5).scaleb(min(exponent, 0) - 1)
    return Range(float(value - half), float(value + half))
