"""script/manage verify_audit [--since SEAL]: is the audit trail as it was sealed on the chain?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from chain.node import get_node
from core.errors import SalusError
from oversight.services.verifying import Tally, verify

MOST_SHOWN = 100


class Command(BaseCommand):
    """Exit code 0 where everything is as it was sealed, else 1."""

    help = "Compute the audit trail's hashes, seals and commitments again; compare with the chain."

    def add_arguments(self, parser: CommandParser) -> None:
        """From which seal on."""
        parser.add_argument(
            "--since", type=int, default=1, metavar="SEAL", help="the first seal to verify"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Verify, name what is wrong, and say how much was looked at."""
        tally, faults = Tally(), 0
        with tqdm(unit="row", disable=options["verbosity"] == 0) as bar:

            def tell(what: str, count: int) -> None:
                bar.set_description(what, refresh=False)
                bar.update(count)

            try:
                for fault in verify(get_node(), since=options["since"], tally=tally, tell=tell):
                    faults += 1
                    if faults <= MOST_SHOWN:
                        bar.write(str(fault), file=self.stdout)
            except SalusError as error:
                raise CommandError(f"The chain could not be asked: {error.detail}") from error
        self._report(tally, faults)
        if faults:
            raise CommandError("The audit trail is not as it was sealed.")

    def _report(self, tally: Tally, faults: int) -> None:
        more = faults - MOST_SHOWN
        if more > 0:
            self.stdout.write(f"... and {more} more")
        self.stdout.write(
            f"{tally.rows} rows under {tally.seals} seals; {faults} faults; "
            f"{tally.unsealed} rows are not sealed yet, {tally.not_final} seals not final on the chain."
        )
