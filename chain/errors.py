"""What can go wrong with the chain, in words that say what to do."""

from django.utils.translation import gettext_lazy as _

from core.errors import SalusError, Unavailable


class ChainUnavailable(Unavailable):
    """The node does not answer; everything that needs no chain goes on."""

    title = _("The public ledger does not answer right now")


class ChainMismatch(SalusError):
    """The node serves another chain than the one we anchored on, or has lost our blocks."""

    status = 503
    code = "chain-mismatch"


class NotFinal(SalusError):
    """There is no proof yet: the seal is not final. `state` says how far it is."""

    status = 202
    code = "not-final"
    title = _("This is still being sealed")

    def __init__(self, state: str) -> None:
        self.state = state
        super().__init__(state)


class FeesTooHigh(Exception):
    """The chain asks more for a transaction than CHAIN_MAX_FEE allows; the message is for operators."""
