"""Forms of sign-up, passkeys, and the second factor."""

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User


class PasskeyNameForm(forms.Form):
    """What a passkey is called."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("So that you can tell your passkeys apart, for example “My phone”."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class NewPasskeyForm(PasskeyNameForm):
    """A name, and what the browser has made."""

    credential = forms.JSONField(widget=forms.HiddenInput, required=False)

    def clean_credential(self) -> dict[str, object]:
        """The browser's answer: an object, where a script has put one."""
        answer = self.cleaned_data["credential"]
        if not isinstance(answer, dict):
            raise forms.ValidationError(_("Your browser has made no passkey. Please try again."))
        return answer


class SignUpFields(forms.Form):
    """What is asked beside address and password (ACCOUNT_SIGNUP_FORM_CLASS)."""

    field_order = ("role", "name", "email", "password1", "password2")

    role = forms.ChoiceField(
        label=_("What brings you here?"),
        choices=[
            (Role.PATIENT.value, _("I want to look after my health record")),
            (Role.DONOR.value, _("I want to give")),
        ],
        initial=Role.PATIENT.value,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=_("Your name"),
        help_text=_("As others see it when you share something with them."),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )

    def signup(self, request: HttpRequest, user: User) -> None:
        """Allauth asks for it; the adapter has kept everything already."""


class AppForm(forms.Form):
    """The first code of an authenticator app."""

    code = forms.CharField(
        label=_("Code that the app shows"),
        max_length=10,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class PasswordForm(forms.Form):
    """The password, for somebody who comes with the link of a recovery."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
