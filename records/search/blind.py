"""Forms as numbers that say nothing without the key: HMAC-SHA-256, the first 64 bits.

Who has the database and not the key sees that two entries share a form, never which
(docs/THREAT_MODEL.md). A collision of two of some million forms has a chance below 1 in a million.
"""

import hmac
from functools import lru_cache

from core.keys import derived_secret


@lru_cache(maxsize=1)
def _key() -> bytes:
    return derived_secret("search index")


def _hash(text: str) -> int:
    return int.from_bytes(hmac.digest(_key(), text.encode(), "sha256")[:8], "big", signed=True)


@lru_cache(maxsize=100_000)
def token(parameter: str, form: str) -> int:
    """A form of a parameter (`Observation.code`)."""
    return _hash(f"{parameter}\0{form}")


@lru_cache(maxsize=2_000)
def mask(parameter: str) -> int:
    """What makes of a resource's handle the token of a reference to it in a parameter."""
    return _hash(f"reference {parameter}")


@lru_cache(maxsize=20_000)
def handle(reference: str) -> int:
    """A resource (`Type/id`) as a number: by XOR with a mask it is found where it is referred to.

    So the database follows references, in either direction, without a key and without a join table.
    """
    return _hash(f"resource {reference}")


def reference_token(parameter: str, reference: str) -> int:
    """A reference to a resource in a parameter."""
    return mask(parameter) ^ handle(reference)
