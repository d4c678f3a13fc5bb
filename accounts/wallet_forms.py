"""Forms of the wallet pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.siwe import LONGEST
from accounts.wallet_messages import Answer, Purpose
from core.encoding import from_hex
from core.forms import BytesField


class WalletNameForm(forms.Form):
    """What a wallet is called."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("So that you can tell your wallets apart, for example “Savings”."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class WalletAskForm(forms.Form):
    """Who is to sign, and for what."""

    purpose = forms.ChoiceField(choices=[(purpose.value, purpose.name) for purpose in Purpose])
    address = BytesField(from_hex, 20, 20)

    def clean_address(self) -> bytes:
        """There is no message without one."""
        address: bytes = self.cleaned_data["address"]
        if not address:
            raise forms.ValidationError(_("Your wallet has not said which account it is."))
        return address


class WalletAnswerForm(forms.Form):
    """What the wallet was given, byte for byte, and what it made of it."""

    message = BytesField(from_hex, LONGEST)
    signature = BytesField(from_hex, 2048)

    def clean(self) -> dict[str, Any]:
        """Both, where a script has put them."""
        data = super().clean() or {}
        if not self.errors and not (data["message"] and data["signature"]):
            raise forms.ValidationError(_("Your wallet has signed nothing yet. Please try again."))
        return data

    @property
    def answer(self) -> Answer:
        """As it is checked."""
        return Answer(self.cleaned_data["message"], self.cleaned_data["signature"])


class NewWalletForm(WalletNameForm, WalletAnswerForm):
    """A name, and what the wallet has signed."""
