"""The clinical store, consent, patient and clinician pages."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    """The clinical store."""

    name = "records"

    def ready(self) -> None:
        """Navigation, dashboard panels, and who may see which proof."""
        from core.registry import AccountGroup, AccountPage, ApiArea, NavItem, Panel, registry
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
                _("What you may see of them and write into them, by FHIR"),
                20,
            ),
            ApiArea("consents", _("Sharing"), _("Who may see your record, and until when"), 30),
            ApiArea(
                "emergency", _("Emergency access"), _("Opening records when a life is at stake"), 34
            ),
            ApiArea("patients", _("Registration"), _("The patients of your office"), 35),
        ]
        patient, care = frozenset({"patient"}), frozenset({"clinician"})
        office = frozenset({"registrar", "manager"})
        guests = frozenset({"payer", "researcher"})
        registry.nav_items += [
            NavItem(_("My health"), "my-health", "heartbeat", patient, 10),
            NavItem(_("Timeline"), "my-timeline", "timeline", patient, 20),
            NavItem(_("Sharing"), "sharing", "share", patient, 30),
            NavItem(_("Is it complete?"), "my-seals", "rosette-discount-check", patient, 50),
            NavItem(_("People I care for"), "caring", "users", patient, 60),
            NavItem(_("Registration"), "registration", "user-plus", office, 20),
            NavItem(_("Patients"), "patients", "users", care, 10),
            NavItem(_("Emergency access"), "emergency", "alert-triangle", care | {"nurse"}, 80),
            NavItem(_("Shared with us"), "patients", "users", guests, 10),
        ]
        registry.nav_items.append(
            NavItem(_("Erasures"), "erasures", "eraser", frozenset({"manager"}), 70)
        )
        registry.account_pages += [
            AccountPage(
                _("Erase my record"), _("What goes, what must stay, and who decides"),
                "erasure", "eraser", AccountGroup.PRIVACY, patient, order=25,
            ),
            AccountPage(
                _("People I care for"), _("Children, and others who named you as their carer"),
                "caring", "users", AccountGroup.YOU, order=40,
            ),
            AccountPage(
                _("Use a printed code"), _("Make the record that a practice keeps of you your own"),
                "activate", "key", AccountGroup.YOU, patient, order=50,
            ),
        ]  # fmt: skip
        registry.panels += [
            Panel("records/panels/patient.html", panels.of_patient, patient, 10),
            Panel("records/panels/caring.html", panels.of_carer, patient, 20),
            Panel(
                "records/panels/registration.html", panels.of_office, frozenset({"registrar"}), 10
            ),
            Panel("records/panels/shared.html", panels.of_reader, care | guests, 10),
        ]
