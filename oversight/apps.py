"""Watching over the trail."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OversightConfig(AppConfig):
    """Seals, rules, findings and cases of the audit trail."""

    name = "oversight"

    def ready(self) -> None:
        """Navigation, and who may see a seal's proof."""
        from core.registry import ApiArea, NavItem, Panel, registry
        from oversight import gates, panels
        from oversight.personal_data import PERSONAL_DATA

        gates.register()
        registry.personal_data.append(PERSONAL_DATA)
        registry.api_areas.append(
            ApiArea(
                "audit",
                _("Audit trail"),
                _("Who read your record; for auditors all that was done"),
                50,
                writes=False,
            )
        )
        patient, auditor = frozenset({"patient"}), frozenset({"auditor"})
        registry.nav_items += [
            NavItem(_("Who read my record"), "my-readers", "eye", patient, 40),
            NavItem(_("Audit trail"), "audit-log", "list-search", auditor, 10),
            NavItem(_("Findings"), "findings", "radar-2", auditor, 20),
            NavItem(_("Cases"), "cases", "messages", auditor, 30),
        ]
        registry.panels.append(Panel("oversight/panel.html", panels.of_auditor, auditor, 10))
