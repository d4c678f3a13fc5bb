"""The forms with which allauth's pages ask for a second factor (MFA_FORMS)."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import (
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse

from accounts.models import User
from accounts.passkeys import Passkey, passkey_used
from accounts.totp import totp_accept, totp_of


class _Code(forms.Form):
    """A code of the app, taken once, or a recovery code; too many wrong ones lock for a while."""

    user: User
    authenticator: Authenticator

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["code"]
        field.label = _("Code of your app") if self.has_app else _("Recovery code")
        field.help_text = _("Or one of your recovery codes.") if self.has_app else ""
        field.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric"}

    @property
    def has_app(self) -> bool:
        """Whether the person has an authenticator app."""
        return totp_of(self.user) is not None

    def clean_code(self) -> str:
        """The code; raises where none of the person's own accepts it."""
        passed = check_rate_limit(self.user)
        code = str(self.cleaned_data["code"])
        rows = Authenticator.objects.filter(user=self.user)
        for row in rows.exclude(type=Authenticator.Type.WEBAUTHN):
            if _accepts(row, code):
                self.authenticator = row
                passed()
                return code
        raise get_adapter().validation_error("incorrect_code")


def _accepts(row: Authenticator, code: str) -> bool:
    if row.type == Authenticator.Type.TOTP:
        return totp_accept(row=row, code=code)
    return bool(row.wrap().validate_code(code))


class CodeForm(_Code, AuthenticateForm):  # type: ignore[misc]  # allauth has no types
    """At sign-in."""


class CodeAgainForm(_Code, ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    """Before something dangerous."""


class _Answer(forms.Form):
    """What the browser made of our question; the signature is checked by fido2, in allauth."""

    def clean_credential(self) -> Authenticator:
        """The passkey that signed; raises for anything else, also where it was copied."""
        answer = self.cleaned_data["credential"]
        try:
            row = super().clean_credential()  # type: ignore[misc]  # allauth's form is beside us
            count = AuthenticationResponse.from_dict(answer).response.authenticator_data.counter
            with transaction.atomic():
                passkey_used(passkey=Passkey(row), count=count)
        except ValidationError:
            raise
        except Exception as error:  # fido2's parsers meet whatever a stranger sends
            words = _("This passkey was not accepted. Please try again, or use another way.")
            raise ValidationError(words) from error
        return row


class PasskeyForm(_Answer, AuthenticateWebAuthnForm):  # type: ignore[misc]  # allauth has no types
    """The second factor at sign-in."""


class PasskeyAgainForm(_Answer, ReauthenticateWebAuthnForm):  # type: ignore[misc]  # as above
    """Before something dangerous."""


class PasskeyAloneForm(_Answer, LoginWebAuthnForm):  # type: ignore[misc]  # as above
    """Signing in with nothing else."""
