"""manage.py demo_report: wait until the demo is sealed for good, and say what was done."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from chain.anchoring import all_final
from chain.models import Batch
from core.acting import portal_acts
from records.models import Patient, Version

PATIENCE = 120.0  # seconds


class Command(BaseCommand):
    """Reports what the demo holds, once all of it is final."""

    help = "Wait for the demo's seals to be final and report."

    def handle(self, *args: Any, **options: Any) -> None:
        """Wait, then count."""
        end = time.monotonic() + PATIENCE
        while not all_final():
            if time.monotonic() > end:
                self.stderr.write("The demo's records are not sealed yet; the workers go on.")
                return
            time.sleep(0.2)
        first = Batch.objects.order_by("sequence").first()
        with portal_acts():
            patients, versions = Patient.objects.count(), Version.objects.count()
        self.stdout.write(f"{patients} patients, {versions} resources, each encrypted and sealed;")
        if first:
            place = f"batch {first.sequence}, block {first.block_number}"
            self.stdout.write(f"the first {first.count} in {place}.")
