"""`script/manage rotate_keys`: a new key epoch, or a new master key."""

from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from core.master_key import WrongMasterKey
from core.rotation import CannotRotate, master_exchange, rotate


class Command(BaseCommand):
    """Can be ended anywhere and started again; the portal can go on meanwhile."""

    help = (
        "Rewraps all data keys under a new key and destroys the old one. Afterwards replace every "
        "copy of the master key's file by the new one: older copies open older backups."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether the master key is exchanged."""
        parser.add_argument(
            "--master", type=Path, metavar="OLD_FILE",
            help="the portal stands still and MASTER_KEY_FILE names a new key: take over from this one",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how far it is."""
        try:
            self._exchange(options["master"]) if options["master"] else self._rotate()
        except (CannotRotate, WrongMasterKey) as error:
            raise CommandError(str(error)) from error

    def _exchange(self, old: Path) -> None:
        count = master_exchange(old)
        self.stdout.write(f"{count} epochs are under the new master key. Start the portal again.")

    def _rotate(self) -> None:
        begun = monotonic()
        for step in rotate():
            self.stdout.write(f"epoch {step.epoch}: {step.done} keys rewrapped, {step.left} left")
        took = max(monotonic() - begun, 0.001)
        self.stdout.write(
            f"Older epochs are destroyed ({step.done / took:.0f} keys/s). Replace every copy of the "
            "master key's file by the new one."
        )
