"""Addresses of a person's account; allauth adds its own below the same /account/.

Names that begin with `mfa_` are those that allauth leads to. Of its pages for second factors those
of sign-in are mounted; setting up, passkeys and recovery codes are ours.
"""

from allauth.mfa.base import views as second_step
from allauth.mfa.webauthn import views as passkey_step
from django.urls import path

from accounts.views import (
    account,
    acting,
    closing,
    corrections,
    exports,
    factors,
    notices,
    passkeys,
    recovery,
    sessions,
    sign_up,
    tokens,
    wallet_sign_in,
    wallets,
)

urlpatterns = [
    path("", account.account, name="account"),
    path("name/", account.name, name="account-name"),
    path("act-for/<uuid:pk>/", acting.act_for, name="act-for"),
    path("passkeys/", passkeys.passkeys, name="passkeys"),
    path("passkeys/add/", passkeys.add, name="passkey-add"),
    path("passkeys/<int:pk>/rename/", passkeys.rename, name="passkey-rename"),
    path("passkeys/<int:pk>/remove/", passkeys.remove, name="passkey-remove"),
    path("notices/", notices.preferences, name="notice-preferences"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/new/", tokens.new, name="token-new"),
    path("tokens/organisation/", tokens.machine_tokens, name="machine-tokens"),
    path("tokens/organisation/new/", tokens.new_machine, name="machine-token-new"),
    path("tokens/<uuid:pk>/end/", tokens.end, name="token-end"),
    path("data/", exports.export, name="data-export"),
    path("data/progress/", exports.progress, name="data-export-progress"),
    path("data/file/", exports.download, name="data-export-file"),
    path("corrections/", corrections.own, name="own-corrections"),
    path("corrections/<uuid:pk>/withdraw/", corrections.withdraw, name="correction-withdraw"),
    path("close/", closing.close, name="account-close"),
    path("reopen/", closing.reopen, name="account-reopen"),
    path("wallets/", wallets.wallets, name="wallets"),
    path("wallets/add/", wallets.add, name="wallet-add"),
    path("wallets/message/", wallet_sign_in.message, name="wallet-message"),
    path("wallets/sign-in/", wallet_sign_in.sign_in, name="wallet-sign-in"),
    path("wallets/<uuid:pk>/rename/", wallets.rename, name="wallet-rename"),
    path("wallets/<uuid:pk>/remove/", wallets.remove, name="wallet-remove"),
    path("second-step/", factors.factors, name="mfa_index"),
    path("second-step/needed/", factors.needed, name="second-factor-needed"),
    path("second-step/app/", factors.app_add, name="mfa_activate_totp"),
    path("second-step/app/remove/", factors.app_remove, name="mfa_deactivate_totp"),
    path("recovery-codes/", factors.codes, name="mfa_view_recovery_codes"),
    path("recovery-codes/new/", factors.codes_new, name="mfa_generate_recovery_codes"),
    path("login/second-step/", second_step.authenticate, name="mfa_authenticate"),
    path("login/passkey/", passkey_step.login_webauthn, name="mfa_login_webauthn"),
    path("signup/passkey/new/", sign_up.first_passkey, name="mfa_signup_webauthn"),
    path("reauthenticate/code/", second_step.reauthenticate, name="mfa_reauthenticate"),
    path(
        "reauthenticate/passkey/",
        passkey_step.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/<int:pk>/end/", sessions.end, name="session-end"),
    path("sessions/end-others/", sessions.end_others, name="sessions-end-others"),
    path("recovery/", recovery.about, name="recovery"),
    path("recovery/ask/", recovery.ask, name="recovery-ask"),
    path("recovery/stop/<str:token>/", recovery.stop, name="recovery-stop"),
    path("recovery/link/<str:token>/", recovery.link, name="recovery-link"),
    path("recoveries/", recovery.waiting, name="recoveries"),
    path("recoveries/<uuid:pk>/confirm/", recovery.confirm, name="recovery-confirm"),
]
