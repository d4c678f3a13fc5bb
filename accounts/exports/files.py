"""Where the files of copies lie: one for each run, named by the copy and the run."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from accounts.models import DataExport, ExportState
from accounts.viewer import Viewer
from core import audit
from core.errors import NotFound
from core.keys import Owner, sealer_for
from core.sealed_files import opened_pieces


def folder() -> Path:
    """On a disk that web and workers share."""
    return Path(settings.MEDIA_ROOT) / "exports"


def path_of(row: DataExport) -> Path:
    """The file of a copy's run."""
    return folder() / f"{row.pk}.{row.run}"


def context_of(pk: UUID) -> str:
    """What the file and its key are bound to."""
    return f"data export {pk}"


def private(path: str, flags: int) -> int:
    """Open for nobody else on the machine."""
    return os.open(path, flags, 0o600)


def delete_files(pk: UUID) -> None:
    """Delete the files of all runs of a copy."""
    for path in folder().glob(f"{pk}.*"):
        path.unlink(missing_ok=True)


def delete_strays() -> None:
    """Delete the files of runs that died, and of copies that are gone."""
    # Listed first: a run stands in the database before it makes its file.
    paths = list(folder().iterdir()) if folder().is_dir() else []
    live = DataExport.objects.filter(run__isnull=False).values_list("pk", "run")
    known = {f"{pk}.{run}" for pk, run in live}
    for path in paths:
        if path.name not in known:
            path.unlink(missing_ok=True)


# -- handing out -----------------------------------------------------------------------------------


def export_read(*, export: DataExport, by: Viewer) -> Iterator[bytes]:
    """The copy's bytes, piece by piece, to its person alone; raises NotFound once it is gone."""
    if export.user_id != by.user.pk or export.state != ExportState.READY or not export.sealed_key:
        raise NotFound
    if export.expires_at is None or export.expires_at <= timezone.now():
        raise NotFound
    context = context_of(export.pk)
    key = sealer_for(Owner.portal()).open(export.sealed_key, context)
    try:
        file = path_of(export).open("rb")
    except FileNotFoundError:
        raise NotFound from None
    audit.record(audit.Name.EXPORT_TAKEN, by=by.actor, target=str(export.pk))
    return _pieces(file, key, context)


def _pieces(file: AbstractContextManager[IO[bytes]], key: bytes, context: str) -> Iterator[bytes]:
    with file as opened:
        yield from opened_pieces(opened, key, context)
