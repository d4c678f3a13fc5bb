"""The explorer: what stands on the ledger and how it got there, for anybody to look at."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from chain.contracts import LOG
from chain.models import Batch, Job
from chain.permissions import oversees
from chain.presenters.batches import BatchRow, batch_page, batch_row
from chain.presenters.consents import consent_row
from chain.presenters.contracts import account_row, contract_row
from chain.presenters.reorgs import reorg_row
from chain.presenters.standing import notice_of
from chain.presenters.transactions import JobRow, job_page, job_row
from chain.selectors.batches import batch_of, batches, batches_page
from chain.selectors.consents import consent_events, consents_page, consents_waiting
from chain.selectors.contracts import accounts, contracts
from chain.selectors.paging import NEWEST
from chain.selectors.reorgs import reorgs_page
from chain.selectors.standing import standing, under_way
from chain.selectors.transactions import jobs, jobs_page, sending_of, sendings
from chain.status import status


def public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page for everybody, that only shows."""
    return login_not_required(require_safe(view))


def _show(request: HttpRequest, page: str, context: dict[str, Any]) -> HttpResponse:
    """A page of the explorer, or for htmx the part of it that changes."""
    part = "#live" if request.headers.get("HX-Request") else ""
    shared = {"page": page, "private_chain": settings.CHAIN_MINES_ON_DEMAND}
    answer = render(request, f"chain/{page}.html{part}", shared | context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _notice(request: HttpRequest) -> dict[str, Any]:
    """How the ledger is doing, and whether to look again: older pages of a list stay as they are."""
    now, waits = status(), under_way()
    return {
        "node_answers": now.node,
        "notice": notice_of(now, overseer=oversees(request)),
        "under_way": waits,
        "live": waits and not request.GET.get("before"),
    }


def _batch_rows(request: HttpRequest, found: list[Batch]) -> list[BatchRow]:
    # How many seals a batch holds is not on the chain (its tree is padded): not for strangers.
    return [batch_row(row, exact=request.user.is_authenticated) for row in found]


def _job_rows(found: list[Job]) -> list[JobRow]:
    return [job_row(sending) for sending in sendings(found)]


@public
def overview(request: HttpRequest) -> HttpResponse:
    """How the ledger stands, and the newest of everything."""
    found = [contract_row(row) for row in contracts() if row.current]
    overseer = oversees(request)
    context = {
        "log": next((row for row in found if row.name == LOG), None),
        "standing": standing(),
        "exact": request.user.is_authenticated,
        "consents_waiting": consents_waiting() if overseer else None,
        "batches": _batch_rows(request, list(batches()[:NEWEST])),
        "jobs": _job_rows(list(jobs()[:NEWEST])),
        "consents": [consent_row(row) for row in consent_events()[:NEWEST]],
        "contracts": found,
    }
    return _show(request, "overview", context | _notice(request))


@public
def batch_list(request: HttpRequest) -> HttpResponse:
    """All batches, newest first."""
    page = batches_page(request.GET.get("before", ""))
    rows = _batch_rows(request, page.rows)
    return _show(request, "batches", {"rows": rows, "older": page.older} | _notice(request))


@public
def batch(request: HttpRequest, sequence: int) -> HttpResponse:
    """One batch, with its identifiers one click away."""
    found = batch_of(sequence)
    if found is None:
        raise Http404
    shown = batch_page(found, exact=request.user.is_authenticated)
    return _show(request, "batch", {"batch": shown})


@public
def transactions(request: HttpRequest) -> HttpResponse:
    """All transactions that were asked for, newest first."""
    page = jobs_page(request.GET.get("before", ""))
    rows = _job_rows(page.rows)
    return _show(request, "transactions", {"rows": rows, "older": page.older} | _notice(request))


@public
def transaction(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One of them, with every attempt to send it."""
    found = sending_of(pk)
    if found is None:
        raise Http404
    shown = job_page(found, overseer=oversees(request))
    return _show(request, "transaction", {"job": shown, "overseer": oversees(request)})


@public
def contract_list(request: HttpRequest) -> HttpResponse:
    """Every contract that was ever used, and the accounts that send."""
    rows = [contract_row(row) for row in contracts()]
    context = {
        "current": [row for row in rows if row.current],
        "former": [row for row in rows if not row.current],
        "accounts": [account_row(row) for row in accounts()],
    }
    return _show(request, "contracts", context)


@public
def consents(request: HttpRequest) -> HttpResponse:
    """What the registry shows of consents, newest first; strangers see what the chain shows."""
    page = consents_page(request.GET.get("before", ""))
    context = {
        "rows": [consent_row(row) for row in page.rows],
        "older": page.older,
        "waiting": consents_waiting() if oversees(request) else None,
    }
    return _show(request, "consents", context | _notice(request))


@public
def reorg_list(request: HttpRequest) -> HttpResponse:
    """Reorganisations of the chain, newest first."""
    page = reorgs_page(request.GET.get("before", ""))
    rows = [reorg_row(row) for row in page.rows]
    return _show(request, "reorgs", {"rows": rows, "older": page.older} | _notice(request))
