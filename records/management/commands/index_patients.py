"""`script/manage index_patients`: make the blind index of patients anew."""

from typing import Any

from django.core.management.base import BaseCommand

from records.services.index import index_rebuild


class Command(BaseCommand):
    """All or nothing; the portal can go on meanwhile."""

    help = "Makes the index by which registrars find patients anew, e.g. after a new master key."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many patients are in it."""
        self.stdout.write(f"{index_rebuild()} patients indexed")
