"""Members and keys as pages and API show them."""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from accounts.models import Membership, OrganisationKey, User

COORDINATE = 32  # bytes


@dataclass(frozen=True)
class Member:
    """A person with all roles in which they act for the organisation."""

    user: User
    roles: list[Membership]


def member_rows(memberships: Iterable[Membership]) -> list[Member]:
    """One row per person, in the order given."""
    found: dict[object, Member] = {}
    for row in memberships:
        found.setdefault(row.user_id, Member(row.user, [])).roles.append(row)
    return list(found.values())


@dataclass(frozen=True)
class SigningKey:
    """A public key, as others need it to check."""

    number: int
    jwk: dict[str, str]
    thumbprint: str
    created_at: datetime
    retired_at: datetime | None


def key_rows(keys: Iterable[OrganisationKey]) -> list[SigningKey]:
    """The keys with their JSON Web Key (RFC 7517) and its thumbprint (RFC 7638)."""
    return [_key_row(key) for key in keys]


def _key_row(key: OrganisationKey) -> SigningKey:
    point = bytes(key.public)[1:]
    jwk = {
        "crv": "P-256", "kty": "EC", "x": _base64url(point[:COORDINATE]),
        "y": _base64url(point[COORDINATE:]),
    }  # fmt: skip
    members = ",".join(f'"{name}":"{value}"' for name, value in sorted(jwk.items()))
    thumbprint = _base64url(hashlib.sha256(f"{{{members}}}".encode()).digest())
    return SigningKey(key.number, jwk, thumbprint, key.created_at, key.retired_at)


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
