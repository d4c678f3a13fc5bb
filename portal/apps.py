"""The portal: everything that a visitor meets first."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """Home page, dashboards, demo data, health."""

    name = "portal"

    def ready(self) -> None:
        """Load Celery, so that shared tasks know their app in every process; fill the registry."""
        from core.registry import NavItem, Panel, registry
        from portal import celery, panels  # noqa: F401

        everyone = frozenset(
            [
                "patient",
                "clinician",
                "payer",
                "pharma",
                "researcher",
                "donor",
                "auditor",
                "administrator",
            ]
        )
        administrator = frozenset({"administrator"})
        registry.nav_items += [
            NavItem(_("Administration"), "admin:index", "settings", administrator, 10),
        ]
        registry.panels += [
            Panel("portal/panels/administrator.html", panels.of_administrator, administrator, 10),
            Panel("portal/panels/public.html", panels.of_public, everyone, 90),
        ]


class AdminConfig(admin.AdminConfig):
    """Django's administration, behind the second factor."""

    default = False
    default_site = "portal.admin.StaffSite"
