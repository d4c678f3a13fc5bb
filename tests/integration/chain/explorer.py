"""What the tests of the explorer share: rows on the real chain, and pages as people see them."""

from uuid import uuid4

from django.db import transaction
from django.test import Client

from chain import registry
from chain.models import Contract, Kind, RegistryEntry
from chain.services import Item, commit
from chain.status import report
from core.keys import Owner, sealer_for
from tests.factories.ledger import make_batches, make_events, make_jobs, make_reorgs
from tests.factories.people import UserFactory

OVERSEERS = ["auditor", "administrator"]
OTHERS = ["", "patient", "donor"]


def committed() -> None:
    """A directory entry waits to be sealed."""
    item = Item(Kind.FHIR, f"Organization/{uuid4()}/_history/1", b"{}")
    with transaction.atomic():
        commit([item], sealer=sealer_for(Owner.portal()))


def consented() -> RegistryEntry:
    """Somebody's consent waits to be recorded."""
    item = Item(Kind.CONSENT, f"Consent/{uuid4()}/_history/1", b"{}")
    with transaction.atomic():
        [row] = commit([item], sealer=sealer_for(Owner.patient(uuid4())))
        return registry.register(row)


def everything(log: Contract, registry: Contract, count: int) -> None:
    """So many rows of each kind, and a worker that is content."""
    make_batches(log, count)
    make_jobs(count)
    make_events(registry, count)
    make_reorgs(count)
    report()


def sign_in(client: Client, role: str) -> None:
    """As somebody in a role of their own; without one, not at all."""
    if role:
        client.force_login(UserFactory(own_role=role))


def shown(client: Client, path: str, **query: str) -> str:
    """A page's markup, on one line."""
    answer = client.get(path, query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())
