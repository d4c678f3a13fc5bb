"""People and organisations."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, organisations, roles, sign-in, tokens."""

    name = "accounts"
