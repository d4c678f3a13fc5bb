"""Events of the registry in words: what the chain shows of them, and nothing else."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chain.commitments import hex_of
from chain.models import Event
from chain.presenters.amounts import moment
from chain.selectors.consents import GRANTED


@dataclass(frozen=True)
class ConsentRow:
    """A consent that was given, or one that was ended."""

    key: str  # its place on the chain
    action: str
    words: str | Promise
    tone: str
    icon: str
    value: str  # the commitment of what was given, the lock of what was ended
    label: str | Promise
    when: datetime
    block_number: int
    transaction: str
    contract: str


def consent_row(event: Event) -> ConsentRow:
    """One line of a list."""
    given = event.name == GRANTED
    return ConsentRow(
        key=f"{event.block_number}-{event.log_index}",
        action="given" if given else "ended",
        words=_("Given") if given else _("Ended"),
        tone="good" if given else "neutral",
        icon="circle-check" if given else "circle-x",
        value=event.args["commitment" if given else "lock"],
        label=_("Show the commitment") if given else _("Show the lock"),
        when=moment(event.args["time"]),
        block_number=event.block_number,
        transaction=hex_of(event.transaction_hash),
        contract=hex_of(event.contract.address),
    )
