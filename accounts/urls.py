"""Addresses of a person's account; allauth adds its own below the same /account/."""

from django.urls import path

from accounts.views import account, acting, passkeys, wallet_sign_in, wallets

urlpatterns = [
    path("", account.account, name="account"),
    path("act-for/<uuid:pk>/", acting.act_for, name="act-for"),
    path("passkeys/", passkeys.passkeys, name="passkeys"),
    path("passkeys/add/", passkeys.add, name="passkey-add"),
    path("passkeys/<int:pk>/rename/", passkeys.rename, name="passkey-rename"),
    path("passkeys/<int:pk>/remove/", passkeys.remove, name="passkey-remove"),
    path("wallets/", wallets.wallets, name="wallets"),
    path("wallets/add/", wallets.add, name="wallet-add"),
    path("wallets/message/", wallet_sign_in.message, name="wallet-message"),
    path("wallets/sign-in/", wallet_sign_in.sign_in, name="wallet-sign-in"),
    path("wallets/<uuid:pk>/rename/", wallets.rename, name="wallet-rename"),
    path("wallets/<uuid:pk>/remove/", wallets.remove, name="wallet-remove"),
]
