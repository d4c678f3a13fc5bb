"""Files of a record: sealed as they come in, in constant memory, and handed out piece by piece.

The format is core/sealed_files.py's (STREAM); each file has a key of its own, which lies under the
patient's, and is bound to patient and id. Where files lie is Django's storage `attachments`.
"""

import hashlib
import os
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Protocol
from uuid import UUID, uuid4

from django.core.files.base import File
from django.core.files.storage import Storage, storages
from django.utils.translation import gettext as _

from core.acting import portal_acts
from core.errors import Invalid, NotFound, Problem
from core.keys import KEY, Owner, Sealer, sealer_for
from core.sealed_files import PIECE, SealedWriter, opened_pieces
from records.models import Attachment, Patient

LARGEST = 1024**3  # bytes


class Readable(Protocol):
    """What bytes can be read from, a piece at a time."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes; none at the end."""


def _storage() -> Storage:
    return storages["attachments"]


def _name(id: UUID) -> str:
    return f"{id.hex[:2]}/{id}"


def _context(row: Attachment, what: str) -> str:
    return f"attachment {what} patient {row.patient_id} {row.pk}"


def attachment_write(
    *, patient: Patient, stream: Readable, content_type: str, limit: int = LARGEST
) -> tuple[Attachment, str]:
    """Seal and store a stream of at most `limit` bytes; gives the row and the SHA-256 in hex.

    Raises Invalid for a longer one, KeyDestroyed for who was erased. The file is there before the row:
    what is interrupted leaves noise, never a row without its file.
    """
    row = Attachment(pk=uuid4(), patient=patient, content_type=content_type, size=0)
    sealer, key, digest = sealer_for(Owner.patient(patient.pk)), os.urandom(KEY), hashlib.sha256()
    with TemporaryFile() as sealed:
        writer = SealedWriter(sealed, key, _context(row, "bytes"))
        while piece := stream.read(PIECE):
            if writer.size + len(piece) > limit:
                raise Invalid(problems=[Problem("data", _("This file is too large."))])
            digest.update(piece)
            writer.write(piece)
        writer.finish()
        sealed.seek(0)
        _storage().save(_name(row.pk), File(sealed))
    row.size = writer.size
    row.sealed_key = sealer.seal(key, _context(row, "key"))
    row.sealed_digest = sealer.seal(digest.digest(), _context(row, "digest"))
    try:
        with portal_acts():
            row.save(force_insert=True)
    except BaseException:
        _storage().delete(_name(row.pk))
        raise
    return row, digest.hexdigest()


def attachment_read(*, attachment_id: UUID, sealer: Sealer) -> Iterator[bytes]:
    """The bytes, piece by piece, for whoever was let through to what it belongs to.

    Raises NotFound where it is gone, and Tampered, then or while reading.
    """
    with portal_acts():
        row = Attachment.objects.filter(pk=attachment_id, patient=sealer.owner.id).first()
    if row is None or not row.sealed_key:
        raise NotFound
    key = sealer.open(row.sealed_key, _context(row, "key"))
    try:
        file = _storage().open(_name(row.pk))
    except FileNotFoundError:
        raise NotFound from None
    return _pieces(file, key, _context(row, "bytes"))


def _pieces(file: "File[bytes]", key: bytes, context: str) -> Iterator[bytes]:
    with file as opened:
        yield from opened_pieces(opened, key, context)


def attachments_forget(patient_id: UUID) -> None:
    """Delete a patient's files, then what led to them: for erasure, as the portal; safe to run twice."""
    for row in Attachment.objects.filter(patient=patient_id):
        _storage().delete(_name(row.pk))
        row.delete()
