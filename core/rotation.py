"""From one key epoch to the next: every living data key rewrapped, the old epoch's key destroyed.

How far it is stands in the database (under which epoch a data key lies, which epochs live) and in the
master key's file: whoever is killed anywhere goes on by starting again. Readers and writers go on
meanwhile: a data key and its epoch are read in one statement, and whoever makes a data key holds its
epoch until they have committed (ADR 0013).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from core.keys import epoch_key
from core.master_key import (
    KEY,
    FileMasterKey,
    WrongMasterKey,
    can_write,
    master_key,
    read_file,
    write_file,
)
from core.models import DataKey, KeyEpoch

CHUNK = 1000


class CannotRotate(Exception):
    """The words say why, and name no secret."""


@dataclass(frozen=True)
class Progress:
    """How far a rotation is."""

    epoch: int  # the one that it leads to
    done: int  # data keys rewrapped by this run
    left: int


def rotate() -> Iterator[Progress]:
    """Finish the rotation that was begun, else begin one; each step is committed before it is told.

    Raises CannotRotate before anything was changed.
    """
    if not can_write(settings.MASTER_KEY_FILE):
        raise CannotRotate("The folder of MASTER_KEY_FILE can't be written to.")
    epoch = _begin()
    done, left = 0, _older_keys(epoch).count()
    yield Progress(epoch.number, done, left)
    while not _retire(epoch):
        while count := _rewrap(epoch):
            done, left = done + count, max(left - count, 0)
            yield Progress(epoch.number, done, left)
    forget()
    yield Progress(epoch.number, done, 0)


def rotate_past(at: datetime) -> None:
    """Rotate until the living epoch is younger than `at`: no backup from before can be opened."""
    while not _past(at):
        for _step in rotate():
            pass
    forget()


def _past(at: datetime) -> bool:
    return not _living().filter(created_at__lte=at).exists()


@transaction.atomic
def forget() -> None:
    """Let the master key's file forget the epochs that are gone; raises OSError."""
    # Locked, so that two of us never write the file at once.
    oldest = _living().select_for_update(no_key=True).order_by("number").first()
    kept = read_file(settings.MASTER_KEY_FILE)
    if oldest is not None and kept.epoch < oldest.number:
        write_file(settings.MASTER_KEY_FILE, kept.forward(oldest.number))


def _living() -> QuerySet[KeyEpoch]:
    return KeyEpoch.objects.filter(destroyed_at=None)


@transaction.atomic
def _begin() -> KeyEpoch:
    # NO KEY UPDATE: two rotations wait for each other, and not for those who make data keys.
    living = list(_living().select_for_update(no_key=True).order_by("number"))
    kept = read_file(settings.MASTER_KEY_FILE)
    if len(living) > 1 or (living and kept.epoch < living[0].number):
        return living[-1]
    number = living[-1].number + 1 if living else kept.epoch
    if living:
        epoch_key(living[-1])  # raises WrongMasterKey before a new epoch lies under another key
    wrapped = master_key().wrap(os.urandom(KEY), number)
    KeyEpoch.objects.bulk_create([KeyEpoch(number=number, wrapped=wrapped)], ignore_conflicts=True)
    return KeyEpoch.objects.get(number=number)


def _older_keys(epoch: KeyEpoch) -> QuerySet[DataKey]:
    return DataKey.objects.filter(destroyed_at=None, epoch__lt=epoch.number)


@transaction.atomic
def _rewrap(epoch: KeyEpoch) -> int:
    """One chunk; gives how many."""
    rows = _older_keys(epoch).select_for_update(of=("self",)).select_related("epoch")
    chunk = list(rows.order_by("pk")[:CHUNK])
    key = epoch_key(epoch)
    wrapped = [
        aes_key_wrap(key, aes_key_unwrap(epoch_key(row.epoch), bytes(row.wrapped or b"")))
        for row in chunk
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_datakey AS k SET wrapped = n.wrapped, epoch_id = %s "
            "FROM unnest(%s::bigint[], %s::bytea[]) AS n(id, wrapped) WHERE k.id = n.id",
            [epoch.number, [row.pk for row in chunk], wrapped],
        )
    return len(chunk)


@transaction.atomic
def _retire(epoch: KeyEpoch) -> bool:
    """Destroy the older epochs, unless a data key still lies under one of them."""
    # Waits for whoever is making a data key under them; from here on nobody makes one.
    older = list(_living().select_for_update().filter(number__lt=epoch.number).order_by("number"))
    if older and _older_keys(epoch).exists():
        return False
    KeyEpoch.objects.filter(number__in=[row.number for row in older]).update(
        wrapped=None, destroyed_at=timezone.now()
    )
    return True


# -- another master key ----------------------------------------------------------------------------


def master_exchange(old_file: Path) -> int:
    """Rewrap the living epochs' keys from the master key in `old_file` to that of MASTER_KEY_FILE.

    The new file takes over the root of derived secrets, so that indexes and pseudonyms stay as they
    are. For a portal that stands still; safe to run twice. Gives how many were rewrapped; raises
    CannotRotate.
    """
    path = settings.MASTER_KEY_FILE
    try:
        old, new = read_file(old_file), read_file(path)
    except (OSError, WrongMasterKey) as error:
        raise CannotRotate("One of the two files can't be read as a master key.") from error
    if not can_write(path):
        raise CannotRotate("The folder of MASTER_KEY_FILE can't be written to.")
    with transaction.atomic():
        living = list(_living().select_for_update().order_by("number"))
        if living and new.root != old.root:
            new = FileMasterKey(living[0].number, new.key, old.root)
        moved = [row for row in living if _moved(row, old, new)]
        # First the file: what it says besides the old key's root opens nothing yet.
        if living:
            write_file(path, new)
        for row in moved:
            row.save(update_fields=["wrapped"])
    return len(moved)


def _moved(row: KeyEpoch, old: FileMasterKey, new: FileMasterKey) -> bool:
    """Rewrap an epoch's key, unless that was done; the caller saves."""
    wrapped = bytes(row.wrapped or b"")
    try:
        row.wrapped = new.wrap(old.unwrap(wrapped, row.number), row.number)
    except WrongMasterKey:
        try:
            new.unwrap(wrapped, row.number)
        except WrongMasterKey:
            raise CannotRotate(f"Neither master key opens epoch {row.number}.") from None
        return False
    return True
