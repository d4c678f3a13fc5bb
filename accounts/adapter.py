"""How django-allauth behaves here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse

from accounts.devices import device_seen
from accounts.models import Role, User
from accounts.views.closing import offer_return


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Who signs up by themselves is a patient; other roles are given by an administrator."""

    def save_user(
        self, request: HttpRequest, user: User, form: object, commit: bool = True
    ) -> User:
        """Keep the new person as a patient."""
        user.own_role = Role.PATIENT
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        """Every way of signing in ends here: a browser that is new to us is told of."""
        answer: HttpResponse = super().post_login(request, user, **more)
        device_seen(request, answer, user)
        return answer

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """Somebody who signed in rightly to an account that they had closed may come back."""
        usual: HttpResponse = super().respond_user_inactive(request, user)
        return offer_return(request, user) or usual


class PasskeyAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Passkeys sign what a person decides; signing in asks for none of them yet."""

    def is_mfa_enabled(self, user: User, types: object = None) -> bool:
        """No: else who lost their passkey could not sign in, since there are no recovery codes."""
        return False
