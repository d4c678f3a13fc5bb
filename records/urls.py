"""Addresses of the record's pages."""

from django.urls import path

from records.views import (
    caring,
    chart,
    deciding,
    emergency,
    erasing,
    merging,
    registration,
    seals,
    sharing,
)

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
    path("sharing/carers/new/", caring.carer_new, name="carer-new"),
    path("sharing/carers/<uuid:pk>/end/", caring.carer_end, name="carer-end"),
    path("activate/", caring.activate, name="activate"),
    path("caring/", caring.caring, name="caring"),
    path("caring/<uuid:pk>/answer/", caring.answer, name="caring-answer"),
    path("emergency/", emergency.emergency, name="emergency"),
    path("emergency/<uuid:pk>/end/", emergency.emergency_close, name="emergency-end"),
    path("registration/", registration.patients, name="registration"),
    path("registration/new/", registration.new, name="registration-new"),
    path("registration/merges/", merging.merges, name="merges"),
    path("registration/merges/<uuid:pk>/", merging.merge, name="merge"),
    path("registration/<uuid:pk>/", registration.patient, name="registered"),
    path("registration/<uuid:pk>/code/", registration.code, name="registered-code"),
    path("registration/<uuid:pk>/guardian/", registration.guardian, name="registered-guardian"),
    path("registration/<uuid:pk>/merge/", merging.propose, name="registered-merge"),
    path("registration/<uuid:pk>/unlink/", registration.unlink, name="registered-unlink"),
    path("registration/guardians/<uuid:pk>/end/", registration.guardian_end, name="guardian-end"),
    path("account/erasure/", erasing.erasure, name="erasure"),
    path("account/erasure/<uuid:pk>/withdraw/", erasing.withdraw, name="erasure-withdraw"),
    path("erasures/", erasing.erasures, name="erasures"),
    path("erasures/<uuid:pk>/", erasing.decide, name="erasure-decide"),
    path("patients/", chart.patients_page, name="patients"),
    path("patients/<uuid:patient_id>/", chart.summary_page, name="chart"),
    path("patients/<uuid:patient_id>/trends/", chart.trends_page, name="chart-trends"),
    path("patients/<uuid:patient_id>/timeline/", chart.timeline_page, name="chart-timeline"),
    path("patients/<uuid:patient_id>/sharing/", sharing.sharing, name="person-sharing"),
    path("patients/<uuid:patient_id>/sharing/new/", deciding.share, name="person-share"),
    path(
        "patients/<uuid:patient_id>/sharing/new/check/", deciding.check, name="person-share-check"
    ),
    path("patients/<uuid:patient_id>/<str:type>/<str:fhir_id>/", chart.record_page, name="record"),
]
