"""The portal: everything that a visitor meets first."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """Home page, dashboards, demo data, health."""

    name = "portal"

    def ready(self) -> None:
        """Load Celery, so that shared tasks know their app in every process."""
        from portal import celery  # noqa: F401
