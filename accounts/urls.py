"""Addresses of a person's account; allauth adds its own below the same /account/."""

from django.urls import path

from accounts.views import account, acting, passkeys

urlpatterns = [
    path("", account.account, name="account"),
    path("act-for/<uuid:pk>/", acting.act_for, name="act-for"),
    path("passkeys/", passkeys.passkeys, name="passkeys"),
    path("passkeys/add/", passkeys.add, name="passkey-add"),
    path("passkeys/<int:pk>/rename/", passkeys.rename, name="passkey-rename"),
    path("passkeys/<int:pk>/remove/", passkeys.remove, name="passkey-remove"),
]
