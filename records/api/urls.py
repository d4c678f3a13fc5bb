"""/api/v1/ of records."""

from django.urls import path

from records.api.views import ConsentEndView, ConsentsView

urlpatterns = [
    path("consents/", ConsentsView.as_view(), name="api-consents"),
    path("consents/<uuid:pk>/end/", ConsentEndView.as_view(), name="api-consent-end"),
]
