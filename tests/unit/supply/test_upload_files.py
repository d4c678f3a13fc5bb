"""Uploaded files: every fault is named with its row and column, and no bytes break the reader."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.demo.shipment_csv import bad_csv, good_csv
from supply.problems import MOST_PROBLEMS, FileRefused, RowProblem, in_order
from supply.tables import MOST_BYTES
from supply.uploads import Reading, Sender, read_upload, taken

TODAY = date(2026, 3, 17)
GTIN, OTHER_GTIN = "09521234543213", "09521234600015"
OWN, TO, ELSEWHERE = "9521234500018", "9521234500032", "9521234500025"
SENDER = Sender(OWN, {GTIN, OTHER_GTIN})
HEADER = "gtin,lot,expiry,serial,from,to"
GOOD = f"{GTIN},L1,2027-05-31,SN001-SN010,{OWN},{TO}"


def read(text: str | bytes) -> Reading:
    data = text.encode() if isinstance(text, str) else text
    return read_upload(data, sender=SENDER, today=TODAY)


def table(*rows: str) -> str:
    return "\r\n".join([HEADER, *rows, ""])


def words(reading: Reading) -> list[str]:
    return [str(problem.named()) for problem in in_order(reading.problems)]


def refusal(text: str | bytes) -> list[str]:
    with pytest.raises(FileRefused) as raised:
        read(text)
    return [str(problem) for problem in raised.value.problems]


# -- good files ------------------------------------------------------------------------------------


def test_a_line_holds_what_the_row_says():
    (line,) = read(table(GOOD)).lines
    assert (line.row, line.gtin, line.lot, line.expiry) == (2, GTIN, "L1", date(2027, 5, 31))
    assert (line.from_gln, line.to_gln, len(line.serials)) == (OWN, TO, 10)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_the_usual_ways_to_save_a_table(separator, ending, mark):
    text = ending.join([HEADER.upper(), GOOD]).replace(",", separator)
    reading = read(mark + text.encode())
    assert not reading.problems
    assert len(reading.lines) == 1


def test_columns_stand_in_any_order_and_cells_may_be_quoted():
    text = f'To;Serial; FROM ;"Expiry";lot;GTIN\n{TO};"SN1";{OWN};270531;"L;1";"{GTIN}"\n'
    (line,) = read(text).lines
    assert (line.lot, line.serials.first, line.to_gln) == ("L;1", "SN1", TO)


def test_blank_rows_and_trailing_separators_are_passed_over_but_counted():
    text = f"{HEADER},,\r\n\r\n{GOOD},,\r\n,,,,,,,\r\n{GOOD.replace('SN', 'TN')},,\r\n"
    assert [line.row for line in read(text).lines] == [3, 5]


def test_what_looks_like_a_formula_is_just_data():
    (line,) = read(table(f"{GTIN},=1+1,2027-05-31,-1+A2,{OWN},{TO}")).lines
    assert (line.lot, line.serials.first) == ("=1+1", "-1+A2")


def test_the_demo_file_is_good_and_the_same_every_time():
    text = good_csv(OWN, TO, sorted(SENDER.gtins))
    assert text == good_csv(OWN, TO, sorted(SENDER.gtins))
    first, second = read(text), read(good_csv(OWN, TO, sorted(SENDER.gtins), run=1_800_000_000))
    assert not first.problems
    assert not second.problems
    packs = {(line.gtin, s) for line in first.lines for s in line.serials}
    assert len(packs) == 242
    assert packs.isdisjoint((line.gtin, s) for line in second.lines for s in line.serials)


# -- faults in rows --------------------------------------------------------------------------------


def test_each_fault_of_the_demo_file_is_named_in_its_row():
    assert words(read(bad_csv(OWN, TO, [GTIN]))) == [
        "Row 3, GTIN: the check digit should be 3, not 4",
        "Row 4, Expiry: the day is 00: write the day itself, such as 2027-05-31",
        "Row 5, Expiry: 2020-01-31 has passed: this lot has expired",
        "Row 6, Lot: a blank is not allowed here by GS1",
        "Row 7, Serial: F001000005 stands in row 2 already",
        "Row 8, Serial: the range ends before it begins; if “F001000030-F001000020” is one serial, "
        "write it twice, with a hyphen between",
        "Row 9, From: 9521234500032 is not your organisation, which is 9521234500018",
        "Row 10, To: a shipment can't go where it comes from",
        "Row 11, GTIN: “9.52E+12” is a number that the spreadsheet shortened: "
        "format the column as text",
        "Row 12, Serial: this is missing",
    ]


def test_the_demo_file_has_the_same_faults_in_each_run():
    runs = [read(bad_csv(OWN, TO, [GTIN], run=run)) for run in (1, 1_800_000_000)]
    places = [[(p.row, p.column) for p in in_order(reading.problems)] for reading in runs]
    assert places[0] == places[1]


def test_all_faults_of_a_row_are_named():
    reading = read(table("1,,x,,2,3", GOOD))
    assert [(p.row, p.column) for p in in_order(reading.problems)] == [
        (2, column) for column in ("gtin", "lot", "expiry", "serial", "from", "to")
    ]
    assert [line.row for line in reading.lines] == [3]


def test_a_product_of_nobody_or_of_another_is_refused_alike():
    assert words(read(table(GOOD.replace(GTIN, "10614141123459")))) == [
        "Row 2, GTIN: 10614141123459 is not among your products"
    ]


def test_today_is_early_enough_and_yesterday_is_not():
    row = f"{GTIN},L1,{{}},SN1,{OWN},{TO}"
    assert not read(table(row.format(TODAY.isoformat()))).problems
    assert words(read(table(row.format("260316")))) == [
        "Row 2, Expiry: 2026-03-16 has passed: this lot has expired"
    ]


def test_repeated_serials_name_both_rows():
    other = GOOD.replace("SN001-SN010", "SN010-SN012").replace("L1", "L2")
    again = GOOD.replace("SN001-SN010", "SN005")
    other_product = GOOD.replace(GTIN, OTHER_GTIN)
    assert words(read(table(GOOD, other_product, other, again, again))) == [
        "Row 4, Serial: SN010 stands in row 2 already",
        "Row 5, Serial: SN005 stands in row 2 already",
        "Row 6, Serial: SN005 stands in row 2 already",
    ]
    assert words(read(table(GOOD, GOOD))) == [
        "Row 3, Serial: 10 serials, from SN001 to SN010, stand in row 2 already"
    ]


def test_a_repetition_is_found_in_a_row_with_other_faults_too():
    late = GOOD.replace("2027-05-31", "2020-05-31")
    assert [(p.row, p.column) for p in in_order(read(table(GOOD, late)).problems)] == [
        (3, "expiry"),
        (3, "serial"),
    ]


def test_serials_that_were_recorded_before():
    rows = read(table(GOOD, GOOD.replace("SN", "TN"))).rows
    before = {(GTIN, "SN003"), (GTIN, "SN004"), (GTIN, "TN010"), (OTHER_GTIN, "SN001")}
    assert list(taken(rows, before)) == [
        RowProblem(2, "serial", "2 serials were recorded before, from SN003 to SN004"),
        RowProblem(3, "serial", "TN010 was recorded before"),
    ]


def test_a_row_with_too_many_cells():
    reading = read(table(GOOD + ",more", GOOD.replace("SN", "TN") + ",,"))
    assert words(reading) == ["Row 2: this row has more cells than the header has columns"]


def test_at_most_200_problems_are_listed():
    reading = read(table(*["1,,,,,"] * 50))
    error = FileRefused(reading.problems)
    assert len(error.problems) == MOST_PROBLEMS
    assert error.detail == "300 problems, of which these are the first 200"
    assert FileRefused(reading.problems[:1]).detail == "1 problem"
    assert FileRefused(reading.problems[:200]).detail == "200 problems"


# -- faults of the whole file ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "the file is empty"),
        (b" \r\n\t\n", "the file is empty"),
        (b"PK\x03\x04 and more", "this is a spreadsheet"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "this is a spreadsheet"),
        (b"%PDF-1.7\n", "this is not a text file"),
        (b"\x1f\x8b\x08", "this is not a text file"),
        (HEADER.encode("utf-16"), "this is UTF-16"),
        (HEADER.encode() + b"\n\x00", "this is not a text file"),
        (HEADER.encode() + b"\r\n\r\nM\xfcnchen", "a character in line 3 is not UTF-8"),
        (HEADER.encode(), "there are no rows under the header"),
        (HEADER.encode() + b"\n,,,,,\n", "there are no rows under the header"),
        (b"x" * (MOST_BYTES + 1), "larger than 2 MB"),
    ],
)
def test_a_file_that_is_no_table(data, problem):
    (told,) = refusal(data)
    assert problem in told


def test_the_columns_must_be_ours():
    assert refusal(f"gtin,lot,LOT,price,expiry,serial,from\n{GOOD}") == [
        "Row 1: there is no column “price” in this kind of file: remove it",
        "Row 1: the column “lot” stands there twice",
        "Row 1: the column “to” is missing",
    ]


def test_an_open_quotation_mark_names_its_row():
    (told,) = refusal(table(GOOD, f'"{GOOD}'))
    assert told.startswith("Row 3: a quotation mark in this row")


def test_at_most_5000_rows():
    row = f"{GTIN},L1,2027-05-31,{{}},{OWN},{TO}"
    rows = [row.format(f"S{n}") for n in range(5001)]
    assert len(read(table(*rows[:5000])).lines) == 5000
    (told,) = refusal(table(*rows))
    assert told == "the file has more than 5000 rows: split it"


def test_at_most_50000_packs_and_they_are_not_looked_up():
    row = f"{GTIN},L1,2027-05-31,{{0}}0000-{{0}}9999,{OWN},{TO}"
    rows = [row.format(letter) for letter in "ABCDE"]
    assert sum(len(line.serials) for line in read(table(*rows)).lines) == 50_000
    over = read(table(*rows, *rows))
    assert over.rows == []
    assert words(over) == ["the file names 100000 packs, and 50000 are allowed: split it"]


# -- any bytes at all --------------------------------------------------------------------------------


def check_anything(data: bytes) -> None:
    try:
        reading = read(data)
    except FileRefused:
        return
    assert reading.rows or reading.problems
    if not reading.problems:
        assert len(reading.lines) == len(reading.rows) > 0


@given(st.binary(max_size=200))
def test_random_bytes(data):
    check_anything(data)


@given(st.binary(max_size=200))
def test_random_bytes_under_a_good_header(data):
    check_anything(HEADER.encode() + b"\n" + data)


@given(st.lists(st.lists(st.text(max_size=30), max_size=9), max_size=6), st.sampled_from(",;\t"))
def test_random_cells(rows, separator):
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows([HEADER.split(","), *rows])
    check_anything(out.getvalue().encode("utf-8", "surrogatepass"))


@settings(max_examples=200)
@given(st.data())
def test_a_good_file_with_one_cell_changed_stays_good_or_is_told_that_row(data):
    rows = [GOOD.split(","), GOOD.replace("SN", "TN").split(",")]
    number, column = data.draw(st.integers(0, 1)), data.draw(st.integers(0, 5))
    rows[number][column] = data.draw(st.text(st.characters(codec="utf-8"), max_size=25))
    out = io.StringIO()
    csv.writer(out).writerows([HEADER.split(","), *rows])
    if "\x00" in out.getvalue():
        return
    reading = read(out.getvalue())
    assert {problem.row for problem in reading.problems} <= {2, 3}
    assert len(reading.lines) == 2 - len({problem.row for problem in reading.problems})
