"""script/manage export_proofs PATIENT: everything of one person, with its proofs, in one archive."""

import os
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.acting import portal_acts
from core.audit import Actor
from core.errors import SalusError
from records.models import Patient
from records.services.exporting import export_proofs


class Command(BaseCommand):
    """Writes the archive beside its name first, so that a broken one never stands there."""

    help = "Write a person's documents, heads and consents with their proofs into one zip file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, and where to."""
        parser.add_argument("patient", type=UUID, help="the id of the person's FHIR Patient")
        parser.add_argument(
            "-o", "--output", type=Path, help="the file to write (salus-PATIENT.zip)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it, and say what is in it."""
        with portal_acts():
            patient = Patient.objects.filter(pk=options["patient"]).first()
        if patient is None:
            raise CommandError("There is no patient with this id.")
        path = options["output"] or Path(f"salus-{patient.pk}.zip")
        draft = path.with_name(path.name + ".part")
        try:
            with open(draft, "wb", opener=_private) as file:
                counts = export_proofs(patient, file, by=Actor.system("export"))
            draft.replace(path)
        except (SalusError, OSError) as error:
            draft.unlink(missing_ok=True)
            raise CommandError(getattr(error, "detail", str(error))) from error
        self.stdout.write(
            f"{path}: {counts['items']} documents and heads under {counts['batches']} entries of "
            f"the log, {counts['consents']} consents; {counts['missing']} are not final yet."
        )


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
