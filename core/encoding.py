"""How browsers and wallets write bytes: base64url without padding, and hex with 0x."""

import base64
import re

_BASE64URL = re.compile(r"[A-Za-z0-9_-]*={0,2}")
_HEX = re.compile(r"0[xX](?:[0-9a-fA-F]{2})*")


def from_base64url(text: str) -> bytes:
    """The bytes, padded or not; raises ValueError."""
    if not _BASE64URL.fullmatch(text):
        raise ValueError("no base64url")
    bare = text.rstrip("=")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def from_hex(text: str) -> bytes:
    """The bytes; raises ValueError."""
    if not _HEX.fullmatch(text):
        raise ValueError("no hex with 0x")
    return bytes.fromhex(text[2:])
