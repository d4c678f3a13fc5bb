"""Addresses of the record's pages."""

from django.urls import path

from records.views import chart, deciding, seals, sharing

urlpatterns = [
    path("my-health/", chart.summary_page, name="my-health"),
    path("my-health/trends/", chart.trends_page, name="my-trends"),
    path("my-health/timeline/", chart.timeline_page, name="my-timeline"),
    path("my-health/seals/", seals.seals_page, name="my-seals"),
    path("my-health/seals/newest.json", seals.newest_head, name="my-head"),
    path("sharing/", sharing.sharing, name="sharing"),
    path("sharing/new/", deciding.share, name="share"),
    path("sharing/new/check/", deciding.check, name="share-check"),
    path("sharing/<uuid:pk>/end/", deciding.end, name="share-end"),
    path("patients/", chart.patients_page, name="patients"),
    path("patients/<uuid:patient_id>/", chart.summary_page, name="chart"),
    path("patients/<uuid:patient_id>/trends/", chart.trends_page, name="chart-trends"),
    path("patients/<uuid:patient_id>/timeline/", chart.timeline_page, name="chart-timeline"),
    path("patients/<uuid:patient_id>/<str:type>/<str:fhir_id>/", chart.record_page, name="record"),
]
