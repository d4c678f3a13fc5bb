"""How the ledger is doing, in words: for everybody, with details for those who look after it."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from chain.status import LedgerStatus


@dataclass(frozen=True)
class Notice:
    """Something that is not as it should be."""

    title: str
    text: str
    details: tuple[str, ...]


def notice_of(status: LedgerStatus, *, overseer: bool) -> Notice | None:
    """What to say about the ledger's last report; None when all is well.

    The details name accounts, funds and what nodes answered: they are for overseers alone.
    """
    if status.worker and status.node and not status.troubles:
        return None
    title, text = _words(status, overseer)
    return Notice(title, text, status.troubles if overseer and status.worker else ())


def _words(status: LedgerStatus, overseer: bool) -> tuple[str, str]:
    kept = _("What you see here is what Salus knew last.")
    if not status.worker:
        return _("The ledger is not being looked after right now"), f"{kept} " + _(
            "Its worker has not been heard of for a minute. Nothing is lost: what waits is sent "
            "as soon as it runs again."
        )
    if not status.node:
        return _("The chain does not answer right now"), f"{kept} " + _(
            "Nothing is lost: seals that wait are sent as soon as it answers."
        )
    if not status.ours:
        return _("Salus waits: this is not the chain that it knows"), f"{kept} " + _(
            "The node that it asks has another chain, or has lost a part of ours. Nothing is "
            "written there until that is put right, and nothing is lost."
        )
    title = _("This has to be looked after") if overseer else _("Something is being looked after")
    return title, _(
        "Some transactions may take longer than usual. Nothing is lost: what waits is kept, and "
        "sent as soon as it can be."
    )
