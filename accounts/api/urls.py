"""/api/v1/me/."""

from django.urls import path

from accounts.api import views

urlpatterns = [
    path("me/", views.MeView.as_view(), name="api-me"),
    path("me/tokens/", views.TokensView.as_view(), name="api-tokens"),
    path("me/tokens/<uuid:pk>/", views.TokenView.as_view(), name="api-token"),
    path("me/notices/", views.NoticesView.as_view(), name="api-notices"),
    path("me/notices/read/", views.ReadNoticesView.as_view(), name="api-notices-read"),
    path("me/notices/<uuid:pk>/read/", views.ReadNoticeView.as_view(), name="api-notice-read"),
    path("me/notice-preferences/", views.PreferencesView.as_view(), name="api-notice-preferences"),
    path(
        "me/notice-preferences/<slug:type>/",
        views.PreferenceView.as_view(),
        name="api-notice-preference",
    ),
]
