"""/api/v1/ of people."""

from django.urls import path

from accounts.api.views import MeView
from accounts.api.wallets import WalletsView, WalletView

urlpatterns = [
    path("me/", MeView.as_view(), name="api-me"),
    path("me/wallets/", WalletsView.as_view(), name="api-wallets"),
    path("me/wallets/<uuid:pk>/", WalletView.as_view(), name="api-wallet"),
]
