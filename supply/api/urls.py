"""/api/v1/shipments/."""

from django.urls import path

from supply.api.views import RecordShipmentView, ShipmentsView, ShipmentView

urlpatterns = [
    path("", ShipmentsView.as_view(), name="api-shipments"),
    path("<uuid:pk>/", ShipmentView.as_view(), name="api-shipment"),
    path("<uuid:pk>/record/", RecordShipmentView.as_view(), name="api-shipment-record"),
]
