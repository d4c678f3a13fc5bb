"""Forms of the sharing pages."""

from datetime import timedelta
from typing import Any

from django import forms
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from accounts.selectors import clinicians, organisations
from chain.signatures import Assertion
from core.encoding import from_base64url, from_hex
from core.forms import BytesField
from records.models import TEMPLATES, Scope
from records.services.signing import Answer, WalletAnswer

USUAL = timedelta(days=90)


class ShareForm(forms.Form):
    """Whom to share with, what, and until when."""

    grantee = forms.ChoiceField(
        label=_("Who may see your record?"),
        help_text=_("A person, or an organisation: everybody there who works with records."),
    )
    scope = forms.ChoiceField(
        label=_("What may they see?"),
        choices=TEMPLATES,
        widget=forms.RadioSelect,
        initial=Scope.EVERYTHING,
    )
    last_day = forms.DateField(
        label=_("Until when?"),
        help_text=_("Up to and including this day. You can end it earlier at any time."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """Offer everybody but the person themselves."""
        super().__init__(*args, **kwargs)
        today = timezone.now().date()
        self.fields["last_day"].initial = today + USUAL
        self.fields["last_day"].widget.attrs["min"] = today.isoformat()
        self._found: dict[str, User | Organisation] = {}
        people = [("user", person) for person in clinicians().exclude(pk=user.pk)]
        groups = [("organisation", organisation) for organisation in organisations()]
        field = self.fields["grantee"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            ("", _("Choose…")),
            (_("People"), [self._choice(kind, one) for kind, one in people]),
            (_("Organisations"), [self._choice(kind, one) for kind, one in groups]),
        ]

    def _choice(self, kind: str, one: User | Organisation) -> tuple[str, str]:
        key = f"{kind}:{one.pk}"
        self._found[key] = one
        return key, _label(one)

    @property
    def chosen(self) -> User | Organisation:
        """The person or organisation that was chosen."""
        return self._found[self.cleaned_data["grantee"]]

    @property
    def chosen_words(self) -> dict[str, str]:
        """Whom with and what, as they were offered."""
        return {"who": _label(self.chosen), "what": str(Scope(self.cleaned_data["scope"]).label)}

    @property
    def answers(self) -> dict[str, str]:
        """What was entered, to be asked for again or carried on."""
        data = self.cleaned_data
        return {
            "grantee": data["grantee"],
            "scope": data["scope"],
            "last_day": data["last_day"].isoformat(),
        }


def _label(one: User | Organisation) -> str:
    if isinstance(one, Organisation):
        return f"{one.name} · {one.get_kind_display()}"
    places = ", ".join(member.organisation.name for member in one.memberships.all())
    return f"{one} · {places}" if places else str(one)


class Way(models.TextChoices):
    """With whose key a decision is signed."""

    PASSKEY = "passkey", _("With a passkey of mine")
    WALLET = "wallet", _("With my own wallet")
    PORTAL = "portal", _("Let Salus record it for me")


class SignForm(forms.Form):
    """How a decision is signed; and the signature, where the person's own key has made one."""

    way = forms.ChoiceField(
        label=_("How do you want to sign?"),
        choices=Way.choices,
        widget=forms.RadioSelect,
        required=False,
    )
    token = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16_000)
    credential = forms.CharField(widget=forms.HiddenInput, required=False, max_length=1364)
    authenticator_data = BytesField(from_base64url, 2048)
    client_data = BytesField(from_base64url, 4096)
    signature = BytesField(from_base64url, 1024)
    address = BytesField(from_hex, 20, 20)
    value = BytesField(from_hex, 2048)

    def clean(self) -> dict[str, Any]:
        """Whoever signs with a key of their own brings what it has made."""
        data = super().clean() or {}
        if not self.errors and self.chosen_way != Way.PORTAL and self.answer is None:
            words = _("Nothing has been signed yet. Please try again, or choose another way.")
            raise forms.ValidationError(words)
        return data

    @property
    def chosen_way(self) -> Way:
        """Without a choice it is recorded by Salus."""
        return Way(self.cleaned_data.get("way") or Way.PORTAL)

    @property
    def answer(self) -> Answer | None:
        """What the person's passkey or wallet gave back; None without all of it."""
        data = self.cleaned_data
        if self.chosen_way == Way.WALLET:
            made = data["address"], data["value"]
            return WalletAnswer(*made) if all(made) else None
        if self.chosen_way == Way.PASSKEY:
            parts = ("credential", "authenticator_data", "client_data", "signature")
            values = [data[part] for part in parts]
            return Assertion(*values) if all(values) else None
        return None
