"""How django-allauth behaves here."""

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
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

    def pre_authenticate(self, request: HttpRequest, **credentials: object) -> None:
        """Refuse whoever tried too often, and note that it happened."""
        from accounts.trail import locked_out

        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            locked_out(credentials)
            raise


class PasskeyAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Passkeys sign what a person decides; signing in asks for none of them yet."""

    def is_mfa_enabled(self, user: User, types: object = None) -> bool:
        """No: else who lost their passkey could not sign in, since there are no recovery codes."""
        return False
