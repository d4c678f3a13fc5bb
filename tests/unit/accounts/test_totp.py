"""Codes of authenticator apps against the RFC's own table, and what is kept of an address."""

import base64

import pytest

from accounts.presenters.second_factor import as_download
from accounts.sessions import network_of
from accounts.totp import totp_code

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_codes_are_those_of_rfc_6238(at: int, code: str):
    assert totp_code(SECRET, at) == code


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("203.0.113.0", "203.0.113.0"),
    ],
)
def test_of_an_address_only_the_network_is_kept(address: str, kept: str):
    assert network_of(address) == kept


def test_recovery_codes_are_downloaded_from_the_page_itself():
    kind, _, data = as_download(["11112222", "33334444"]).partition(",")
    assert kind == "data:text/plain;base64"
    assert base64.b64decode(data).decode().splitlines()[-2:] == ["11112222", "33334444"]
