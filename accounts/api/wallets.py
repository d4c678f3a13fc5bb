"""A person's wallets, over the API."""

from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.confirming import require_confirmed
from accounts.api.serializers import WalletSerializer
from accounts.models import Wallet
from accounts.viewer import api_viewer
from accounts.wallets import access_wallet, wallet_unlink, wallets_of
from core.api import ApiList, ApiView
from core.paging import CursorPages


class WalletPages(CursorPages):
    """The newest first."""

    ordering = "-added_at"


class WalletsView(ApiList[Wallet]):
    """The wallets of the person who asks."""

    area = "account"

    serializer_class = WalletSerializer
    pagination_class = WalletPages

    @extend_schema(operation_id="wallets")
    def get(self, request: Request) -> Response:
        """The wallets in your account."""
        return self.list(request)

    def get_queryset(self) -> QuerySet[Wallet]:
        """Nobody else's."""
        return wallets_of(api_viewer(self.request).user)


class WalletView(ApiView):
    """One of them."""

    area = "account"

    @extend_schema(responses=WalletSerializer, operation_id="wallet")
    def get(self, request: Request, pk: UUID) -> Response:
        """A wallet in your account."""
        return Response(WalletSerializer(access_wallet(api_viewer(request).user, pk)).data)

    @extend_schema(responses={204: None}, operation_id="wallet_remove")
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a wallet from your account; refused where it is your only way to sign in."""
        viewer = api_viewer(request)
        wallet = access_wallet(viewer.user, pk)
        require_confirmed(request)
        wallet_unlink(wallet=wallet, by=viewer.actor)
        return Response(status=204)
