"""Forms of sign-up, passkeys, the second factor, and the organisation's pages."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, Role, User
from accounts.services.organisations import Details


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


class OrganisationForm(forms.Form):
    """An organisation's name and numbers; check digits are the service's business."""

    name = forms.CharField(label=_("Name"), max_length=200)
    gln = forms.CharField(
        label=_("GLN"), required=False, max_length=13,
        help_text=_("13 digits, from GS1. Needed to send or receive medicines."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    npi = forms.CharField(
        label=_("NPI"), required=False, max_length=10,
        help_text=_("10 digits. Providers in the United States have one."),
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip
    own_number = forms.CharField(
        label=_("Your own number"), required=False, max_length=40,
        help_text=_("By which your partners know you, if you have one."),
    )  # fmt: skip

    @staticmethod
    def initial_of(organisation: Organisation) -> dict[str, str]:
        """What stands there now."""
        return {field.name: getattr(organisation, field.name) for field in fields(Details)}

    def details(self) -> Details:
        """What was entered."""
        return Details(**self.cleaned_data)


class InvitationForm(forms.Form):
    """Who is invited, and in which role."""

    email = forms.EmailField(label=_("E-mail address"))
    role = forms.TypedChoiceField(label=_("Role"), coerce=Role)

    def __init__(self, *args: Any, roles: Sequence[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [("", _("Choose a role")), *((r.value, r.label) for r in roles)]


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
