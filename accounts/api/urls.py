"""/api/v1/ of people."""

from django.urls import path

from accounts.api.organisations import (
    InvitationsView,
    InvitationView,
    KeysView,
    MembersView,
    MemberView,
    OrganisationsView,
    OrganisationView,
)
from accounts.api.views import MeView
from accounts.api.wallets import WalletsView, WalletView

urlpatterns = [
    path("me/", MeView.as_view(), name="api-me"),
    path("me/wallets/", WalletsView.as_view(), name="api-wallets"),
    path("me/wallets/<uuid:pk>/", WalletView.as_view(), name="api-wallet"),
    path("organisations/", OrganisationsView.as_view(), name="api-organisations"),
    path("organisations/<uuid:pk>/", OrganisationView.as_view(), name="api-organisation"),
    path("organisations/<uuid:pk>/keys/", KeysView.as_view(), name="api-organisation-keys"),
    path("members/", MembersView.as_view(), name="api-members"),
    path("members/<int:pk>/", MemberView.as_view(), name="api-member"),
    path("invitations/", InvitationsView.as_view(), name="api-invitations"),
    path("invitations/<uuid:pk>/", InvitationView.as_view(), name="api-invitation"),
]
