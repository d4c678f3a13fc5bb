"""Sign-In with Ethereum: a message counts for this site, this page, this chain and this moment."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.siwe import Message, NotSiwe, parse, written
from accounts.siwe_checks import (
    LIFETIME,
    SKEW,
    Expected,
    Expired,
    FromTheFuture,
    NotYet,
    SiweRefused,
    WrongChain,
    WrongDomain,
    WrongStatement,
    WrongUri,
    check,
)
from chain.node import Node
from chain.signatures import NotSigned, personal_signer
from tests.factories.signing import SoftWallet

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
EXPECTED = Expected(
    scheme="https",
    domain="salus.example",
    uri="https://salus.example/account/wallets/sign-in/",
    chain_id=31337,
    statement="Sign in to Salus with this wallet.",
)
MESSAGE = Message(
    domain=EXPECTED.domain,
    address="0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2",
    uri=EXPECTED.uri,
    chain_id=EXPECTED.chain_id,
    nonce="32891756",
    issued_at=written(NOW),
    statement=EXPECTED.statement,
    expiration_time=written(NOW + LIFETIME),
)


def at(**offsets: timedelta) -> dict[str, str]:
    return {name: written(NOW + offset) for name, offset in offsets.items()}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"scheme": "https"},
        {"expiration_time": None},
        {"request_id": "7", "resources": ("https://salus.example/",)},
        at(issued_at=SKEW),
        at(issued_at=-LIFETIME + SECOND),
        at(expiration_time=SECOND),
        at(not_before=timedelta(0)),
        {"issued_at": "2026-03-01T17:30:00+05:30"},
    ],
)
def test_what_is_meant_for_here_and_now_counts(change):
    check(replace(MESSAGE, **change), EXPECTED, NOW)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"domain": "elsewhere.example"}, WrongDomain),
        ({"domain": "salus.example.elsewhere.example"}, WrongDomain),
        ({"domain": "www.salus.example"}, WrongDomain),
        ({"domain": "SALUS.example"}, WrongDomain),
        ({"domain": "salus.example:443"}, WrongDomain),
        ({"domain": "salus.example:8000"}, WrongDomain),
        ({"domain": "salus.example@elsewhere.example"}, WrongDomain),
        ({"domain": "elsewhere@salus.example"}, WrongDomain),
        ({"scheme": "http"}, WrongDomain),
        ({"uri": "https://salus.example/account/wallets/add/"}, WrongUri),
        ({"uri": "https://elsewhere.example/account/wallets/sign-in/"}, WrongUri),
        ({"uri": "http://salus.example/account/wallets/sign-in/"}, WrongUri),
        ({"chain_id": 1}, WrongChain),
        ({"statement": "Add this wallet to my Salus account."}, WrongStatement),
        ({"statement": None}, WrongStatement),
        (at(issued_at=SKEW + SECOND), FromTheFuture),
        (at(issued_at=timedelta(days=365)), FromTheFuture),
        (at(issued_at=-LIFETIME), Expired),
        (at(issued_at=-LIFETIME) | {"expiration_time": None}, Expired),
        (at(expiration_time=timedelta(0)), Expired),
        (at(expiration_time=-timedelta(days=365)), Expired),
        (at(not_before=SKEW + SECOND), NotYet),
        ({"issued_at": "0001-01-01T00:00:00+23:59"}, Expired),
        ({"issued_at": "9999-12-31T23:59:60-23:59"}, FromTheFuture),
    ],
)
def test_what_is_meant_for_elsewhere_or_another_time_is_refused(change, error: type[SiweRefused]):
    with pytest.raises(error) as refused:
        check(replace(MESSAGE, **change), EXPECTED, NOW)
    assert refused.value.status == 422
    [problem] = refused.value.problems
    assert problem.place == error.place
    assert problem.text.endswith((".", "?"))


def test_a_site_without_tls_has_to_say_so():
    plain = replace(EXPECTED, scheme="http", domain="localhost:8000")
    check(replace(MESSAGE, scheme="http", domain="localhost:8000"), plain, NOW)
    with pytest.raises(WrongDomain):
        check(replace(MESSAGE, domain="localhost:8000"), plain, NOW)


class NoContracts(Node):
    """A chain without a contract."""

    def chain_id(self) -> int:
        return EXPECTED.chain_id

    def code(self, address: bytes) -> bytes:
        return b""


WALLET = SoftWallet()
SIGNED = replace(MESSAGE, address=WALLET.address)
VALUE = bytes.fromhex(WALLET.sign_message(SIGNED.text.encode())[2:])


def judge(text: str) -> None:
    """Everything that is asked of a message but its nonce."""
    message = parse(text)
    check(message, EXPECTED, NOW)
    asked: Any = {"node": NoContracts(""), "chain_id": EXPECTED.chain_id}
    personal_signer(text.encode(), message.account, VALUE, **asked)


@settings(deadline=None)
@given(st.integers(0, len(SIGNED.text) - 1), st.characters(codec="ascii"))
def test_a_signed_text_with_one_character_changed_counts_nowhere(place: int, letter: str):
    judge(SIGNED.text)
    other = SIGNED.text[:place] + letter + SIGNED.text[place + 1 :]
    if other != SIGNED.text:
        with pytest.raises((NotSiwe, SiweRefused, NotSigned)):
            judge(other)
