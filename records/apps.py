"""The clinical store, consent, patient and clinician pages."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    """The clinical store."""

    name = "records"

    def ready(self) -> None:
        """Navigation, dashboard panels, and who may see which proof."""
        from core.registry import ApiArea, NavItem, Panel, registry
        from records import access, gates, notices, panels
        from records.personal_data import PERSONAL_DATA

        access.register()
        gates.register()
        notices.register()
        registry.notice_types += notices.NOTICE_TYPES
        registry.personal_data.append(PERSONAL_DATA)
        registry.api_areas += [
            ApiArea(
                "records",
                _("Health records"),
                _("What you may see of them, by FHIR"),
                20,
                writes=False,
            ),
            ApiArea("consents", _("Sharing"), _("Who may see your record, and until when"), 30),
        ]
        patient, care = frozenset({"patient"}), frozenset({"clinician"})
        guests = frozenset({"payer", "researcher"})
        registry.nav_items += [
            NavItem(_("My health"), "my-health", "heartbeat", patient, 10),
            NavItem(_("Timeline"), "my-timeline", "timeline", patient, 20),
            NavItem(_("Sharing"), "sharing", "share", patient, 30),
            NavItem(_("Is it complete?"), "my-seals", "rosette-discount-check", patient, 50),
            NavItem(_("Patients"), "patients", "users", care, 10),
            NavItem(_("Shared with us"), "patients", "users", guests, 10),
        ]
        registry.panels += [
            Panel("records/panels/patient.html", panels.of_patient, patient, 10),
            Panel("records/panels/shared.html", panels.of_reader, care | guests, 10),
        ]
