"""Products, shipments and their EPCIS events."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupplyConfig(AppConfig):
    """Products, shipments and their EPCIS events."""

    name = "supply"

    def ready(self) -> None:
        """Navigation, dashboard, and who may see the proof of an event."""
        from chain.models import Kind
        from chain.services import guard_documents
        from core.registry import ApiArea, NavItem, Panel, registry
        from supply import notices, panels, permissions
        from supply.personal_data import PERSONAL_DATA

        registry.notice_types += notices.NOTICE_TYPES
        registry.personal_data.append(PERSONAL_DATA)
        registry.api_areas.append(
            ApiArea("supply", _("Shipments"), _("What your organisation sends out"), 40)
        )

        pharma = frozenset({"pharma"})
        guard_documents(Kind.EPCIS, permissions.epcis_document)
        registry.nav_items.append(
            NavItem(_("Shipments"), "shipments", "truck-delivery", pharma, 10)
        )
        registry.panels.append(Panel("supply/panel.html", panels.recent_shipments, pharma, 10))
