"""Products, shipments and their EPCIS events."""

from django.apps import AppConfig


class SupplyConfig(AppConfig):
    """Products, shipments and their EPCIS events."""

    name = "supply"
