"""Copies of everything about a person."""

import io
import json
import zipfile
from typing import Any

from accounts.exports.asking import export_start
from accounts.exports.building import export_build
from accounts.exports.files import export_read
from accounts.models import DataExport
from accounts.viewer import Viewer


def copy_of(viewer: Viewer) -> DataExport:
    """A copy that is ready."""
    row = export_start(by=viewer)
    export_build(export_id=row.pk)
    row.refresh_from_db()
    return row


def opened_copy(viewer: Viewer, row: DataExport) -> zipfile.ZipFile:
    """What is in it."""
    return zipfile.ZipFile(io.BytesIO(b"".join(export_read(export=row, by=viewer))))


def json_in(copy: zipfile.ZipFile, name: str) -> Any:
    """A file of it."""
    return json.loads(copy.read(name))
