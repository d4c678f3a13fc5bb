"""/api/v1/ of the trail."""

from django.urls import path

from oversight.api.views import AuditView, ReadersView

urlpatterns = [
    path("audit/", AuditView.as_view(), name="api-audit"),
    path("me/readers/", ReadersView.as_view(), name="api-readers"),
]
