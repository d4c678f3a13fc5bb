"""Runs of serials: what is a range, what is one serial, and what is neither."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supply.gs1 import NotGs1
from supply.serials import MOST_SERIALS, read_serials

SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
prefixes = st.text(SET_82, max_size=12)


def test_a_range():
    serials = read_serials(" SN000001-SN000250 ")
    assert len(serials) == 250
    assert list(serials)[:2] == ["SN000001", "SN000002"]
    assert list(serials)[-1] == "SN000250"
    assert str(serials) == "SN000001-SN000250"


@pytest.mark.parametrize(
    "text", ["SN1", "400", "A-B", "LOT-001", "A1-0001", "=1+1", "-", "-7", "x"]
)
def test_one_serial(text):
    assert list(read_serials(text)) == [text]


@pytest.mark.parametrize("text", ["2026-3000", "2026-000123", "9-1", "A1-B2"])
def test_a_serial_that_looks_like_a_range_is_written_twice(text):
    assert list(read_serials(f"{text}-{text}")) == [text]


def test_what_reads_as_a_range_is_one():
    assert len(read_serials("2026-3000")) == 975


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "this is missing"),
        ("SN250-SN001", "ends before it begins"),
        ("SN1-SN250", "the same number of digits"),
        ("2026-000123", "write it twice"),
        ("SN001-SM250", "the same beginning"),
        ("SN00001-SN10001", "10000 serials at most, not 10001"),
        ("SN001 - SN250", "a blank is not allowed"),
        ("S" * 21, "at most 20"),
        ("1" * 42, "too long"),
        ("S" * 18 + "001-" + "S" * 18 + "002", "too long"),
    ],
)
def test_what_is_neither(text, words):
    with pytest.raises(NotGs1, match=words):
        read_serials(text)


@pytest.mark.parametrize("serial", ["0-0", "2026-3000", "0-00", "A1-B2"])
def test_one_serial_that_looks_like_a_range_is_written_twice(serial):
    one = read_serials(f"{serial}-{serial}")
    assert list(one) == [serial]
    assert str(one) == f"{serial}-{serial}"
    assert read_serials(str(one)) == one


@given(prefixes, st.integers(1, 8), st.data())
def test_a_range_holds_each_serial_once_in_order_and_nothing_else(prefix, width, data):
    first = data.draw(st.integers(0, 10**width - 1))
    last = data.draw(st.integers(first, min(10**width, first + MOST_SERIALS) - 1))
    ends = f"{prefix}{first:0{width}d}", f"{prefix}{last:0{width}d}"
    serials = read_serials("-".join(ends))
    written = list(serials)
    assert (written[0], written[-1]) == ends
    assert len(written) == len(serials) == len(set(written)) == last - first + 1
    assert written == sorted(written)
    assert read_serials(str(serials)) == serials


@given(st.text())
def test_any_text_is_a_run_or_an_error_of_ours(text):
    with suppress(NotGs1):
        serials = read_serials(text)
        assert 1 <= len(serials) <= MOST_SERIALS
        assert next(iter(serials)) == serials.first


@given(st.text("019-AB", max_size=41))
def test_texts_that_nearly_are_ranges(text):
    try:
        serials = read_serials(text)
    except NotGs1:
        return
    assert len(list(serials)) == len(serials)
    assert all(len(serial) == len(serials.first) <= 20 for serial in serials)
