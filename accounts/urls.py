"""Addresses of a person's account; allauth adds its own below the same /account/."""

from django.urls import path

from accounts.views import account, closing, corrections, exports, notices, passkeys, tokens

urlpatterns = [
    path("", account.account, name="account"),
    path("name/", account.name, name="account-name"),
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
]
