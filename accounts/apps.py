"""People and organisations."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People, organisations, roles, sign-in, tokens."""

    name = "accounts"

    def ready(self) -> None:
        """The pages of the account; what follows a sign-in; how the API describes our tokens."""
        from accounts import receivers  # noqa: F401
        from accounts.api import schema  # noqa: F401
        from core.registry import AccountGroup, AccountPage, NavItem, registry

        managers = frozenset({"manager"})
        registry.nav_items += [
            NavItem(_("Our organisation"), "organisation", "building", managers, 90),
        ]
        registry.account_pages += [
            AccountPage(
                _("E-mail addresses"), _("Where Salus writes to you"), "account_email", "mail",
                AccountGroup.YOU, order=20,
            ),
            AccountPage(
                _("Password"), _("Choose another one"), "account_change_password", "key",
                AccountGroup.SIGN_IN, order=10,
            ),
            AccountPage(
                _("Passkeys"), _("Sign your decisions yourself, with your device"), "passkeys",
                "fingerprint", AccountGroup.SIGN_IN, order=20,
            ),
            AccountPage(
                _("Wallets"), _("For those who have one: sign in with it"), "wallets",
                "wallet", AccountGroup.SIGN_IN, order=60,
            ),
        ]  # fmt: skip
