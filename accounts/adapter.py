"""How django-allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from accounts.models import Role, User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Who signs up by themselves is a patient; other roles are given by an administrator."""

    def save_user(
        self, request: HttpRequest, user: User, form: object, commit: bool = True
    ) -> User:
        """Keep the new person as a patient."""
        user.own_role = Role.PATIENT
        saved: User = super().save_user(request, user, form, commit)
        return saved
