"""manage.py prepare: bring database, static files and contracts up to date, and the demo if asked."""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chain.continuity import forget_chain
from chain.deployment import ensure_contracts, missing_contracts
from chain.errors import ChainUnavailable
from core.deployment import portal_id
from core.errors import SalusError
from portal.demo.seed import seed
from portal.static import collect_if_changed


class Command(BaseCommand):
    """Everything that must be there before the first request; idempotent."""

    help = "Migrate, collect static files, find or create the contracts, seed the demo."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether the chain was lost on purpose."""
        parser.add_argument(
            "--fresh-chain", action="store_true", help="anchor everything again on a new chain"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Do what is missing."""
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        call_command("check", databases=["default"], tags=["database"])
        collect_if_changed()
        if options["fresh_chain"]:
            waiting = forget_chain()
            self.stdout.write(f"{waiting} commitments will be anchored again.")
        portal_id()  # made before any transaction that could roll back
        try:
            self._contracts()
        except ChainUnavailable as error:
            if missing_contracts():
                raise CommandError(f"The chain's node does not answer ({error.detail}).") from error
            self.stderr.write("The chain's node does not answer; sealing goes on when it does.")
        except SalusError as error:
            raise CommandError(error.detail) from error
        if settings.DEMO:
            seed(say=self.stdout.write)

    def _contracts(self) -> None:
        """A chain of our own gets its contracts here; elsewhere that is somebody's decision."""
        if missing_contracts() and not settings.CHAIN_MINES_ON_DEMAND:
            raise CommandError(
                "Our contracts are not on this chain yet. To put them there, which costs gas: "
                "script/manage deploy_contracts"
            )
        ensure_contracts(tell=self.stderr.write)
