"""FHIR Binary: small ones hold their data, of larger ones the document holds length and hash.

So the committed bytes of either show what the data were. Who may write or read is the caller's to
decide (exchange), as for every other resource; reading starts from a version that a gate let through.
"""

import base64
import io
from collections.abc import Iterator
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from core.sealed_files import PIECE
from records.models import Patient, Version
from records.selectors import Opened
from records.services.attachments import LARGEST, Readable, attachment_read, attachment_write
from records.services.store import NewResource, create

INLINE = PIECE  # bytes up to which the data stand in the document
STORED = "urn:salus:fhir:stored-data"  # an extension of `data`: where it is, how long, which hash


def binary_create(  # noqa: PLR0913 - what a Binary is made of
    *,
    author_id: UUID,
    patient: Patient,
    content_type: str,
    stream: Readable,
    limit: int = LARGEST,
    at: datetime | None = None,
) -> Version:
    """Write a Binary about a patient; raises Invalid for one that is too large.

    Refer to it as `Binary/<fhir_id>`, in `DocumentReference.content.attachment.url`.
    """
    id, start = str(uuid4()), stream.read(INLINE + 1)
    resource: dict[str, Any] = {
        "resourceType": "Binary",
        "id": id,
        "contentType": content_type,
        "securityContext": {"reference": f"Patient/{patient.pk}"},
    }
    with transaction.atomic():
        if len(start) <= min(INLINE, limit):
            resource["data"] = base64.b64encode(start).decode()
        else:
            whole = _Joined(start, stream)
            row, digest = attachment_write(
                patient=patient, stream=whole, content_type=content_type, limit=limit
            )
            resource["_data"] = {"extension": [_stored(row.pk, row.size, digest)]}
        new = NewResource(resource, patient.pk, author_id)
        return create([new], at=at or timezone.now())[0]


def _stored(id: UUID, size: int, digest: str) -> dict[str, Any]:
    parts = {"id": str(id), "size": str(size), "sha256": digest}
    return {
        "url": STORED,
        "extension": [{"url": name, "valueString": value} for name, value in parts.items()],
    }


def binary_read(found: Opened) -> tuple[str, Iterator[bytes]]:
    """Content type and data of a Binary that was opened; raises NotFound, Tampered."""
    resource = found.resource
    stored = _stored_of(resource)
    if stored is None:
        return resource["contentType"], iter([base64.b64decode(resource.get("data", ""))])
    pieces = attachment_read(attachment_id=UUID(stored["id"]), sealer=found.sealer)
    return resource["contentType"], pieces


def _stored_of(resource: dict[str, Any]) -> dict[str, str] | None:
    """Id, size and SHA-256 of data that stand elsewhere."""
    for extension in (resource.get("_data") or {}).get("extension", ()):
        if extension.get("url") == STORED:
            return {part["url"]: part["valueString"] for part in extension["extension"]}
    return None


class _Joined(io.RawIOBase):
    """What was read already, and the rest."""

    def __init__(self, start: bytes, rest: Readable) -> None:
        self._parts = chain([start], iter(lambda: rest.read(PIECE), b""))

    def read(self, size: int = -1) -> bytes:
        """A piece, of whatever size."""
        return next(self._parts, b"")
