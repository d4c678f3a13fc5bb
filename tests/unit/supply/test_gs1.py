"""GS1 keys: check digits, their one form, and clear words for everything else."""

from contextlib import suppress
from datetime import date, timedelta
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.check_digits import gs1_check_digit
from supply.gs1 import (
    NotGs1,
    class_uri,
    digital_link,
    instance_uri,
    location_uri,
    party_uri,
    read_expiry,
    read_gln,
    read_gtin,
    read_lot,
    read_serial,
)

TODAY = date(2026, 3, 17)
SET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"

digits = st.text("0123456789", min_size=7, max_size=13)
bodies = st.sampled_from([7, 11, 12, 13]).flatmap(
    lambda n: st.text("0123456789", min_size=n, max_size=n)
)
names = st.text(SET_82, min_size=1, max_size=20)


# -- check digits ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    ["10614141123459", "51022222233336", "106141412345678908", "0614141123452", "9521234500018"],
)
def test_the_check_digits_of_published_examples(key):
    assert gs1_check_digit(key[:-1]) == int(key[-1])


@given(bodies)
def test_a_gtin_of_any_length_becomes_fourteen_digits(body):
    key = f"{body}{gs1_check_digit(body)}"
    assert read_gtin(key) == key.zfill(14)
    assert read_gtin(read_gtin(key)) == key.zfill(14)  # done twice, it is the same


@given(bodies, st.data())
def test_one_wrong_digit_is_always_found(body, data):
    key = f"{body}{gs1_check_digit(body)}"
    place = data.draw(st.integers(0, len(key) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != key[place]]))
    with pytest.raises(NotGs1, match="the check digit should be"):
        read_gtin(key[:place] + other + key[place + 1 :])


@given(digits)
def test_only_the_lengths_of_gs1_are_gtins(body):
    key = f"{body}{gs1_check_digit(body)}"
    if len(key) in (8, 12, 13, 14):
        assert len(read_gtin(key)) == 14
    else:
        with pytest.raises(NotGs1, match=f"not {len(key)}"):
            read_gtin(key)


def test_the_right_check_digit_is_told():
    with pytest.raises(NotGs1) as raised:
        read_gtin("10614141123453")
    assert str(raised.value) == "the check digit should be 9, not 3"


def test_a_gln_has_thirteen_digits():
    assert read_gln(" 0614141123452 ") == "0614141123452"
    with pytest.raises(NotGs1, match="a GLN has 13 digits, not 12"):
        read_gln("614141123452")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "this is missing"),
        ("   ", "this is missing"),
        ("9.52E+12", "the spreadsheet shortened"),
        ("9,52123E12", "the spreadsheet shortened"),
        ("1061414-1123459", "is not made of digits alone"),
        ("１０６１４１４１１２３４５９", "is not made of digits alone"),
        ("=10614141123459", "is not made of digits alone"),
    ],
)
def test_what_is_no_number_is_told_apart(text, words):
    with pytest.raises(NotGs1, match=words):
        read_gtin(text)


@given(st.text())
def test_any_text_is_a_key_or_an_error_of_ours(text):
    for read, length in ((read_gtin, 14), (read_gln, 13)):
        with suppress(NotGs1):
            assert len(read(text)) == length


# -- lots and serials ------------------------------------------------------------------------------


@given(names)
def test_every_name_of_character_set_82_is_kept_as_it_is(name):
    assert read_lot(name) == name
    assert read_serial(name) == name


@given(st.text(min_size=1))
def test_any_other_name_is_an_error_of_ours(text):
    name = text.strip()
    allowed = 1 <= len(name) <= 20 and set(name) <= set(SET_82)
    if allowed:
        assert read_serial(text) == name
    else:
        with pytest.raises(NotGs1):
            read_serial(text)


def test_the_words_for_names():
    with pytest.raises(NotGs1, match="has 21 characters; at most 20"):
        read_lot("A" * 21)
    with pytest.raises(NotGs1, match="the character “ä” is not allowed"):
        read_lot("Lät")
    with pytest.raises(NotGs1, match="a blank is not allowed"):
        read_lot("LOT 1")


# -- expiry dates ----------------------------------------------------------------------------------


@given(st.dates(min_value=date(1000, 1, 1)))
def test_an_iso_date_is_read_as_it_stands(day):
    assert read_expiry(day.isoformat(), today=TODAY) == day


@given(st.integers(-49 * 365 + 60, 50 * 365 - 60))
def test_a_short_date_lies_in_the_century_around_today(days):
    day = TODAY + timedelta(days=days)
    assert read_expiry(day.strftime("%y%m%d"), today=TODAY) == day


@pytest.mark.parametrize(
    ("text", "today", "year"),
    [
        ("760101", date(2026, 1, 1), 2076),
        ("770101", date(2026, 1, 1), 1977),
        ("000101", date(2051, 1, 1), 2100),
        ("010101", date(2051, 1, 1), 2101),
        ("020101", date(2051, 1, 1), 2002),
    ],
)
def test_the_edges_of_the_century(text, today, year):
    assert read_expiry(text, today=today).year == year


@pytest.mark.parametrize("text", ["270500", "2027-05-00"])
def test_day_00_is_refused_in_clear_words(text):
    with pytest.raises(NotGs1, match="the day is 00: write the day itself"):
        read_expiry(text, today=TODAY)


@pytest.mark.parametrize("text", ["270230", "2027-02-30", "2027-13-01", "0000-01-01"])
def test_a_day_that_does_not_exist(text):
    with pytest.raises(NotGs1, match="no such day"):
        read_expiry(text, today=TODAY)


@pytest.mark.parametrize("text", ["31/05/2027", "31.05.2027", "27531", "46905", "May 2027"])
def test_any_other_way_to_write_a_date(text):
    with pytest.raises(NotGs1, match="is not a date that can be read"):
        read_expiry(text, today=TODAY)


@given(st.text(), st.dates())
def test_any_text_is_a_date_or_an_error_of_ours(text, today):
    with suppress(NotGs1):
        assert isinstance(read_expiry(text, today=today), date)


# -- Digital Link ----------------------------------------------------------------------------------


def test_the_names_that_epcis_uses():
    assert instance_uri("09521234543213", "400") == "https://id.gs1.org/01/09521234543213/21/400"
    assert class_uri("09521234543213", "L/1") == "https://id.gs1.org/01/09521234543213/10/L%2F1"
    assert (
        digital_link("09521234543213", "L1", "A+B")
        == "https://id.gs1.org/01/09521234543213/10/L1/21/A%2BB"
    )
    assert location_uri("9521234500018") == "https://id.gs1.org/414/9521234500018"
    assert party_uri("9521234500018") == "https://id.gs1.org/417/9521234500018"


@given(names, names)
def test_a_link_gives_back_what_went_in(lot, serial):
    parts = urlsplit(digital_link("09521234543213", lot, serial))
    assert not parts.query
    assert not parts.fragment
    assert [unquote(part) for part in parts.path.split("/")[1:]] == [
        "01", "09521234543213", "10", lot, "21", serial,
    ]  # fmt: skip
