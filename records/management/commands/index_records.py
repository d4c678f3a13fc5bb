"""`script/manage index_records`: bring what is found by in line with what is sealed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from records.services.index import index_rebuild, versions_index


class Command(BaseCommand):
    """Can be ended and started again at any time; the portal can go on meanwhile."""

    help = "Indexes entries that an older Salus wrote; with --all everything, e.g. after a new master key."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether all of it."""
        parser.add_argument("--all", action="store_true", help="also what is indexed already")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how far it is, and how many patients can be found."""
        for left in versions_index(anew=options["all"]):
            self.stdout.write(f"{left} entries to index")
        self.stdout.write(f"{index_rebuild()} patients indexed")
