"""What every app needs."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    """Errors, keys, audit trail, registry."""

    name = "core"
