"""Addresses of the shipment pages and of their API."""

from django.urls import include, path

from supply import views

urlpatterns = [
    path("shipments/", views.shipments, name="shipments"),
    path("shipments/upload/", views.upload, name="shipment-upload"),
    path("shipments/template.csv", views.template, name="shipment-template"),
    path("shipments/<uuid:pk>/", views.shipment, name="shipment"),
    path("shipments/<uuid:pk>/progress/", views.progress, name="shipment-progress"),
    path("shipments/<uuid:pk>/record/", views.record, name="shipment-record"),
    path("shipments/<uuid:pk>/discard/", views.discard, name="shipment-discard"),
    path("shipments/<uuid:pk>/epcis.json", views.events, name="shipment-epcis"),
    path("api/v1/shipments/", include("supply.api.urls")),
]
