"""Addresses of an organisation's own pages."""

from django.urls import path

from accounts.views import organisation

urlpatterns = [
    path("", organisation.details, name="organisation"),
    path("members/", organisation.members, name="organisation-members"),
    path("members/<int:pk>/end/", organisation.member_end, name="organisation-member-end"),
    path(
        "invitations/<uuid:pk>/take-back/", organisation.invitation_take_back,
        name="organisation-invitation-take-back",
    ),
    path("keys/", organisation.keys, name="organisation-keys"),
    path("keys/make/", organisation.key_make, name="organisation-key-make"),
]  # fmt: skip
