"""manage.py rotate_account PURPOSE: exchange an account's key without a gap."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chain.commitments import hex_of
from chain.models import Account
from chain.node import get_node
from chain.rotation import rotate
from core.errors import SalusError

PURPOSES = [Account.Purpose.ANCHOR.value, Account.Purpose.RELAY.value]


class Command(BaseCommand):
    """Begins the exchange; the workers carry it through, whatever happens in between."""

    help = "Give an account a new key. Run again to see how far it is."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which account."""
        parser.add_argument("purpose", choices=PURPOSES)
        parser.add_argument("--show", action="store_true", help="only show how far it is")

    def handle(self, *args: Any, **options: Any) -> None:
        """Begin, or show."""
        purpose = options["purpose"]
        if not options["show"]:
            try:
                account = rotate(get_node(), purpose)
            except SalusError as error:
                raise CommandError(error.detail) from error
            self.stdout.write(
                f"{account.name} ({hex_of(account.address)}) is prepared. Send it funds for "
                "gas, if the chain is not our own; the workers do the rest."
            )
        for row in Account.objects.filter(purpose=purpose).order_by("created_at"):
            self.stdout.write(f"  {row.name:12} {hex_of(row.address)}  {row.state}")
