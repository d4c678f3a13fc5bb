"""Sign-In with Ethereum: the grammar of EIP-4361, taken and refused letter by letter."""

import string
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from accounts.siwe import LONGEST, Message, NotSiwe, moment_of, parse, written
from chain.addresses import checksummed

# The specification's own example; each case below changes one thing in it.
EXAMPLE = """example.com wants you to sign in with your Ethereum account:
0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2

I accept the ExampleOrg Terms of Service: https://example.com/tos

URI: https://example.com/login
Version: 1
Chain ID: 1
Nonce: 32891756
Issued At: 2021-09-30T16:25:24Z
Resources:
- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/
- https://example.com/my-web2-claim.json"""
MESSAGE = Message(
    domain="example.com",
    address="0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
    statement="I accept the ExampleOrg Terms of Service: https://example.com/tos",
    uri="https://example.com/login",
    chain_id=1,
    nonce="32891756",
    issued_at="2021-09-30T16:25:24Z",
    resources=(
        "ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/",
        "https://example.com/my-web2-claim.json",
    ),
)
FULL = replace(
    MESSAGE,
    scheme="https",
    expiration_time="2021-09-30T16:30:24.123Z",
    not_before="2021-09-30T16:25:24+02:00",
    request_id="some_id",
)


def changed(before: str, after: str, text: str = FULL.text) -> str:
    assert text.count(before) == 1, before
    return text.replace(before, after)


# -- what is taken -----------------------------------------------------------------------------------


def test_the_example_of_the_specification_is_read_and_written():
    assert parse(EXAMPLE) == MESSAGE
    assert MESSAGE.text == EXAMPLE


def test_a_port_and_a_scheme_may_stand_before_it():
    assert parse(EXAMPLE.replace("example.com wants", "example.com:3388 wants")) == replace(
        MESSAGE, domain="example.com:3388"
    )
    assert parse("https://" + EXAMPLE) == replace(MESSAGE, scheme="https")


def test_all_parts_stand_in_their_order():
    assert FULL.text.split("\n")[9:] == [
        "Issued At: 2021-09-30T16:25:24Z",
        "Expiration Time: 2021-09-30T16:30:24.123Z",
        "Not Before: 2021-09-30T16:25:24+02:00",
        "Request ID: some_id",
        "Resources:",
        "- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/",
        "- https://example.com/my-web2-claim.json",
    ]
    assert parse(FULL.text) == FULL


@pytest.mark.parametrize(
    "domain",
    [
        "127.0.0.1",
        "test@127.0.0.1",
        "127.0.0.1:8080",
        "test@127.0.0.1:8080",
        "localhost:4361",
        "[::1]:8000",
        "[2001:db8::7]",
        "[v1.future]",
        "a_b.example",
        "caf%C3%A9.example",
        "user:pass@example.com:",
    ],
)
def test_a_domain_is_any_authority(domain: str):
    assert parse(replace(MESSAGE, domain=domain).text).domain == domain


def test_nothing_to_say_and_saying_nothing_are_two_things():
    silent, empty = replace(MESSAGE, statement=None), replace(MESSAGE, statement="")
    assert "Cc2\n\n\nURI" in silent.text
    assert "Cc2\n\n\n\nURI" in empty.text
    assert parse(silent.text) == silent
    assert parse(empty.text) == empty


def test_no_resources_and_an_empty_list_of_them_are_two_things():
    none, empty = replace(MESSAGE, resources=None), replace(MESSAGE, resources=())
    assert none.text.endswith("16:25:24Z")
    assert empty.text.endswith("Resources:")
    assert parse(none.text) == none
    assert parse(empty.text) == empty


STATED = ":/?#[]@!$&'()*+,;= -._~" + string.ascii_letters + string.digits


def test_a_statement_may_have_all_characters_of_the_grammar():
    assert parse(replace(MESSAGE, statement=STATED).text).statement == STATED
    looks_like_more = "URI: https://elsewhere.example"
    assert parse(replace(MESSAGE, statement=looks_like_more).text).statement == looks_like_more


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com",
        "http://localhost:4361/?a=b&c#d/e?f",
        "ipfs://Qme7ss3ARVgxv6rXqVPiikMJ8u2NLgmgszg13pYrDKEoiu",
        "did:key:z6Mk",
        "mailto:somebody@example.com",
        "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
        "file:///etc",
        "uri://[1:2:3:4:5:6:7:8]/p",
        "uri://[::ffff:255.255.255.255]",
        "uri://[1:2:3:4:5:6:7::]",
        "a+b-c.1:",
        "a:/",
        "a:b//c",
        "uri://u:p%20@h:123/one/two.three?q1=a1#%00%ff",
    ],
)
def test_any_uri_is_taken(uri: str):
    made = replace(MESSAGE, uri=uri, resources=(uri, uri))
    assert parse(made.text) == made


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-09-30T16:25:24Z", datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC)),
        ("2021-09-30t16:25:24z", datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC)),
        ("2021-09-30T16:25:24.000Z", datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC)),
        ("2021-09-30T16:25:24.1234567Z", datetime(2021, 9, 30, 16, 25, 24, 123456, tzinfo=UTC)),
        ("2021-09-30T18:25:24+02:00", datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC)),
        ("2021-09-30T08:55:24-07:30", datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC)),
        ("2021-09-30T16:25:24-00:00", datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2016, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
    ],
)
def test_moments_are_those_of_rfc_3339(text: str, moment: datetime):
    assert moment_of(text) == moment
    made = replace(FULL, issued_at=text, expiration_time=text, not_before=text)
    assert parse(made.text) == made


def test_a_moment_at_the_edge_of_the_calendar_can_be_compared():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert moment_of("0001-01-01T00:00:00+23:59") < now < moment_of("9999-12-31T23:59:60-23:59")
    assert moment_of("0001-01-01T00:00:00+23:59") < now - timedelta(days=365)


# -- what is refused -----------------------------------------------------------------------------------

LINES = ["URI", "Version", "Chain ID", "Nonce", "Issued At"]
OPTIONAL = ["Expiration Time", "Not Before", "Request ID"]


def line_of(name: str) -> str:
    return next(line for line in FULL.text.split("\n") if line.startswith(f"{name}: "))


@pytest.mark.parametrize("name", LINES)
def test_a_line_that_must_be_there_is_missed_by_name(name: str):
    with pytest.raises(NotSiwe) as refused:
        parse(changed(line_of(name) + "\n", ""))
    assert refused.value.problems[0].place == name.lower().replace(" ", "-")


@pytest.mark.parametrize(("name", "next"), list(pairwise(LINES + OPTIONAL)))
def test_lines_out_of_their_order_are_refused(name: str, next: str):
    swapped = FULL.text.replace(line_of(name), "#").replace(line_of(next), line_of(name))
    with pytest.raises(NotSiwe):
        parse(swapped.replace("#", line_of(next)))


@pytest.mark.parametrize("name", LINES + OPTIONAL)
def test_a_line_given_twice_is_refused(name: str):
    with pytest.raises(NotSiwe):
        parse(changed(line_of(name), f"{line_of(name)}\n{line_of(name)}"))


# What stands in the message, and what must not stand in its place.
WRONG: dict[str, list[str]] = {
    "https://example.com wants": [
        " wants",
        "https:// wants",
        "://example.com wants",
        "ht tps://example.com wants",
        "1https://example.com wants",
        "https://https://example.com wants",
        "https://example.com/path wants",
        "https://exam ple.com wants",
        "https://user@ wants",
        "https://a@b@c wants",
        "https://example.com:port wants",
        "https://[::1 wants",
        "https://[fe80::1%25eth0] wants",
        "https://ex%2.com wants",
        "https://éxample.com wants",
    ],
    "wants you to sign in": [
        "wants you to sign up",
        "WANTS you to sign in",
    ],
    "account:\n": [
        "account: \n",
        "account:\n\n",
    ],
    "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2": [
        "",
        "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2",
        "0XC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
        "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc",
        "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc20",
        "C02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
        "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Ccg",
    ],
    "I accept": [
        "\nI accept",
    ],
    "Service: ": [
        "Service:\n",
    ],
    "Terms": [
        "Bedingungen für",
        '"Terms"',
        "`Terms`",
        "<b>",
        "{Terms}",
        "a|b",
        "50%",
        "a\\b",
        "a^b",
        "a\tb",
    ],
    "URI: https://example.com/login": [
        "URI: _no_uri_",
        "URI: /login",
        "URI: //example.com/login",
        "URI: ://user:pass@example.com:123/one",
        "URI: uri://h/one two",
        "URI: uri://h/one?two three",
        "URI: uri://h/one#two#three",
        "URI: uri://h/one#[two]",
        "URI: uri://h/%2",
        "URI: uri://h/^",
        "URI: uri://[::0.0.0.256]/p",
        "URI: uri://[::0.ff.0.255]",
        "URI: uri://[1:2:3:4:5:6:7:8:9]",
        "URI: uri://[1:2:3:4:5:6:7]",
        "URI: uri://[1:2:3:4:5:6:7:255.255.255.255]",
        "URI: uri://[::1:2:3:4:5:6:7:8]",
        "URI: uri://[1:2:3:4:5:6:7:8::]",
        "URI: uri://[1:2:3:4:5::6:7:8]",
        "URI: uri://[1:2:3:4:5:6::198.162.10.255]",
        "URI: uri://[v.x]",
        "URI:https://example.com/login",
        "uri: https://example.com/login",
        "URI:  https://example.com/login",
        "URI: https://example.com/login ",
    ],
    "Version: 1": [
        "Version: 2",
        "Version: 1.0",
        "Version: ",
    ],
    "Chain ID: 1": [
        "Chain ID: ?",
        "Chain ID: ",
        "Chain ID: 0x1",
        "Chain ID: -1",
        "Chain ID: +1",
        "Chain ID: 01",
        "Chain ID: ١",
        "Chain ID: 1_0",
        "Chain ID: " + "9" * 79,
    ],
    "Nonce: 32891756": [
        "Nonce: 3289175",
        "Nonce: 3289175!",
        "Nonce: 3289175٦",
        "Nonce: ",
    ],
    "Issued At: 2021-09-30T16:25:24Z": [
        "Issued At: Wed Oct 05 2011 16:48:00 GMT+0200 (CEST)",
        "Issued At: 2021-09-30T16:25:24",
        "Issued At: 2021-09-30 16:25:24Z",
        "Issued At: 2021-09-30T16:25Z",
        "Issued At: 2021-09-30T16:25:24.Z",
        "Issued At: 2021-02-30T16:25:24Z",
        "Issued At: 2021-13-01T16:25:24Z",
        "Issued At: 2021-09-30T24:00:00Z",
        "Issued At: 2021-09-30T16:60:24Z",
        "Issued At: 2021-09-30T16:25:61Z",
        "Issued At: 2021-09-30T16:25:24+24:00",
        "Issued At: 2021-09-30T16:25:24+0200",
        "Issued At: 0000-01-01T00:00:00Z",
        "Issued At: 1633019124",
    ],
    "Expiration Time: 2021": [
        "Expiration Time: 21",
        "Expiration Time:2021",
    ],
    "Not Before: 2021": [
        "Not Before: ",
    ],
    "Request ID: some_id": [
        "Request ID: some/id",
        "Request ID: some id",
        "Request ID: %zz",
    ],
    "Resources:\n": [
        "Resources: \n",
        "Resources:\n\n",
    ],
    "- ipfs": [
        "-ipfs",
        "* ipfs",
    ],
    "- ipfs://bafybeiemxf5abjwjbikoz4mc3a3dla6ual3jsgpdr4cjr3oz3evfyavhwq/": [
        "- _no_uri_",
    ],
    "- https://example.com/my-web2-claim.json": [
        "- _no_uri_",
        "- ",
    ],
    "\n- https": [
        " - https",
    ],
    "claim.json": [
        "claim.json\n",
        "claim.json\nMore: x",
        "claim.json\nRequest ID: x",
    ],
}


@pytest.mark.parametrize(
    ("before", "after"), [(before, after) for before in WRONG for after in WRONG[before]]
)
def test_what_the_grammar_does_not_know_is_refused(before: str, after: str):
    with pytest.raises(NotSiwe) as refused:
        parse(changed(before, after))
    assert refused.value.status == 400
    assert refused.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "sign me in",
        " wants you to sign in with your Ethereum account:",
        "example.com wants you to sign in with your Ethereum account:",
        EXAMPLE.replace("\n", "\r\n"),
        EXAMPLE.replace("\n", "\r"),
        EXAMPLE + "\0",
        "\ufeff" + EXAMPLE,
        " " + EXAMPLE,
        EXAMPLE.replace("my-web2", "x" * LONGEST),
        EXAMPLE + "\n- https://example.com/" * LONGEST,
    ],
)
def test_other_texts_are_refused(text: str):
    with pytest.raises(NotSiwe):
        parse(text)


def test_a_message_that_breaks_the_grammar_cannot_be_made():
    wrong: dict[str, Any] = {"statement": "two\nlines", "nonce": "short", "domain": "a\nb"}
    for name, value in wrong.items():
        with pytest.raises(NotSiwe):
            replace(MESSAGE, **{name: value})


# -- properties ----------------------------------------------------------------------------------------

names = st.text(string.ascii_letters + string.digits, min_size=1, max_size=12)
uris = st.builds("{}://{}/{}?{}#{}".format, st.just("https"), names, names, names, names)
moments = st.integers(-(10**10), 10**11).map(lambda at: written(datetime.fromtimestamp(at, UTC)))
maybe = st.none() | moments
messages = st.builds(
    Message,
    domain=st.builds("{}.{}:{}".format, names, names, st.integers(1, 65535)),
    address=st.binary(min_size=20, max_size=20).map(checksummed),
    uri=uris,
    chain_id=st.integers(0, 10**78 - 1),
    nonce=st.text(string.ascii_letters + string.digits, min_size=8, max_size=40),
    issued_at=moments,
    scheme=st.sampled_from([None, "https", "http", "a+b"]),
    statement=st.none() | st.text(STATED, max_size=80),
    expiration_time=maybe,
    not_before=maybe,
    request_id=st.none() | st.text(string.ascii_letters + ":@!$&'()*+,;=-._~", max_size=20),
    resources=st.none() | st.lists(uris, max_size=3).map(tuple),
)


@given(messages)
def test_what_is_written_reads_the_same(message: Message):
    assert parse(message.text) == message


@given(messages, st.data())
def test_a_text_with_one_character_changed_is_refused_or_another_message(message, data):
    text = message.text
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters(codec="utf-8") | st.sampled_from("\n 0:/-"))
    other = text[:place] + letter + text[place + 1 :]
    assert_exact(other, message, text)


@given(messages, st.data())
def test_a_text_with_one_character_more_or_less_is_refused_or_another_message(message, data):
    text = message.text
    place = data.draw(st.integers(0, len(text) - 1))
    more = data.draw(st.characters(codec="utf-8") | st.sampled_from("\n 0:/-"))
    assert_exact(text[:place] + more + text[place:], message, text)
    assert_exact(text[:place] + text[place + 1 :], message, text)


def assert_exact(other: str, message: Message, text: str) -> None:
    """No two texts read as one message, so that a signature on one is never taken for another's."""
    try:
        found = parse(other)
    except NotSiwe:
        return
    assert found.text == other
    assert (asdict(found) == asdict(message)) == (other == text)


@given(st.text())
@example("://" * 1000)
@example("a@" * 1000 + " wants you to sign in with your Ethereum account:")
def test_any_text_at_all_is_read_or_refused(text: str):
    inside = EXAMPLE.replace("example.com wants", f"{text} wants")
    for tried in (text, inside, f"{EXAMPLE}\n{text}"):
        with suppress(NotSiwe):
            assert parse(tried).text == tried
