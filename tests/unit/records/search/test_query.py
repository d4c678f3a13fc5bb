"""What is understood of a search, and what is refused."""

import pytest

from records.search.parameters import Kind
from records.search.query import (
    MOST,
    Chained,
    Criterion,
    Having,
    WrongSearch,
    parsed,
    plain,
    split,
)


def test_a_search_in_all_its_parts():
    search = parsed(
        "Observation",
        [
            ("code", "http://loinc.org|29463-7,8302-2"), ("subject:Patient.name", "kim"),
            ("_sort", "-date,_id"), ("_count", "7"), ("_total", "none"), ("_format", "json"),
            ("_include", "Observation:patient"), ("_revinclude:iterate", "Provenance:target"),
        ],
    )  # fmt: skip
    code, chain = search.conditions
    assert isinstance(code, Criterion)
    assert code.values == ("http://loinc.org|29463-7", "8302-2")
    assert isinstance(chain, Chained)
    assert [(order.code, order.descending) for order in search.orders] == [
        ("date", True), ("_id", False),
    ]  # fmt: skip
    assert (search.count, search.total) == (7, "none")
    assert [(i.type, i.backwards, i.iterate) for i in search.includes] == [
        ("Observation", False, False), ("Provenance", True, True),
    ]  # fmt: skip
    assert not search.unknown


def test_a_chain_through_several_types_asks_each_that_knows_the_parameter():
    [chain] = parsed("Observation", [("subject.birthdate", "1980")]).conditions
    assert isinstance(chain, Chained)
    assert [inner.type for inner in chain.inner if isinstance(inner, Criterion)] == ["Patient"]


def test_backwards_and_over_two_steps():
    [having] = parsed(
        "Patient", [("_has:Observation:patient:performer:Organization.name", "x")]
    ).conditions
    assert isinstance(having, Having)
    assert isinstance(having.inner, Chained)


def test_what_is_unknown_is_left_out_or_refused():
    asked = [("nothing", "1"), ("code", "x"), ("subject.nothing", "x"), ("_text", "x")]
    search = parsed("Observation", asked)
    assert search.unknown == ["nothing", "subject.nothing", "_text"]
    assert [name for name, _value in search.taken] == ["code"]
    for name, value in (asked[0], *asked[2:]):
        with pytest.raises(WrongSearch):
            parsed("Observation", [(name, value)], strict=True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_count", "many"), ("_count", "-1"), ("_total", "some"), ("_sort", "nothing"),
        ("_include", "Observation"), ("_include", "Nothing:x"), ("_include", "Observation:code"),
        ("_revinclude", "Observation:*"), ("_include:not", "Observation:subject"),
        ("code:exact", "x"), ("code:nothing", "x"), ("_id:not", "x"), ("subject:Nothing", "x"),
        ("subject:Nothing.name", "x"), ("_has:Observation", "x"), ("_has:Nothing:x:y", "z"),
        ("_has:Observation:code:status", "z"), ("_has:Observation:patient:nothing", "z"),
        ("code", ",".join("x" * 300)),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_parameter(name: str, value: str):
    type = "Patient" if name.startswith("_has") else "Observation"
    with pytest.raises(WrongSearch) as caught:
        parsed(type, [(name, value)])
    assert caught.value.problems[0].place


def test_a_chain_can_not_go_on_for_ever():
    name = "encounter." + "part-of." * 6 + "status"
    with pytest.raises(WrongSearch):
        parsed("Observation", [(name, "x")])


def test_a_page_has_a_most():
    assert parsed("Patient", [("_count", "999999999999999")]).count == MOST


def test_marks_can_be_escaped():
    assert split(r"a\,b,c", ",") == [r"a\,b", "c"]
    assert split(r"a\\,c", ",") == [r"a\\", "c"]
    assert plain(r"a\,b\$c\|d\\") == r"a,b$c|d" + "\\"


def test_every_kind_has_its_modifiers():
    from records.search.query import MODIFIERS

    assert set(MODIFIERS) == set(Kind)
