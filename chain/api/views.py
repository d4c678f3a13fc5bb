"""The ledger for anybody's program: the pages' selectors and presenters, as JSON.

Nobody needs a token. A token or session shows what the same person sees on the pages.
"""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.conf import settings
from django.db.models import Model, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from chain.api.pagination import BatchPages, ConsentPages, JobPages, ReorgPages
from chain.api.serializers import (
    AccountSerializer,
    BatchDetailSerializer,
    BatchSerializer,
    ConsentEventSerializer,
    ContractSerializer,
    ReorgSerializer,
    StatusSerializer,
    TransactionDetailSerializer,
    TransactionSerializer,
)
from chain.contracts import current_log
from chain.models import Batch, Event, Job, Reorg
from chain.permissions import oversees
from chain.presenters.batches import batch_page, batch_row
from chain.presenters.consents import consent_row
from chain.presenters.contracts import account_row, contract_row
from chain.presenters.reorgs import reorg_row
from chain.presenters.standing import notice_of
from chain.presenters.transactions import job_page, job_row
from chain.selectors.batches import batch_of, batches
from chain.selectors.consents import consent_events, consents_waiting
from chain.selectors.contracts import accounts, contracts
from chain.selectors.reorgs import reorgs
from chain.selectors.standing import standing, under_way
from chain.selectors.transactions import jobs, sending_of, sendings
from chain.status import status
from core.api import ApiList, ApiView
from core.errors import NotFound

Row = TypeVar("Row", bound=Model)


class OpenView(ApiView):
    """Open to everybody, and read-only."""

    area = "ledger"
    permission_classes = (AllowAny,)
    http_method_names = ["get", "head", "options"]


class OpenList(ApiList[Row], Generic[Row]):
    """Open to everybody: a list whose rows are put into words a page at a time."""

    area = "ledger"
    permission_classes = (AllowAny,)
    http_method_names = ["get", "head", "options"]

    def shown(self, rows: Sequence[Row]) -> Sequence[Any]:
        """A page's rows, as presenters make them."""
        raise NotImplementedError

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page of the list; its cursors are made from the rows, before they become words."""
        page = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.get_serializer(self.shown(page), many=True).data)


class StatusView(OpenView):
    """How the ledger stands."""

    @extend_schema(responses=StatusSerializer, operation_id="ledger_status")
    def get(self, request: Request) -> Response:
        """How the ledger stands, and whether all is well."""
        known, overseer = request.user.is_authenticated, oversees(request)
        log, now, found = current_log(), status(), standing()
        notice = notice_of(now, overseer=overseer)
        body = {
            "chain_id": log.chain_id if log else None,
            "private_chain": settings.CHAIN_MINES_ON_DEMAND,
            "node_answers": now.node,
            "under_way": under_way(),
            "attention": notice is not None,
            "troubles": list(now.troubles) if overseer else None,
            "batches": found.batches,
            "seals_final": found.sealed if known else None,
            "seals_waiting": found.waiting if known else None,
            "consents_waiting": consents_waiting() if overseer else None,
            "last_block": found.last_block,
            "final_block": found.final_block,
        }
        return Response(StatusSerializer(body).data)


@extend_schema_view(get=extend_schema(operation_id="ledger_batches_list"))
class BatchesView(OpenList[Batch]):
    """Batches, newest first."""

    serializer_class = BatchSerializer
    pagination_class = BatchPages

    def get_queryset(self) -> QuerySet[Batch]:
        """All of the log in use."""
        return batches()

    def shown(self, rows: Sequence[Batch]) -> Sequence[Any]:
        """How many seals a batch holds, is for those who are signed in."""
        return [batch_row(row, exact=self.request.user.is_authenticated) for row in rows]


class BatchView(OpenView):
    """One batch."""

    @extend_schema(responses=BatchDetailSerializer, operation_id="ledger_batches_retrieve")
    def get(self, request: Request, sequence: int) -> Response:
        """One batch, with its root, head, block and transaction."""
        found = batch_of(sequence)
        if found is None:
            raise NotFound
        shown = batch_page(found, exact=request.user.is_authenticated)
        return Response(BatchDetailSerializer(shown).data)


@extend_schema_view(get=extend_schema(operation_id="ledger_transactions_list"))
class TransactionsView(OpenList[Job]):
    """Transactions that were asked for, newest first."""

    serializer_class = TransactionSerializer
    pagination_class = JobPages

    def get_queryset(self) -> QuerySet[Job]:
        """All of them."""
        return jobs()

    def shown(self, rows: Sequence[Job]) -> Sequence[Any]:
        """With how often each was tried."""
        return [job_row(sending) for sending in sendings(rows)]


class TransactionView(OpenView):
    """One transaction."""

    @extend_schema(
        responses=TransactionDetailSerializer, operation_id="ledger_transactions_retrieve"
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """One transaction, with every attempt to send it."""
        found = sending_of(pk)
        if found is None:
            raise NotFound
        shown = job_page(found, overseer=oversees(request))
        return Response(TransactionDetailSerializer(shown).data)


class ContractsView(OpenView):
    """Contracts."""

    @extend_schema(responses=ContractSerializer(many=True), operation_id="ledger_contracts_list")
    def get(self, request: Request) -> Response:
        """Every contract that was ever used; those in use first."""
        rows = [contract_row(row) for row in contracts()]
        return Response(ContractSerializer(rows, many=True).data)


class AccountsView(OpenView):
    """Accounts."""

    @extend_schema(responses=AccountSerializer(many=True), operation_id="ledger_accounts_list")
    def get(self, request: Request) -> Response:
        """The accounts that send, with what they hold."""
        rows = [account_row(row) for row in accounts()]
        return Response(AccountSerializer(rows, many=True).data)


@extend_schema_view(get=extend_schema(operation_id="ledger_consent_events_list"))
class ConsentEventsView(OpenList[Event]):
    """Consents given and ended, as the chain shows them, newest first."""

    serializer_class = ConsentEventSerializer
    pagination_class = ConsentPages

    def get_queryset(self) -> QuerySet[Event]:
        """All that no reorganisation undid."""
        return consent_events()

    def shown(self, rows: Sequence[Event]) -> Sequence[Any]:
        """What the chain shows, and nothing else."""
        return [consent_row(row) for row in rows]


@extend_schema_view(get=extend_schema(operation_id="ledger_reorgs_list"))
class ReorgsView(OpenList[Reorg]):
    """Reorganisations of the chain, newest first."""

    serializer_class = ReorgSerializer
    pagination_class = ReorgPages

    def get_queryset(self) -> QuerySet[Reorg]:
        """All that were seen."""
        return reorgs()

    def shown(self, rows: Sequence[Reorg]) -> Sequence[Any]:
        """As the page shows them."""
        return [reorg_row(row) for row in rows]
