"""Whether two descriptions are of one person: what must hold for all, and what for the known cases."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from records.blind_index import Demographics, fold, phone, soundex
from records.likeness import Grade, birth_dates, jaro_winkler, likeness, names

WORD = st.text("abcdeimnorst", min_size=2, max_size=9)
BORN = st.dates().map(lambda day: day.isoformat())
SET = st.frozensets(WORD, max_size=2)
PEOPLE = st.builds(
    Demographics,
    families=st.lists(WORD, max_size=2).map(tuple),
    givens=st.lists(WORD, max_size=2).map(tuple),
    born=st.one_of(st.just(""), BORN),
    gender=st.sampled_from(["", "female", "male"]),
    phones=SET,
    emails=SET,
    postcodes=SET,
    identifiers=st.frozensets(st.tuples(st.sampled_from(["a", "b"]), WORD), max_size=2),
)
NAMED = st.builds(
    lambda person, family, name, born: replace(person, families=(family,), givens=(name,), born=born),
    PEOPLE, WORD, WORD, BORN,
)  # fmt: skip
KIM = Demographics(
    families=("testfield",), givens=("kim",), born="1980-02-29", gender="female",
    phones=frozenset(["550100200"]), emails=frozenset(["kim@example.org"]),
    postcodes=frozenset(["00001"]), identifiers=frozenset([("ours", "a17")]),
)  # fmt: skip
BARE = Demographics(families=("testfield",), givens=("kim",), born="1980-02-29")


@given(PEOPLE, PEOPLE)
def test_it_is_the_same_whoever_comes_first(one: Demographics, other: Demographics):
    assert likeness(one, other) == likeness(other, one)


@given(PEOPLE, PEOPLE)
def test_a_score_is_from_0_to_1(one: Demographics, other: Demographics):
    assert 0 <= likeness(one, other).score <= 1


@given(NAMED)
def test_the_same_person_has_a_score_of_1(person: Demographics):
    assert likeness(person, person).score == pytest.approx(1)


@given(NAMED, NAMED)
@example(
    replace(KIM, families=("aa",), givens=("aaa",)), replace(KIM, families=("aaa",), givens=("aa",))
)
def test_whatever_agrees_more_scores_more(one: Demographics, other: Demographics):
    before = likeness(one, other).score
    for parts in (("families",), ("givens",), ("families", "givens"), ("born",), ("gender",),
                  ("phones",), ("emails",), ("postcodes",), ("identifiers",)):  # fmt: skip
        # Of names that stand in each other's place, one that is put right fits the other no more.
        if len(parts) == 1 and parts[0] in ("families", "givens") and exchanged(one, other):
            continue
        agreeing = replace(other, **{name: getattr(one, name) for name in parts})
        if all(getattr(one, name) and getattr(other, name) for name in parts):
            assert likeness(one, agreeing).score >= before - 1e-9, parts


def exchanged(one: Demographics, other: Demographics) -> bool:
    turned = replace(other, families=other.givens, givens=other.families)
    return likeness(one, turned).bits > likeness(one, other).bits


@given(WORD, WORD)
def test_names_are_as_like_one_way_as_the_other(one: str, other: str):
    assert jaro_winkler(one, other) == jaro_winkler(other, one)
    assert 0 <= names(one, other) <= 1


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [("martha", "marhta", 0.961), ("dixon", "dicksonx", 0.813), ("dwayne", "duane", 0.840),
     ("abc", "xyz", 0.0), ("", "a", 0.0)],
)  # fmt: skip
def test_jaro_winkler_gives_winklers_own_figures(one: str, other: str, alike: float):
    assert jaro_winkler(one, other) == pytest.approx(alike, abs=0.001)


@pytest.mark.parametrize(
    ("name", "code"),
    [("Robert", "R163"), ("Rupert", "R163"), ("Ashcraft", "A261"), ("Tymczak", "T522"),
     ("Pfister", "P236"), ("Honeyman", "H555"), ("Washington", "W252"), ("Lee", "L000"),
     ("Müller", "M460"), ("李", "李")],
)  # fmt: skip
def test_soundex_gives_the_archives_own_codes(name: str, code: str):
    assert soundex(name) == code


@pytest.mark.parametrize(
    ("change", "grade"),
    [
        ({}, Grade.CERTAIN),
        ({"phones": frozenset(["999"])}, Grade.CERTAIN),
        ({"families": ("tesfield",)}, Grade.CERTAIN),
        ({"born": "1980-02-28", "identifiers": frozenset()}, Grade.CERTAIN),
        ({"givens": ("jo",), "identifiers": frozenset([("ours", "b2")])}, Grade.POSSIBLE),  # a twin
        ({"families": ("other",), "givens": ("max",), "born": "1999-01-01",
          "identifiers": frozenset([("ours", "b2")])}, Grade.NOT),
    ],
)  # fmt: skip
def test_the_known_cases_get_the_grade_that_a_registrar_would_give(change, grade: Grade):
    assert likeness(KIM, replace(KIM, **change)).grade == grade


def test_name_and_birthday_alone_are_never_certain():
    found = likeness(BARE, BARE)
    assert (found.score, found.grade) == (1.0, Grade.PROBABLE)


def test_a_name_alone_recognises_nobody():
    only = Demographics(families=("testfield",), givens=("kim",))
    assert likeness(only, KIM).grade != Grade.PROBABLE


def test_mistakes_of_writing_a_date_are_known():
    assert birth_dates("1980-04-03", "1980-03-04") > birth_dates("1980-04-03", "1980-04-08") > 0
    assert birth_dates("1980", "1980-04-03") > 0
    assert birth_dates("1980-04-03", "1975-11-23") == 0


def test_names_in_each_others_place_are_noticed():
    swapped = replace(KIM, families=("kim",), givens=("testfield",))
    assert likeness(KIM, swapped).grade == Grade.CERTAIN


@pytest.mark.parametrize(
    ("text", "folded"), [("O'Brien-Smïth", "obriensmith"), ("Łødź", "lodz"), ("STRAẞE", "strasse")]
)
def test_names_are_compared_without_case_accents_and_marks(text: str, folded: str):
    assert fold(text) == folded


def test_a_phone_number_is_the_same_with_its_country():
    assert phone("+49 (0)89 12 34 56 78") == phone("089/12345678")


def test_a_patient_with_next_to_nothing_can_be_read():
    assert Demographics.of({"resourceType": "Patient", "name": [{"given": []}]}) == Demographics()
