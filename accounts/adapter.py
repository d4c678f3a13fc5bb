"""How django-allauth behaves here."""

from base64 import b64decode, b64encode
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.devices import device_seen
from accounts.models import Role, User
from accounts.models.people import SIGN_UP_ROLES
from accounts.passkeys import rp_id
from accounts.recovery import recovery_stop_by_sign_in
from accounts.second_factor import has_second_factor, used_second_factor
from accounts.sessions import sessions_end
from accounts.viewer import viewer_of
from accounts.views.closing import offer_return
from core import audit
from core.audit import Actor
from core.keys import Owner, sealer_for

NOWHERE: Final = "0.0.0.0"  # noqa: S104 - nobody's address, not one to listen at  # nosec B104
_SECRET: Final = "second-factor/1"  # noqa: S105 - what the sealed text is bound to


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth has no types
    """Who signs up by themselves is a patient or a donor; other roles are given."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Keep the new person in the role that they chose."""
        chosen = form.cleaned_data.get("role")
        user.own_role = chosen if chosen in SIGN_UP_ROLES else Role.PATIENT
        user.name = form.cleaned_data.get("name", "")
        saved: User = super().save_user(request, user, form, commit)
        audit.record(audit.Name.SIGNED_UP, by=Actor(saved.pk), target=user.own_role)
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

    def pre_authenticate(self, request: HttpRequest, **credentials: object) -> None:
        """Refuse whoever tried too often, and note that it happened."""
        from accounts.trail import locked_out

        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            locked_out(credentials)
            raise

    def login(self, request: HttpRequest, user: User) -> None:
        """Every factor was given: whoever can sign in needs no recovery."""
        super().login(request, user)
        recovery_stop_by_sign_in(user=user)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The visitor's address; who comes through no socket (a command) shares one of nobody's."""
        return str(super().get_client_ip(request)) if request.META.get("REMOTE_ADDR") else NOWHERE

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The start page; for somebody whose roles wait for a second factor, the page that says so."""
        if viewer_of(request).withheld:
            return reverse("second-factor-needed")
        return str(super().get_login_redirect_url(request))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the account."""
        return reverse("account")

    def set_password(self, user: User, password: str) -> None:
        """Change it; every other session of the person ends."""
        super().set_password(user, password)
        kept = self.request.session.session_key if self.request.user == user else None
        sessions_end(user=user, but=kept)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """allauth's, in our words.

        A session from before the second factor was set up has to show it: else whoever had only the
        password then could add a factor of their own now.
        """
        words = {
            "reauthenticate": _("Use my password"),
            "mfa_reauthenticate": _("Use a code of my app, or a recovery code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        found: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        late = not used_second_factor(self.request) and has_second_factor(user)
        return [
            {**method, "description": words[method["id"]]}
            for method in found
            if not (late and method["id"] == "reauthenticate")
        ]


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # allauth has no types
    """Secrets lie sealed under the portal's key; words are ours."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This code is not right, or was used already. Wait for the next one."),
    }

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The host of our own address, whatever name a visitor came by."""
        return {"id": rp_id(), "name": "Salus"}

    def encrypt(self, text: str) -> str:
        """Seal a secret."""
        return b64encode(sealer_for(Owner.portal()).seal(text.encode(), _SECRET)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open what `encrypt` gave; raises Tampered."""
        return sealer_for(Owner.portal()).open(b64decode(encrypted_text), _SECRET).decode()
