"""People and organisations."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import pre_save
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """People, organisations, roles, sign-in, tokens."""

    name = "accounts"

    def ready(self) -> None:
        """The pages of the account; let the API's description know our tokens."""
        from accounts.api import schema  # noqa: F401
        from accounts.sessions import keep_network_alone, note_sign_in
        from accounts.viewer import oversees
        from chain.permissions import overseen_by
        from core.registry import AccountGroup, AccountPage, registry

        overseen_by(oversees)
        pre_save.connect(keep_network_alone, sender="usersessions.UserSession")
        user_logged_in.connect(note_sign_in)
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
