"""manage.py deploy_contracts: put our contracts on the node's chain, once."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from chain.commitments import hex_of
from chain.continuity import check_chain
from chain.contracts import current_contracts
from chain.deployment import PURPOSES, ensure_contracts, missing_contracts
from chain.errors import FeesTooHigh
from chain.models import Account
from chain.node import Node, get_node
from chain.sender.accounts import active_account, ether, look_at_funds, new_account
from chain.sender.fees import gwei, market
from core.errors import SalusError


class Command(BaseCommand):
    """Idempotent: what is there is checked and kept; what was begun is finished."""

    help = "Create the contracts that are missing on this chain, and show where all of them are."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to go ahead."""
        parser.add_argument(
            "--yes", action="store_true", help="go ahead; without it only the plan is shown"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Show the plan, and carry it out with --yes."""
        node = get_node()
        try:
            check_chain(node, current_contracts())
            missing = [wanted.name for wanted in missing_contracts()]
            if missing:
                self._plan(node, missing)
                if not options["yes"]:
                    raise CommandError("Nothing was done. To go ahead, add --yes.")
                ensure_contracts(node, tell=self.stderr.write)
            self._show()
        except (SalusError, FeesTooHigh) as error:
            raise CommandError(getattr(error, "detail", str(error))) from error

    def _plan(self, node: Node, missing: list[str]) -> None:
        self.stdout.write(f"Chain {node.chain_id()}, gas at up to {gwei(market(node).max_fee)}.")
        self.stdout.write(f"To be created: {', '.join(missing)}.")
        for purpose in PURPOSES:
            account = active_account(purpose) or new_account(node, purpose, Account.State.ACTIVE)
            address = hex_of(account.address)
            funds = ether(look_at_funds(node, account))
            self.stdout.write(f"  account {account.name:10} {address}  holds {funds}")

    def _show(self) -> None:
        for contract in current_contracts():
            self.stdout.write(
                f"{contract.name:16} {hex_of(contract.address)}  chain {contract.chain_id}, "
                f"since block {contract.deploy_block}"
            )
