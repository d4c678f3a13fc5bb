"""Making a copy: one run at a time, in constant memory.

A run that dies is begun again by the sweep, as a new run with a new file: what an old run still does,
should it live after all, nobody sees, and its file is swept.
"""

import os
import zipfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import IO
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.exports.asking import LEFT_BEHIND
from accounts.exports.files import context_of, path_of, private
from accounts.models import DataExport, ExportState
from accounts.notices import notify
from core.keys import KEY, Owner, sealer_for
from core.registry import Content, PersonalData, registry
from core.sealed_files import SealedWriter

KEPT = timedelta(days=7)
MOST_TRIES = 5
BEAT_EVERY = 1  # seconds between two signs of life


class Overtaken(Exception):
    """Another run has taken this copy over, or nobody wants it any more."""


@dataclass
class _Run:
    """One worker at one copy; says once a second how far it is, and that it lives."""

    row: DataExport
    done: int = 0
    said_at: float = field(default_factory=monotonic)

    def tick(self) -> None:
        """One more part is done; raises Overtaken."""
        self.done += 1
        if monotonic() - self.said_at >= BEAT_EVERY:
            self.said_at = monotonic()
            self._say()

    def _say(self) -> None:
        mine = DataExport.objects.filter(
            pk=self.row.pk, run=self.row.run, state=ExportState.BUILDING
        )
        if not mine.update(done=min(self.done, self.row.total), beat_at=timezone.now()):
            raise Overtaken

    @property
    def path(self) -> Path:
        """Where this run writes."""
        return path_of(self.row)


def export_build(*, export_id: UUID) -> None:
    """Make a copy; run again or twice at once, one file is made."""
    row = _claimed(export_id)
    if row is None:
        return
    run, key = _Run(row), os.urandom(KEY)
    try:
        size = _write(run, key)
        _finish(row, key, size)
    except Overtaken:
        run.path.unlink(missing_ok=True)


@transaction.atomic
def _claimed(export_id: UUID) -> DataExport | None:
    """The copy, unless somebody is at it or it has failed too often."""
    rows = DataExport.objects.select_for_update(skip_locked=True).filter(pk=export_id)
    row = rows.filter(state__in=(ExportState.WAITING, ExportState.BUILDING)).first()
    now = timezone.now()
    if row is None or (row.beat_at is not None and row.beat_at > now - LEFT_BEHIND):
        return None
    if row.tries >= MOST_TRIES:
        row.advance(ExportState.FAILED, run=None)
        return None
    total = sum(data.size(row.user_id) for data in registry.personal_data_in_order())
    row.advance(
        ExportState.BUILDING, run=uuid4(), beat_at=now, tries=row.tries + 1, done=0, total=total
    )
    return row


def _write(run: _Run, key: bytes) -> int:
    """The sealed zip; gives its size."""
    run.path.parent.mkdir(parents=True, exist_ok=True)
    with open(run.path, "wb", opener=private) as file:
        sealed = SealedWriter(file, key, context_of(run.row.pk))
        with zipfile.ZipFile(sealed, "w", zipfile.ZIP_DEFLATED) as zipped:
            zipped.writestr("README.txt", _readme())
            for data in registry.personal_data_in_order():
                _write_app(zipped, data, run)
        sealed.finish()
        file.flush()
        os.fsync(file.fileno())
    return sealed.size


def _write_app(zipped: zipfile.ZipFile, data: PersonalData, run: _Run) -> None:
    """An app's files, one piece at a time; pieces with one name follow each other."""
    current, entry = "", None
    try:
        for name, content in data.export(run.row.user_id):
            if entry is None or name != current:
                if entry is not None:
                    entry.close()
                current, entry = name, _entry(zipped, f"{data.key}/{name}")
            _put(entry, content, run)
            run.tick()
    finally:
        if entry is not None:
            entry.close()


def _entry(zipped: zipfile.ZipFile, name: str) -> IO[bytes]:
    info = zipfile.ZipInfo(name, timezone.now().timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    return zipped.open(info, "w", force_zip64=True)


def _put(entry: IO[bytes], content: Content, run: _Run) -> None:
    if isinstance(content, bytes):
        entry.write(content)
    else:
        content(entry, run.tick)


@transaction.atomic
def _finish(row: DataExport, key: bytes, size: int) -> None:
    """Hand it over, unless another run did meanwhile; raises Overtaken."""
    rows = DataExport.objects.select_for_update(of=("self",)).select_related("user")
    mine = rows.filter(pk=row.pk, run=row.run, state=ExportState.BUILDING).first()
    if mine is None:
        raise Overtaken
    now = timezone.now()
    sealed = sealer_for(Owner.portal()).seal(key, context_of(row.pk))
    mine.advance(
        ExportState.READY, sealed_key=sealed, size=size, done=mine.total, ready_at=now,
        expires_at=now + KEPT,
    )  # fmt: skip
    notify(mine.user, "export-ready", about=str(row.pk))


def _readme() -> str:
    """In plain words, in the person's own language as far as the portal knows it."""
    folders = "\n".join(
        f"  {data.key}/  {data.label}" for data in registry.personal_data_in_order()
    )
    return (
        _(
            "This is a copy of everything that Salus holds about you, made on {day}.\n\n"
            "{folders}\n\n"
            "Files that end in .json are text: any editor shows them, and programs can read them.\n"
            "record/record.json is your health record in the format that clinics exchange (FHIR R4).\n"
            "record/proofs.zip holds every version of it with what it takes to show, without Salus,\n"
            "that nobody has changed it since: see the README inside.\n\n"
            "The file is not encrypted any more once you have downloaded it. Keep it where only you\n"
            "can read it.\n"
        )
    ).format(day=timezone.localdate().isoformat(), folders=folders)
