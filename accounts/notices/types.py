"""What an account tells its person of."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from core.registry import NoticeType, Told, page_of


def _passkey_added(told: Told) -> str:
    return ngettext(
        "A passkey was added to your account.",
        "%(count)d passkeys were added to your account.",
        told.count,
    ) % {"count": told.count}


def _passkey_removed(told: Told) -> str:
    return ngettext(
        "A passkey was removed from your account.",
        "%(count)d passkeys were removed from your account.",
        told.count,
    ) % {"count": told.count}


def _app_added(told: Told) -> str:
    return _("An authenticator app was set up for your account.")


def _app_removed(told: Told) -> str:
    return _("The authenticator app was removed from your account.")


def _codes_made(told: Told) -> str:
    return _("New recovery codes were made for your account. The old ones no longer work.")


def _wallet_added(told: Told) -> str:
    return ngettext(
        "A wallet was added to your account.",
        "%(count)d wallets were added to your account.",
        told.count,
    ) % {"count": told.count}


def _wallet_removed(told: Told) -> str:
    return ngettext(
        "A wallet was removed from your account.",
        "%(count)d wallets were removed from your account.",
        told.count,
    ) % {"count": told.count}


def _new_device(told: Told) -> str:
    return _("Somebody signed in to your account with a device that Salus had not seen before.")


def _token_issued(told: Told) -> str:
    return _("A token was made, with which a program can use Salus for you or your organisation.")


def _export_ready(told: Told) -> str:
    return _("The copy of everything about you is ready. You can download it for a week.")


def _account_closed(told: Told) -> str:
    return _("You closed your account. Signing in within 30 days offers to open it again.")


def _correction_asked(told: Told) -> str:
    if not told.others:
        return _("%(who)s asks your organisation for a correction.") % {"who": told.who}
    return ngettext(
        "%(who)s and %(others)d other person ask your organisation for corrections.",
        "%(who)s and %(others)d others ask your organisation for corrections.",
        told.others,
    ) % {"who": told.who, "others": told.others}


def _correction_answered(told: Told) -> str:
    return _("%(who)s answered your request for a correction.") % {"who": told.who}


NOTICE_TYPES = [
    NoticeType(
        "new-device",
        label=gettext_lazy("Sign-in with a new device"),
        text=gettext_lazy(
            "When somebody signs in to your account with a device that is new to Salus."
        ),
        icon="device-desktop",
        words=_new_device,
        mail=gettext_lazy(
            "Somebody signed in to your account with a device that Salus had not seen before. If it "
            "was not you, sign in, choose another password, and sign out the devices that you don't "
            "know."
        ),
        url=page_of("sessions"),
        by_mail=True,
        can_be_off=False,
        order=10,
    ),
    NoticeType(
        "passkey-added",
        label=gettext_lazy("Passkey added"),
        text=gettext_lazy(
            "When a passkey is added, which can sign you in and sign your decisions."
        ),
        icon="fingerprint",
        words=_passkey_added,
        mail=gettext_lazy(
            "A passkey was added to your account. If it was not you, sign in and remove it."
        ),
        url=page_of("passkeys"),
        by_mail=True,
        can_be_off=False,
        order=20,
    ),
    NoticeType(
        "passkey-removed",
        label=gettext_lazy("Passkey removed"),
        text=gettext_lazy("When a passkey of yours is removed."),
        icon="fingerprint-off",
        words=_passkey_removed,
        mail=gettext_lazy(
            "A passkey was removed from your account. If it was not you, sign in and change your "
            "password."
        ),
        url=page_of("passkeys"),
        by_mail=True,
        can_be_off=False,
        order=30,
    ),
    NoticeType(
        "app-added",
        label=gettext_lazy("An authenticator app was added"),
        text=gettext_lazy("When an app is set up whose codes are asked for at sign-in."),
        icon="device-mobile-check",
        words=_app_added,
        mail=gettext_lazy(
            "An authenticator app was set up for your account. From now on its code is asked for "
            "when you sign in. If it was not you, sign in, choose another password, and sign out "
            "the devices that you don't know."
        ),
        url=page_of("mfa_index"),
        by_mail=True,
        can_be_off=False,
        order=31,
    ),
    NoticeType(
        "app-removed",
        label=gettext_lazy("The authenticator app was removed"),
        text=gettext_lazy("When the app whose codes are asked for at sign-in is removed."),
        icon="device-mobile-check",
        words=_app_removed,
        mail=gettext_lazy(
            "The authenticator app was removed from your account. If it was not you, sign in, "
            "choose another password, and sign out the devices that you don't know."
        ),
        url=page_of("mfa_index"),
        by_mail=True,
        can_be_off=False,
        order=32,
    ),
    NoticeType(
        "codes-made",
        label=gettext_lazy("New recovery codes"),
        text=gettext_lazy("When new recovery codes take the place of the old ones."),
        icon="key",
        words=_codes_made,
        mail=gettext_lazy(
            "New recovery codes were made for your account. The old ones no longer work. If it was "
            "not you, sign in, choose another password, and sign out the devices that you don't know."
        ),
        url=page_of("mfa_index"),
        by_mail=True,
        can_be_off=False,
        order=33,
    ),
    NoticeType(
        "wallet-added",
        label=gettext_lazy("Wallet added"),
        text=gettext_lazy("When a wallet is added, with which you can be signed in."),
        icon="wallet",
        words=_wallet_added,
        mail=gettext_lazy(
            "A wallet was added to your account. It can sign in. If it was not you, sign in and "
            "remove it."
        ),
        url=page_of("wallets"),
        by_mail=True,
        can_be_off=False,
        order=34,
    ),
    NoticeType(
        "wallet-removed",
        label=gettext_lazy("Wallet removed"),
        text=gettext_lazy("When a wallet of yours is removed."),
        icon="wallet",
        words=_wallet_removed,
        mail=gettext_lazy(
            "A wallet was removed from your account. If it was not you, sign in and change your "
            "password."
        ),
        url=page_of("wallets"),
        by_mail=True,
        can_be_off=False,
        order=35,
    ),
    NoticeType(
        "token-issued",
        label=gettext_lazy("Token made"),
        text=gettext_lazy("When a program gets the right to use Salus for you."),
        icon="code",
        words=_token_issued,
        mail=gettext_lazy(
            "A token was made, with which a program can use Salus for you or your organisation. If "
            "you did not expect it, sign in and end it."
        ),
        url=page_of("tokens"),
        by_mail=True,
        can_be_off=False,
        order=40,
    ),
    NoticeType(
        "export-ready",
        label=gettext_lazy("Copy of your data"),
        text=gettext_lazy("When the copy that you asked for is ready."),
        icon="download",
        words=_export_ready,
        mail=gettext_lazy("The copy that you asked for is ready. Sign in to download it."),
        url=page_of("data-export"),
        by_mail=True,
        order=80,
    ),
    NoticeType(
        "account-closed",
        label=gettext_lazy("Account closed"),
        text=gettext_lazy("When your account is closed."),
        icon="user-off",
        words=_account_closed,
        mail=gettext_lazy(
            "Your account was closed. If you want it back, or if it was not you, sign in within 30 "
            "days: Salus then offers to open it again."
        ),
        url=page_of("account"),
        by_mail=True,
        can_be_off=False,
        order=45,
    ),
    NoticeType(
        "correction-asked",
        label=gettext_lazy("Correction asked for"),
        text=gettext_lazy("When somebody asks your organisation to correct what it keeps of them."),
        icon="edit",
        words=_correction_asked,
        mail=gettext_lazy("Somebody asks your organisation for a correction. Sign in to answer."),
        url=page_of("corrections"),
        roles=frozenset({"manager", "registrar"}),
        order=75,
    ),
    NoticeType(
        "correction-answered",
        label=gettext_lazy("Correction answered"),
        text=gettext_lazy("When an organisation answers your request for a correction."),
        icon="edit",
        words=_correction_answered,
        mail=gettext_lazy("Your request for a correction was answered. Sign in to read it."),
        url=page_of("own-corrections"),
        by_mail=True,
        roles=frozenset({"patient"}),
        order=76,
    ),
]
