"""Addresses of the record's pages."""

from django.urls import path

from records.views import chart, sharing

urlpatterns = [
    path("my-health/", chart.summary_page, name="my-health"),
    path("my-health/trends/", chart.trends_page, name="my-trends"),
    path("my-health/timeline/", chart.timeline_page, name="my-timeline"),
    path("my-health/readers/", sharing.readers, name="my-readers"),
    path("sharing/", sharing.sharing, name="sharing"),
    path("sharing/new/", sharing.share, name="share"),
    path("sharing/<uuid:pk>/end/", sharing.end, name="share-end"),
    path("patients/", chart.patients_page, name="patients"),
    path("patients/<uuid:patient_id>/", chart.summary_page, name="chart"),
    path("patients/<uuid:patient_id>/trends/", chart.trends_page, name="chart-trends"),
    path("patients/<uuid:patient_id>/timeline/", chart.timeline_page, name="chart-timeline"),
    path("patients/<uuid:patient_id>/<str:type>/<str:fhir_id>/", chart.record_page, name="record"),
]
