"""The chain's node hangs: everything that needs no chain goes on, and it catches up by itself."""

import json
import os
import signal
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.product import Product

PageAs = Callable[..., Page]
PATIENCE = 60.0  # seconds; a worker waits ten for a node that does not answer


def states(product: Product) -> dict[str, Any]:
    """What /readyz says."""
    with urllib.request.urlopen(product.url + "/readyz", timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def wait_for(product: Product, *, chain: bool) -> None:
    end = time.monotonic() + PATIENCE
    while states(product)["chain"]["ok"] is not chain:
        assert time.monotonic() < end, f"the chain is not {chain} after {PATIENCE} s"
        time.sleep(0.5)


@pytest.fixture
def hanging_chain(product: Product) -> Iterator[Callable[[], None]]:
    """The demo's node, stopped where it stands; gives what lets it go on."""
    rows = json.loads((product.state / "processes.json").read_text())
    anvil = next(pid for pid, _born, _signal, name in rows if name == "anvil")
    os.kill(anvil, signal.SIGSTOP)
    try:
        wait_for(product, chain=False)
        yield lambda: os.kill(anvil, signal.SIGCONT)
    finally:
        os.kill(anvil, signal.SIGCONT)
        wait_for(product, chain=True)


def test_pages_go_on_without_the_chain_and_it_catches_up(
    product: Product, page_as: PageAs, visit: PageAs, hanging_chain: Callable[[], None]
):
    # Given a node that does not answer
    assert states(product)["ready"] is True

    # Then everybody's pages are there, at once
    for role, paths in {
        "patient": ["/dashboard/", "/my-health/", "/my-health/timeline/", "/sharing/"],
        "clinician": ["/dashboard/", "/patients/"],
        "pharma": ["/dashboard/", "/shipments/"],
    }.items():
        page = page_as(role)
        for path in paths:
            started = time.monotonic()
            answer = page.goto(path)
            assert answer is not None
            assert answer.status == 200, path
            assert time.monotonic() - started < 8, path

    # And the ledger says what is the matter
    explorer = visit("/chain/")
    expect(explorer.get_by_text("The chain does not answer right now")).to_be_visible()

    # When it answers again
    hanging_chain()
    wait_for(product, chain=True)

    # Then nothing is left of it
    explorer.reload()
    expect(explorer.get_by_text("The chain does not answer right now")).to_have_count(0)
