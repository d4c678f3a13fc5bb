"""People and organisations."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People, organisations, roles, sign-in, tokens."""

    name = "accounts"

    def ready(self) -> None:
        """The pages of the account; let the API's description know our tokens."""
        from accounts.api import schema  # noqa: F401
        from accounts.notices.types import NOTICE_TYPES
        from accounts.personal_data import PERSONAL_DATA
        from core.registry import AccountGroup, AccountPage, ApiArea, NavItem, registry

        registry.api_areas += [
            ApiArea("account", _("Account"), _("Who you are, your notices and tokens"), order=10),
        ]
        registry.notice_types += NOTICE_TYPES
        answering = frozenset({"manager", "registrar"})
        registry.nav_items.append(NavItem(_("Corrections"), "corrections", "edit", answering, 60))
        registry.personal_data.append(PERSONAL_DATA)

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
                _("Your name"), _("What others see"), "account-name", "id", AccountGroup.YOU,
                order=10,
            ),
            AccountPage(
                _("Notices"), _("What Salus tells you, here and by e-mail"), "notice-preferences",
                "bell", AccountGroup.YOU, order=40,
            ),
            AccountPage(
                _("Tokens"), _("Let a program of yours use Salus for you"), "tokens", "code",
                AccountGroup.PROGRAMS, order=10,
            ),
            AccountPage(
                _("Programs of your organisation"), _("Tokens that act for it in a role"),
                "machine-tokens", "robot", AccountGroup.PROGRAMS, frozenset({"manager"}), order=20,
            ),
            AccountPage(
                _("Download everything about me"), _("All that Salus holds of you, in one file"),
                "data-export", "download", AccountGroup.PRIVACY, order=10,
            ),
            AccountPage(
                _("Correct my details"), _("Ask a clinic to mend what it wrote about you"),
                "own-corrections", "edit", AccountGroup.PRIVACY, frozenset({"patient"}), order=20,
            ),
            AccountPage(
                _("Close my account"), _("What goes, what stays, and how to come back"),
                "account-close", "user-off", AccountGroup.PRIVACY, order=30,
            ),
        ]  # fmt: skip
