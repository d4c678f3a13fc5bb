"""Forms of a person's name and data: corrections, and closing the account."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.corrections import LONGEST
from accounts.models import Organisation


class NameForm(forms.Form):
    """What a person is called."""

    name = forms.CharField(
        label=_("Name"),
        help_text=_("As those see it with whom you share something, and in what you sign."),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )


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
