"""Canonical bytes: vectors that never change, what is refused, and properties."""

import json
import os
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.canonical import MAX_DEPTH, NotCanonical, canonical, parse

# What is written, and what is sealed. Changing one breaks every proof made so far.
VECTORS = [
    ("1.00", b"1.00"),
    ("61.50", b"61.50"),
    ("100", b"100"),
    ("0.1", b"0.1"),
    ("0.000001", b"0.000001"),
    ("0.0000001", b"1E-7"),
    ("0.00000001", b"1E-8"),
    ("1e5", b"1E+5"),
    ("1.5e300", b"1.5E+300"),
    ("1.0e-7", b"1.0E-7"),
    ("12E-3", b"0.012"),
    ("10e-1", b"1.0"),
    ("0e5", b"0E+5"),
    ("0.000", b"0.000"),
    ("-0", b"0"),
    ("-0.0", b"-0.0"),
    ("1e400", b"1E+400"),
    ("123456789012345678901234567890", b"123456789012345678901234567890"),
    ("null", b"null"),
    (" [ true , false ] \n", b"[true,false]"),
    ("{}", b"{}"),
    ('{"b":1,"a":{"d":2,"c":3}}', b'{"a":{"c":3,"d":2},"b":1}'),
    # by code point: U+FFFF comes before U+1F600, which UTF-16 would put first
    (
        '{"\\ud83d\\ude00":1,"\uffff":2,"z":3,"é":4}',
        '{"z":3,"é":4,"\uffff":2,"\U0001f600":1}'.encode(),
    ),
    ('"\\u00e9\\/\\u003c"', '"é/<"'.encode()),
    ('"\\u0001\\n\\t\\"\\\\\\u007f\\u2028"', '"\\u0001\\n\\t\\"\\\\\x7f\u2028"'.encode()),
    ('"e\\u0301"', '"e\u0301"'.encode()),  # not composed: other characters are another text
]

REFUSED = [
    b"", b" ", b"01", b"1.", b".5", b"+1", b"1 2", b"[1,]", b"{,}", b'{"a":1,}', b"{a:1}", b"'a'",
    b'"\n"', b'"\\x41"', b"nul", b"NaN", b"Infinity", b"-Infinity", b"[NaN]", b"\xef\xbb\xbf1",
    b"\xff", b'"\xed\xa0\x80"', b'"\\ud800"', b'"\\udc00\\ud800"', b'{"\\ud800":1}',
    b'{"a":1,"a":1}', b'{"a":1,"\\u0061":2}', b'[{"b":{"c":1,"c":2}}]', b"[" * 20_000,
    b"[" * (MAX_DEPTH + 2) + b"]" * (MAX_DEPTH + 2), b"1" * 5000,
    b"1e9999999999999999999999", b"1e-9999999999999999999999",
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), VECTORS)
def test_vectors(text, expected):
    assert canonical(parse(text)) == expected
    assert canonical(parse(expected)) == expected


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: repr(text[:30]))
def test_what_has_no_canonical_form_is_refused(text):
    with pytest.raises(NotCanonical):
        canonical(parse(text))


@pytest.mark.parametrize("value", [1.0, float("nan"), Decimal("Infinity"), {"a": [0.1]}])
def test_numbers_that_lost_their_precision_are_refused(value):
    with pytest.raises(NotCanonical):
        canonical(value)


def test_a_repeated_key_is_named_with_its_place():
    with pytest.raises(NotCanonical) as caught:
        parse(b'{"entry":[{"resource":{"id":1,"id":2}}]}')
    [problem] = caught.value.problems
    assert problem.place == "entry[0].resource"
    assert "“id”" in problem.text


def test_nesting_is_allowed_up_to_the_limit():
    text = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    assert canonical(parse(text)) == text


def test_a_bomb_of_brackets_does_not_end_the_process():
    """web3 brings py_ecc, which lifts Python's recursion limit beyond what the C stack holds."""
    program = (
        "import django; django.setup()\n"
        "from chain.canonical import NotCanonical, parse\n"
        "from chain.node import get_node; get_node().web3\n"
        "from chain.signer import get_signer; get_signer()\n"
        "try: parse(b'[' * 300_000)\n"
        "except NotCanonical: print('refused')\n"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "portal.settings"}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "refused\n"), done.stderr


decimals = st.decimals(allow_nan=False, allow_infinity=False)
characters = st.text(st.characters(exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers(-(10**40), 10**40) | characters


def nested(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def grow(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.lists(inner, max_size=4) | st.dictionaries(characters, inner, max_size=4)

    return st.recursive(leaves, grow, max_leaves=12)


@given(nested(scalars | decimals))
def test_canonical_bytes_are_their_own_canonical_form(document):
    once = canonical(document)
    # An integer's sign of zero is the one thing that reading gives up: -0 is 0.
    again = canonical(parse(once))
    assert canonical(parse(again)) == again


@given(decimals)
def test_decimals_keep_value_and_precision(number):
    found = parse(canonical(number))
    assert found == number
    if "." in str(number) or "E" in str(number):
        assert found.as_tuple() == number.as_tuple()


@given(nested(scalars), st.integers(0, 4), st.booleans())
def test_layout_order_and_escapes_make_no_difference(document, indent, ascii_only):
    written = json.dumps(_reversed(document), indent=indent, ensure_ascii=ascii_only)
    assert canonical(parse(written)) == canonical(document)


def _reversed(value: Any) -> Any:
    """The same document with all its keys the other way round."""
    if isinstance(value, dict):
        return {key: _reversed(part) for key, part in reversed(value.items())}
    return [_reversed(part) for part in value] if isinstance(value, list) else value
