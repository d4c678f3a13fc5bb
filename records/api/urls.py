"""/api/v1/ of records."""

from django.urls import path

from records.api.carers import CarerEndView, CarersView, CaringAcceptView, CaringView
from records.api.emergency import EmergenciesView, EmergencyEndView
from records.api.erasures import (
    ErasureDecisionView,
    ErasuresView,
    OwnErasureView,
    OwnErasureWithdrawView,
)
from records.api.patients import (
    MergeDecisionView,
    MergesView,
    PatientCodeView,
    PatientSearchView,
    PatientsView,
    PatientView,
)
from records.api.views import (
    ConsentDraftsView,
    ConsentEndDraftsView,
    ConsentEndView,
    ConsentsView,
)

urlpatterns = [
    path("patients/", PatientsView.as_view(), name="api-patients"),
    path("patients/search/", PatientSearchView.as_view(), name="api-patient-search"),
    path("patients/<uuid:pk>/", PatientView.as_view(), name="api-patient"),
    path("patients/<uuid:pk>/code/", PatientCodeView.as_view(), name="api-patient-code"),
    path("merges/", MergesView.as_view(), name="api-merges"),
    path("merges/<uuid:pk>/<str:do>/", MergeDecisionView.as_view(), name="api-merge-decision"),
    path("me/carers/", CarersView.as_view(), name="api-carers"),
    path("me/carers/<uuid:pk>/end/", CarerEndView.as_view(), name="api-carer-end"),
    path("me/caring/", CaringView.as_view(), name="api-caring"),
    path("me/caring/<uuid:pk>/accept/", CaringAcceptView.as_view(), name="api-caring-accept"),
    path("me/erasure/", OwnErasureView.as_view(), name="api-erasure"),
    path(
        "me/erasure/<uuid:pk>/withdraw/",
        OwnErasureWithdrawView.as_view(),
        name="api-erasure-withdraw",
    ),
    path("erasures/", ErasuresView.as_view(), name="api-erasures"),
    path("erasures/<uuid:pk>/decision/", ErasureDecisionView.as_view(), name="api-erasure-decide"),
    path("emergencies/", EmergenciesView.as_view(), name="api-emergencies"),
    path("emergencies/<uuid:pk>/end/", EmergencyEndView.as_view(), name="api-emergency-end"),
    path("consents/", ConsentsView.as_view(), name="api-consents"),
    path("consents/drafts/", ConsentDraftsView.as_view(), name="api-consent-drafts"),
    path("consents/<uuid:pk>/end/", ConsentEndView.as_view(), name="api-consent-end"),
    path(
        "consents/<uuid:pk>/end/drafts/",
        ConsentEndDraftsView.as_view(),
        name="api-consent-end-drafts",
    ),
]
