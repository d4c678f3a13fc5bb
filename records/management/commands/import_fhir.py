"""script/manage import_fhir PATH...: FHIR bundles, all or nothing each, with a progress bar."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from accounts.models import Organisation
from accounts.selectors import home_organisation, organisations
from chain.canonical import parse
from core.audit import Actor
from core.errors import SalusError
from records.services.importing import Imported, UnknownReference, import_bundle

ENDINGS = (".json", ".json.gz")
# Bundles that others refer to, by how Synthea names them; whatever comes too early is tried again.
FIRST = ("hospital", "practitioner", "organization")
MOST_SHOWN = 20


class Command(BaseCommand):
    """Imports FHIR R4 transaction bundles."""

    help = "Import FHIR R4 transaction bundles (.json or .json.gz; files or folders)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Files and folders."""
        parser.add_argument("path", nargs="+", type=Path)
        parser.add_argument(
            "--custodian",
            metavar="ID",
            type=UUID,
            help="the organisation that brings these records here and may read them "
            "(default: the one that runs this portal)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Import each bundle; the exit code tells whether all went in."""
        files = list(_files(options["path"]))
        if not files:
            raise CommandError("There is no .json or .json.gz file at these paths.")
        self.custodian = _custodian(options["custodian"])
        self.totals = {"created": 0, "known": 0, "patients": 0, "repeated": 0, "bundles": 0}
        failures: dict[Path, SalusError] = {}
        with tqdm(files, unit="bundle", disable=options["verbosity"] == 0) as bar:
            waiting = [path for path in bar if not self._try(path, failures)]
        for path in waiting:
            self._try(path, failures)
        self._report(failures)

    def _try(self, path: Path, failures: dict[Path, SalusError]) -> bool:
        """Import one file; False where a later bundle may bring what it refers to."""
        failures.pop(path, None)
        try:
            done = import_bundle(
                parse(_read(path)), by=Actor.system("import"), custodian=self.custodian
            )
        except SalusError as error:
            failures[path] = error
            return not isinstance(error, UnknownReference)
        self._count(done)
        return True

    def _count(self, done: Imported) -> None:
        self.totals["bundles"] += 1
        self.totals["created"] += done.created
        self.totals["known"] += done.known
        self.totals["patients"] += len(done.patients)
        self.totals["repeated"] += done.repeated

    def _report(self, failures: dict[Path, SalusError]) -> None:
        t = self.totals
        self.stdout.write(
            f"{t['bundles']} bundles: {t['created']} resources of {t['patients']} patients encrypted, "
            f"{t['known']} known already, {t['repeated']} bundles imported before."
        )
        for path, error in failures.items():
            self.stderr.write(f"{path.name}: not imported, nothing was changed.")
            for line in [str(p) for p in error.problems[:MOST_SHOWN]] or [error.detail]:
                self.stderr.write(f"  {line}")
            if len(error.problems) > MOST_SHOWN:
                self.stderr.write(f"  ... and {len(error.problems) - MOST_SHOWN} more")
        if failures:
            raise CommandError(f"{len(failures)} bundles were not imported.")


def _custodian(id: UUID | None) -> Organisation | None:
    if id is None:
        return home_organisation()
    found = organisations().filter(pk=id).first()
    if found is None:
        raise CommandError(f"There is no organisation with the id {id}.")
    return found


def _files(paths: list[Path]) -> Iterator[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise CommandError(f"{path} does not exist.")
        found += (
            [f for f in path.rglob("*") if f.name.endswith(ENDINGS)] if path.is_dir() else [path]
        )
    yield from sorted(found, key=lambda f: (not f.name.lower().startswith(FIRST), f.name))


def _read(path: Path) -> bytes:
    raw = path.read_bytes()
    if raw[:2] != b"\x1f\x8b":
        return raw
    try:
        return gzip.decompress(raw)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SalusError(f"the file is damaged ({error})") from error
