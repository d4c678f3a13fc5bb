"""Addresses of the passkey pages."""

from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.passkeys, name="passkeys"),
    path("add/", views.add, name="passkey-add"),
    path("<int:pk>/rename/", views.rename, name="passkey-rename"),
    path("<int:pk>/remove/", views.remove, name="passkey-remove"),
]
