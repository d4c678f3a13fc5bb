"""Envelope encryption: master key > key-encryption key of an epoch > data key > AES-256-GCM.

Destroying a data key makes everything sealed under it unreadable (DESIGN section 5).
Sealed values are `nonce (12 bytes) || ciphertext || tag (16 bytes)`.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from core.deployment import portal_id
from core.models import DataKey, KeyEpoch, OwnerKind
from core.prepared import Prepared, one_of, uuids

NONCE = 12
KEY = 32


class KeyDestroyed(Exception):
    """The owner's data key was destroyed: what lay under it is gone."""


class Tampered(Exception):
    """The ciphertext or what it is bound to was changed."""


@dataclass(frozen=True)
class Owner:
    """Whose data key is meant."""

    kind: OwnerKind
    id: UUID

    @classmethod
    def patient(cls, id: UUID) -> "Owner":
        """A patient, by the id of their FHIR Patient resource."""
        return cls(OwnerKind.PATIENT, id)

    @classmethod
    def organisation(cls, id: UUID) -> "Owner":
        """An organisation."""
        return cls(OwnerKind.ORGANISATION, id)

    @classmethod
    def portal(cls) -> "Owner":
        """The portal itself, for what is nobody's secret."""
        return cls(OwnerKind.PORTAL, portal_id())


class MasterKey(Protocol):
    """What wraps the key-encryption keys: a file today, a KMS later."""

    def wrap(self, key: bytes) -> bytes:
        """Encrypt a 32-byte key."""

    def unwrap(self, wrapped: bytes) -> bytes:
        """Decrypt what `wrap` gave."""


class FileMasterKey:
    """The master key from MASTER_KEY_FILE."""

    def __init__(self, secret: str) -> None:
        self._key = HKDF(hashes.SHA256(), KEY, None, b"salus-master/1").derive(secret.encode())

    def wrap(self, key: bytes) -> bytes:
        """AES key wrap (RFC 3394)."""
        return aes_key_wrap(self._key, key)

    def unwrap(self, wrapped: bytes) -> bytes:
        """AES key unwrap (RFC 3394)."""
        return aes_key_unwrap(self._key, wrapped)


def master_key() -> MasterKey:
    """The master key that the settings name."""
    return FileMasterKey(settings.MASTER_KEY)


def derived_secret(purpose: str) -> bytes:
    """32 bytes that only this portal knows, for one named purpose."""
    return HKDF(hashes.SHA256(), KEY, None, f"salus-derived/1 {purpose}".encode()).derive(
        settings.MASTER_KEY.encode()
    )


@dataclass(frozen=True)
class Sealer:
    """Seals and opens under one owner's data key; hold it for a request, never longer."""

    owner: Owner
    key: bytes

    def seal(self, plaintext: bytes, context: str) -> bytes:
        """Encrypt; `context` (kind, reference, version) must be given again to open."""
        nonce = os.urandom(NONCE)
        return nonce + AESGCM(self.key).encrypt(nonce, plaintext, context.encode())

    def open(self, sealed: bytes | memoryview, context: str) -> bytes:
        """Decrypt what `seal` gave; raises Tampered where anything was changed."""
        sealed = bytes(sealed)
        try:
            return AESGCM(self.key).decrypt(sealed[:NONCE], sealed[NONCE:], context.encode())
        except InvalidTag as error:
            raise Tampered(context) from error


@transaction.atomic
def sealer_for(owner: Owner) -> Sealer:
    """The owner's sealer; a first call makes the data key."""
    row = _find(owner) or _make(owner)
    return _sealer(owner, row)


def _keys_of(ids: list[UUID]) -> QuerySet[DataKey]:
    rows = DataKey.objects.select_related("epoch").filter(destroyed_at=None)
    return rows.filter(one_of("owner_id", uuids(ids)))


_keys = Prepared(_keys_of, ids=[UUID(int=1)])


def sealers_for(owners: Iterable[Owner]) -> dict[Owner, Sealer]:
    """The sealers of several owners whose keys exist, in one query; destroyed ones are left out."""
    wanted = set(owners)
    rows = _keys(ids=list({o.id for o in wanted})) if wanted else []
    found = {Owner(OwnerKind(row.owner_kind), row.owner_id): row for row in rows}
    return {owner: _sealer(owner, found[owner]) for owner in wanted if owner in found}


def _key_of(kind: str, id: UUID) -> QuerySet[DataKey]:
    rows = DataKey.objects.select_related("epoch")
    return rows.filter(owner_kind=kind, owner_id=id)


_key = Prepared(_key_of, kind="a kind", id=UUID(int=1))


def _find(owner: Owner) -> DataKey | None:
    return next(iter(_key(kind=owner.kind, id=owner.id)), None)


def _make(owner: Owner) -> DataKey:
    epoch = _current_epoch()
    wrapped = aes_key_wrap(_epoch_key(epoch.number, bytes(epoch.wrapped or b"")), os.urandom(KEY))
    DataKey.objects.bulk_create(
        [DataKey(owner_kind=owner.kind, owner_id=owner.id, epoch=epoch, wrapped=wrapped)],
        ignore_conflicts=True,  # somebody else may have made it meanwhile; theirs counts
    )
    row = _find(owner)
    assert row is not None
    return row


def _current_epoch() -> KeyEpoch:
    epoch = KeyEpoch.objects.filter(destroyed_at=None).order_by("-number").first()
    if epoch is None:
        wrapped = master_key().wrap(os.urandom(KEY))
        KeyEpoch.objects.bulk_create([KeyEpoch(number=1, wrapped=wrapped)], ignore_conflicts=True)
        epoch = KeyEpoch.objects.get(number=1)
    return epoch


def _sealer(owner: Owner, row: DataKey) -> Sealer:
    if row.wrapped is None or row.epoch.wrapped is None:
        raise KeyDestroyed(owner.kind)
    epoch_key = _epoch_key(row.epoch.number, bytes(row.epoch.wrapped))
    return Sealer(owner, aes_key_unwrap(epoch_key, bytes(row.wrapped)))


@lru_cache(maxsize=8)
def _epoch_key(number: int, wrapped: bytes) -> bytes:
    # The wrapped bytes are part of the cache's key: a destroyed epoch is never served from it.
    return master_key().unwrap(wrapped)
