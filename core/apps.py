"""What every app needs."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CoreConfig(AppConfig):
    """Errors, keys, audit trail, registry."""

    name = "core"

    def ready(self) -> None:
        """After each migration the database's rights and policies are what the code says."""
        from core import checks  # noqa: F401 - registers itself
        from core.row_security import loosen, secure

        pre_migrate.connect(loosen, sender=self, dispatch_uid="row security")
        post_migrate.connect(secure, sender=self, dispatch_uid="row security")
