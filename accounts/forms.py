"""Forms of the passkey pages."""

from django import forms
from django.utils.translation import gettext_lazy as _


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
