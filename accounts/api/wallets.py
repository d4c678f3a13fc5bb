"""A person's wallets, over the API."""

from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import WalletSerializer
from accounts.models import Wallet
from accounts.viewer import api_viewer
from accounts.wallets import access_wallet, wallet_unlink, wallets_of
from core.api import CursorPages
from core.errors import Forbidden


class WalletPages(CursorPages):
    """The newest first."""

    ordering = "-added_at"


class WalletsView(ListAPIView[Wallet]):
    """The wallets of the person who asks."""

    serializer_class = WalletSerializer
    pagination_class = WalletPages

    @extend_schema(operation_id="wallets")
    def get(self, request: Request) -> Response:
        """The wallets in your account."""
        return self.list(request)

    def get_queryset(self) -> QuerySet[Wallet]:
        """Nobody else's."""
        return wallets_of(api_viewer(self.request).user)


class WalletView(APIView):
    """One of them."""

    @extend_schema(responses=WalletSerializer, operation_id="wallet")
    def get(self, request: Request, pk: UUID) -> Response:
        """A wallet in your account."""
        return Response(WalletSerializer(access_wallet(api_viewer(request).user, pk)).data)

    @extend_schema(responses={204: None}, operation_id="wallet_remove")
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a wallet from your account; refused where it is your only way to sign in."""
        viewer = api_viewer(request)
        wallet = access_wallet(viewer.user, pk)
        _check_confirmed(request)
        wallet_unlink(wallet=wallet, by=viewer.actor)
        return Response(status=204)


def _check_confirmed(request: Request) -> None:
    """A browser's session has to confirm who it is, as on the page; a token was given for this."""
    if request.auth is None and not did_recently_reauthenticate(request._request):
        raise Forbidden(_("Please confirm that it is you, on the page of your wallets."))
