"""People and organisations."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import pre_save
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People, organisations, roles, sign-in, tokens."""

    name = "accounts"

    def ready(self) -> None:
        """The pages of the account; what follows a sign-in; how the API describes our tokens."""
        from accounts import receivers, trail  # noqa: F401 - they listen to sign-ins
        from accounts.api import schema  # noqa: F401
        from accounts.notices.types import NOTICE_TYPES
        from accounts.personal_data import PERSONAL_DATA
        from accounts.sessions import keep_network_alone, note_sign_in
        from accounts.viewer import oversees
        from chain.permissions import overseen_by
        from core.registry import AccountGroup, AccountPage, ApiArea, NavItem, registry

        overseen_by(oversees)
        pre_save.connect(keep_network_alone, sender="usersessions.UserSession")
        user_logged_in.connect(note_sign_in)
        registry.notice_types += NOTICE_TYPES
        registry.personal_data.append(PERSONAL_DATA)
        registry.api_areas += [
            ApiArea(
                "account",
                _("Account"),
                _("Who you are, your notices, tokens and wallets"),
                10,
            ),
            ApiArea(
                "organisations",
                _("Organisations"),
                _("Who they are; of the one that you manage who acts for it"),
                15,
            ),
        ]
        managers = frozenset({"manager"})
        answering = frozenset({"manager", "registrar"})
        registry.nav_items += [
            NavItem(_("Corrections"), "corrections", "edit", answering, 60),
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
                _("Passkeys"), _("Sign in, and sign your decisions, with your device"), "passkeys",
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
            AccountPage(
                _("Wallets"), _("For those who have one: sign in with it"), "wallets",
                "wallet", AccountGroup.SIGN_IN, order=60,
            ),
            AccountPage(
                _("Sign-in in two steps"), _("Authenticator app and recovery codes"), "mfa_index",
                "device-mobile-check", AccountGroup.SIGN_IN, order=30,
            ),
            AccountPage(
                _("Where you are signed in"), _("Your devices; sign out the ones you don't know"),
                "sessions", "devices", AccountGroup.SIGN_IN, order=40,
            ),
            AccountPage(
                _("Colleagues who lost access"), _("Confirm that it is really them"), "recoveries",
                "user-question", AccountGroup.SIGN_IN, frozenset({"manager"}), order=50,
            ),
        ]  # fmt: skip
