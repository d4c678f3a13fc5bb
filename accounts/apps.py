"""People and organisations."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, organisations, roles, sign-in, tokens."""

    name = "accounts"

    def ready(self) -> None:
        """Let the API's description know our tokens."""
        from accounts.api import schema  # noqa: F401
