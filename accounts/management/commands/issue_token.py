"""script/manage issue_token EMAIL: a bearer token on stdout, alone."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import User
from accounts.tokens import token_issue
from core.audit import Actor


class Command(BaseCommand):
    """Issues a bearer token for /fhir, /epcis and /api."""

    help = "Print a new bearer token for a person."

    def add_arguments(self, parser: CommandParser) -> None:
        """The person's e-mail address."""
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        """Issue and print."""
        user = User.objects.filter(email=options["email"].lower(), is_active=True).first()
        if user is None:
            raise CommandError(f"There is nobody with the address {options['email']}.")
        self.stdout.write(token_issue(user=user, by=Actor.system("command")))
