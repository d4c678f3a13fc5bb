"""Forms of the account's pages."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.corrections import LONGEST
from accounts.models import Organisation, Role
from accounts.scopes import READ, WRITE, api_areas, rights_in
from accounts.tokens import PROGRAM_ROLES


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


class NameForm(forms.Form):
    """What a person is called."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("As those see it with whom you share something, and in what you sign."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


def _scopes() -> list[tuple[str, object]]:
    """For each area whether it is read, and whether anything is changed in it."""
    words = {READ: _("{area}: read"), WRITE: _("{area}: change")}
    return [
        (f"{area.key}:{right}", format_lazy(words[right], area=area.label))
        for area in api_areas()
        for right in rights_in(area)
    ]


class NewTokenForm(forms.Form):
    """What a token is called, what it opens, and for how long."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("The program that will use it, for example “Ward import”."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may be used for"),
        help_text=_("Choose no more than the program needs."),
        choices=_scopes,
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.ChoiceField(
        label=_("Ends after"),
        choices=[
            ("7", _("7 days")),
            ("30", _("30 days")),
            ("90", _("90 days")),
            ("365", _("a year")),
        ],
        initial="30",
    )


class MachineTokenForm(NewTokenForm):
    """Also in which role it acts."""

    role = forms.ChoiceField(
        label=_("Role in which it acts"),
        help_text=_("It sees and may do what somebody of your organisation in this role does."),
        choices=[(role.value, Role(role).label) for role in PROGRAM_ROLES],
    )
    field_order = ["name", "role", "scopes", "days"]


class CloseAccountForm(forms.Form):
    """A word that nobody types by mistake."""

    WORD = _("close")

    word = forms.CharField(
        label=_("Type “close” to confirm"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def clean_word(self) -> str:
        """In the person's own language, however it is written."""
        word = str(self.cleaned_data["word"])
        if word.strip().casefold() != str(self.WORD).casefold():
            raise forms.ValidationError(_("This is another word. Nothing was closed."))
        return word


class CorrectionForm(forms.Form):
    """Who is asked for a correction, and of what."""

    organisation = forms.ModelChoiceField(
        label=_("Who wrote it"), queryset=Organisation.objects.none(), empty_label=_("Choose")
    )
    wish = forms.CharField(
        label=_("What is wrong, and how should it be?"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, keepers: QuerySet[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].queryset = keepers  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    """Whether it was corrected, and what is to be said of it."""

    corrected = forms.ChoiceField(
        label=_("Was it corrected?"),
        choices=[("yes", _("Yes, or it will be")), ("no", _("No"))],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=_("Your answer"),
        help_text=_("The person reads it word for word."),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
