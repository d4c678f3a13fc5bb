"""/api/v1/me/."""

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
from accounts.api.views import (
    MeView,
    NoticesView,
    PreferencesView,
    PreferenceView,
    ReadNoticesView,
    ReadNoticeView,
    TokensView,
    TokenView,
)
from accounts.api.wallets import WalletsView, WalletView

urlpatterns = [
    path("me/", MeView.as_view(), name="api-me"),
    path("me/tokens/", TokensView.as_view(), name="api-tokens"),
    path("me/tokens/<uuid:pk>/", TokenView.as_view(), name="api-token"),
    path("me/notices/", NoticesView.as_view(), name="api-notices"),
    path("me/notices/read/", ReadNoticesView.as_view(), name="api-notices-read"),
    path("me/notices/<uuid:pk>/read/", ReadNoticeView.as_view(), name="api-notice-read"),
    path("me/notice-preferences/", PreferencesView.as_view(), name="api-notice-preferences"),
    path(
        "me/notice-preferences/<slug:type>/",
        PreferenceView.as_view(),
        name="api-notice-preference",
    ),
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
