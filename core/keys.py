"""Envelope encryption: master key > key-encryption key of an epoch > data key > AES-256-GCM.

Destroying a data key makes everything sealed under it unreadable (DESIGN section 5); core/rotation.py
leads from one epoch to the next.
Sealed values are `nonce (12 bytes) || ciphertext || tag (16 bytes)`.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core.deployment import portal_id
from core.master_key import KEY, FileMasterKey, master_key
from core.models import DataKey, KeyEpoch, OwnerKind
from core.prepared import Prepared, one_of, uuids

NONCE = 12


__all__ = [
    "KEY", "NONCE", "KeyDestroyed", "Owner", "Sealer", "Tampered", "derived_secret", "epoch_key",
    "key_destroy",     "sealer_for", "sealers_for",
]  # fmt: skip


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


def derived_secret(purpose: str) -> bytes:
    """32 bytes that only this portal knows, for one named purpose; rotations do not change them."""
    return master_key().derived(purpose)


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


@transaction.atomic
def key_destroy(owner: Owner) -> None:
    """From now on nothing opens under this owner's key, and no other one is made; safe to run twice."""
    _find(owner) or _make(owner)  # a destroyed key keeps a new one from being made
    rows = DataKey.objects.filter(owner_kind=owner.kind, owner_id=owner.id, destroyed_at=None)
    rows.update(wrapped=None, destroyed_at=timezone.now())


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
    wrapped = aes_key_wrap(epoch_key(epoch), os.urandom(KEY))
    DataKey.objects.bulk_create(
        [DataKey(owner_kind=owner.kind, owner_id=owner.id, epoch=epoch, wrapped=wrapped)],
        ignore_conflicts=True,  # somebody else may have made it meanwhile; theirs counts
    )
    row = _find(owner)
    assert row is not None
    return row


def _current_epoch() -> KeyEpoch:
    """The newest epoch, which can't be retired before this transaction ends."""
    while (epoch := _newest_locked()) is None:
        number = master_key().epoch
        if KeyEpoch.objects.filter(number__gte=number).exists():
            continue  # it was retired while we waited for it: there is a newer one
        wrapped = master_key().wrap(os.urandom(KEY), number)
        KeyEpoch.objects.bulk_create(
            [KeyEpoch(number=number, wrapped=wrapped)], ignore_conflicts=True
        )
    return epoch


def _newest_locked() -> KeyEpoch | None:
    # FOR KEY SHARE, which Django has no words for: many may hold it, `core.rotation` waits for all.
    rows = KeyEpoch.objects.raw(
        "SELECT * FROM core_keyepoch WHERE destroyed_at IS NULL "
        "ORDER BY number DESC LIMIT 1 FOR KEY SHARE"
    )
    return next(iter(rows), None)


def _sealer(owner: Owner, row: DataKey) -> Sealer:
    if row.wrapped is None or row.epoch.wrapped is None:
        raise KeyDestroyed(owner.kind)
    return Sealer(owner, aes_key_unwrap(epoch_key(row.epoch), bytes(row.wrapped)))


def epoch_key(epoch: KeyEpoch) -> bytes:
    """The key-encryption key of a living epoch; raises WrongMasterKey."""
    return _epoch_key(settings.MASTER_KEY, epoch.number, bytes(epoch.wrapped or b""))


@lru_cache(maxsize=8)
def _epoch_key(master: str, number: int, wrapped: bytes) -> bytes:
    # The wrapped bytes are part of the cache's key: a destroyed epoch is never served from it.
    return FileMasterKey.of(master).unwrap(wrapped, number)
