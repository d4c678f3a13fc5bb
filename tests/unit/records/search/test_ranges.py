"""Times and numbers as ranges."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.search.ranges import ALWAYS, Range, decimal, moment, number, period, precision_of

DAY = 24 * 3600 * 1_000_000


def at(*when: int) -> float:
    return datetime(*when, tzinfo=UTC).timestamp() * 1e6  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2024", at(2024, 1, 1), at(2025, 1, 1)),
        ("2024-02", at(2024, 2, 1), at(2024, 3, 1)),
        ("2024-12", at(2024, 12, 1), at(2025, 1, 1)),
        ("2024-02-29", at(2024, 2, 29), at(2024, 3, 1)),
        ("2024-02-29T10:00", at(2024, 2, 29, 10), at(2024, 2, 29, 10, 1)),
        ("2024-02-29T10:00:30Z", at(2024, 2, 29, 10, 0, 30), at(2024, 2, 29, 10, 0, 31)),
        ("2024-02-29T10:00:30+02:00", at(2024, 2, 29, 8, 0, 30), at(2024, 2, 29, 8, 0, 31)),
        # In an address a plus sign that nobody wrote as %2B arrives as a space.
        ("2024-02-29T10:00:30 02:00", at(2024, 2, 29, 8, 0, 30), at(2024, 2, 29, 8, 0, 31)),
        ("2024-02-29T10:00:30.5-01:30", at(2024, 2, 29, 11, 30, 30, 500000),
         at(2024, 2, 29, 11, 30, 30, 600000)),
        ("2024-02-29T10:00:60Z", at(2024, 2, 29, 10, 0, 59), at(2024, 2, 29, 10, 1)),
        ("1850", at(1850, 1, 1), at(1851, 1, 1)),
    ],
)  # fmt: skip
def test_a_time_is_as_long_as_it_is_precise(text: str, low: float, high: float):
    assert moment(text) == Range(low, high)


@pytest.mark.parametrize(
    "text", ["", "24", "2024-13", "2024-02-30", "2024-2-3", "soon", "2024-02-29T25:00", "0000"]
)
def test_what_is_no_time(text: str):
    assert moment(text) is None


def test_a_side_of_a_period_may_be_open():
    assert period({"start": "2024"}) == Range(at(2024, 1, 1), ALWAYS.high)
    assert period({"end": "2024"}) == Range(ALWAYS.low, at(2025, 1, 1))
    assert period({"start": "2024", "end": "2024"}) == moment("2024")
    assert period({}) is period({"start": "soon"}) is None


FIRST, LAST = datetime(1700, 1, 1), datetime(2200, 1, 1)  # noqa: DTZ001 - hypothesis wants it so


@given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
def test_each_moment_lies_within_what_is_less_precise(when: datetime):
    exact = moment(when.isoformat(timespec="microseconds"))
    assert exact
    for text in (when.isoformat()[:cut] for cut in (4, 7, 10)):
        wide = moment(text)
        assert wide
        assert wide.low <= exact.low < exact.high <= wide.high


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [("100", 99.5, 100.5), ("5.40", 5.395, 5.405), ("1e2", 99.5, 100.5), ("-0.5", -0.55, -0.45)],
)
def test_a_number_is_equal_within_its_digits(text: str, low: float, high: float):
    assert precision_of(Decimal(text)) == Range(low, high)


@pytest.mark.parametrize("value", [True, None, "", "x", "NaN", "Infinity", [], {}])
def test_what_is_no_number(value: object):
    assert decimal(value) is None
    assert number(value) is None
