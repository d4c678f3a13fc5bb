"""Our contracts: their names, and those that are in use."""

from chain.models import Contract

LOG = "AnchorLog"
REGISTRY = "ConsentRegistry"
NAMES = (LOG, REGISTRY)  # in the order in which they are created


def current_contracts() -> list[Contract]:
    """The contracts in use, in the order of their creation."""
    rows = Contract.objects.filter(current=True)
    return sorted(rows, key=lambda contract: NAMES.index(contract.name))


def current_log() -> Contract | None:
    """The log that batches go to."""
    return _current(LOG)


def current_registry() -> Contract | None:
    """The registry that new consents go to."""
    return _current(REGISTRY)


def _current(name: str) -> Contract | None:
    return Contract.objects.filter(name=name, current=True).first()


def anchored_chain_id() -> int | None:
    """The number of the chain that our contracts are on; None while there are none."""
    return Contract.objects.filter(current=True).values_list("chain_id", flat=True).first()
