"""How many queries each page takes, and that it takes no more when there is more to show."""

import pytest
from django.core.cache import cache
from django.db import connection, reset_queries, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.conftest import OUR_OWN
from tests.integration.matrix.growth import grow
from tests.integration.matrix.rows import ROWS, Row
from tests.integration.matrix.test_matrix import args_of, ask
from tests.integration.matrix.world import VISITORS, World

BESIDE = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", OUR_OWN)
# Whose lists grow. A page for everybody is asked for by the first two of them.
GROWING = (
    "patient", "manager", "carer", "clinician", "registrar", "payer", "pharma", "auditor",
)  # fmt: skip
A_FEW = 4

# What the lists take, from signing in to what stands in the page's head.
# fmt: off
LISTS = {
    ("dashboard", "patient"): 21,
    ("passkeys", "patient"): 7,
    ("wallets", "patient"): 7,
    ("sessions", "patient"): 7,
    ("tokens", "patient"): 7,
    ("machine-tokens", "manager"): 10,
    ("notices", "patient"): 9,
    ("notice-preferences", "patient"): 7,
    ("api-tokens", "patient"): 4,
    ("api-notices", "patient"): 6,
    ("api-notice-preferences", "patient"): 4,
    ("api-wallets", "patient"): 4,
    ("own-corrections", "patient"): 14,
    ("corrections", "registrar"): 9,
    ("recoveries", "manager"): 8,
    ("erasures", "manager"): 11,
    ("api-erasures", "manager"): 8,
    ("organisation-members", "manager"): 9,
    ("organisation-keys", "manager"): 8,
    ("api-organisations", "patient"): 4,
    ("api-organisation-keys", "patient"): 5,
    ("api-members", "manager"): 5,
    ("api-invitations", "manager"): 5,
    ("my-health", "patient"): 14,
    ("my-trends", "patient"): 14,
    ("my-timeline", "patient"): 15,
    ("patients", "patient"): 7,
    ("chart", "patient"): 14,
    ("chart-trends", "patient"): 14,
    ("chart-timeline", "patient"): 15,
    ("sharing", "patient"): 13,
    ("share", "patient"): 10,
    ("person-sharing", "patient"): 13,
    ("api-consents", "patient"): 7,
    ("caring", "patient"): 19,
    ("api-carers", "patient"): 6,
    ("api-caring", "patient"): 15,
    ("registration", "registrar"): 20,
    ("registered", "registrar"): 27,
    ("merges", "registrar"): 16,
    ("api-patients", "registrar"): 17,
    ("api-merges", "registrar"): 13,
    ("my-readers", "patient"): 16,
    ("person-readers", "patient"): 16,
    ("audit-log", "auditor"): 17,
    ("audit-copy", "auditor"): 17,
    ("findings", "auditor"): 9,
    ("audit-rules", "auditor"): 8,
    ("cases", "auditor"): 9,
    ("case", "auditor"): 17,
    ("api-audit", "auditor"): 14,
    ("api-readers", "patient"): 9,
    ("shipments", "pharma"): 8,
    ("shipment", "pharma"): 9,
    ("api-shipments", "pharma"): 4,
    ("fhir-audit-search", "patient"): 18,
    ("explorer", "patient"): 17,
    ("ledger-batches", "patient"): 8,
    ("ledger-transactions", "patient"): 11,
    ("ledger-contracts", "patient"): 8,
    ("ledger-consents", "patient"): 8,
    ("ledger-reorgs", "patient"): 8,
    ("api-ledger-batches", "patient"): 2,
    ("api-ledger-transactions", "patient"): 5,
    ("api-ledger-contracts", "patient"): 2,
    ("api-ledger-accounts", "patient"): 2,
    ("api-ledger-consent-events", "patient"): 2,
    ("api-ledger-reorgs", "patient"): 2,
}
# fmt: on


def asked(row: Row) -> list[str]:
    """Who asks for a page."""
    let_in = [name for name in VISITORS if row.declared["get"][name] == "200"]
    growing = [name for name in GROWING if name in let_in]
    return (growing if len(let_in) <= A_FEW else growing[:2]) or let_in[:1]


PAGES = [(row, who) for row in ROWS if row.get for who in asked(row)]


def queries(world: World, row: Row, who: str) -> list[str]:
    """What one page asks the database."""
    place = reverse(row.name, args=args_of(row, world)["own"])
    cache.clear()
    reset_queries()  # Django keeps a limited number
    with CaptureQueriesContext(connection) as captured:
        assert ask(world.visitors[who], "get", place, row).outcome == "200", f"{place} as {who}"
    return [q["sql"] for q in captured if not q["sql"].startswith(BESIDE)]


@pytest.fixture
def counts(world: World) -> dict[tuple[str, str], tuple[int, int]]:
    """By page and visitor: queries with a little of everything, and with three times as much."""
    before = transaction.savepoint()
    grow(world, [2])
    few = [len(queries(world, row, who)) for row, who in PAGES]
    grow(world, range(3, 7))
    many = [len(queries(world, row, who)) for row, who in PAGES]
    transaction.savepoint_rollback(before)
    keys = [(str(row), who) for row, who in PAGES]
    return dict(zip(keys, zip(few, many, strict=True), strict=True))


def test_a_page_takes_as_many_queries_however_much_is_on_it(
    counts: dict[tuple[str, str], tuple[int, int]],
):
    assert not {key: pair for key, pair in counts.items() if pair[0] != pair[1]}
    first: dict[tuple[str, str], int] = {}
    for (page, who), (few, _many) in counts.items():
        first.setdefault((page.split()[0], who), few)
    assert {key: first.get(key) for key in LISTS} == LISTS
