"""/api/v1/ of records."""

from django.urls import path

from records.api.views import (
    ConsentDraftsView,
    ConsentEndDraftsView,
    ConsentEndView,
    ConsentsView,
)

urlpatterns = [
    path("consents/", ConsentsView.as_view(), name="api-consents"),
    path("consents/drafts/", ConsentDraftsView.as_view(), name="api-consent-drafts"),
    path("consents/<uuid:pk>/end/", ConsentEndView.as_view(), name="api-consent-end"),
    path(
        "consents/<uuid:pk>/end/drafts/",
        ConsentEndDraftsView.as_view(),
        name="api-consent-end-drafts",
    ),
]
