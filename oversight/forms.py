"""Forms of the trail: searching it, asking and answering, and how strict the rules are."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.selectors import organisations
from core.models import AuditEvent, Purpose
from oversight.models import Rule, RuleSetting
from oversight.selectors import Search


class SearchForm(forms.Form):
    """What an auditor looks for; everything is optional."""

    person = forms.CharField(
        label=_("Person"), required=False, max_length=120,
        help_text=_("A part of the name, or the e-mail address. Patients stand here by pseudonym."),
    )  # fmt: skip
    organisation = forms.ChoiceField(label=_("Organisation"), required=False)
    patient = forms.UUIDField(label=_("Patient's pseudonym"), required=False)
    what = forms.ChoiceField(
        label=_("What happened"), required=False,
        choices=[("", _("Anything")), *AuditEvent.Name.choices],
    )  # fmt: skip
    purpose = forms.ChoiceField(
        label=_("Purpose"), required=False, choices=[("", _("Any")), *Purpose.choices]
    )
    first_day = forms.DateField(
        label=_("From"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    last_day = forms.DateField(
        label=_("Up to and including"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the organisations that there are."""
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ChoiceField)
        there = [(str(place.pk), place.name) for place in organisations()]
        field.choices = [("", _("Any")), *there]

    def clean(self) -> dict[str, Any]:
        """The days must be in order."""
        said: dict[str, Any] = super().clean() or {}
        first, last = said.get("first_day"), said.get("last_day")
        if first and last and first > last:
            self.add_error("last_day", _("This is before the first day."))
        return said

    @property
    def search(self) -> Search:
        """As the selectors take it; the form must be valid."""
        said = self.cleaned_data
        return Search(
            name=said["what"],
            purpose=said["purpose"],
            person=said["person"],
            organisation=said["organisation"] or None,
            patient=said["patient"],
            first_day=said["first_day"],
            last_day=said["last_day"],
        )


class WordsForm(forms.Form):
    """Some sentences: a question, an answer, a reason."""

    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 5}), max_length=4000)

    def __init__(self, *args: Any, label: Any, hint: Any = "", **kwargs: Any) -> None:
        """Under which words."""
        super().__init__(*args, **kwargs)
        self.fields["text"].label, self.fields["text"].help_text = label, hint


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """How strict a rule is."""

    FIELDS = {
        Rule.AFTER_HOURS: ("active", "opens", "closes"),
        Rule.MANY_PATIENTS: ("active", "most"),
    }

    class Meta:
        model = RuleSetting
        fields = ("active", "opens", "closes", "most")
        labels = {
            "active": _("Look for this"),
            "opens": _("The working day begins at (hour)"),
            "closes": _("The working day ends at (hour)"),
            "most": _("From how many patients within an hour on"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Only what this rule has."""
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - set(self.FIELDS.get(Rule(self.instance.rule), ("active",))):
            del self.fields[name]
        for name in ("opens", "closes", "most"):
            if name in self.fields:
                self.fields[name].widget.attrs |= {"min": 0 if name != "most" else 1}

    def clean(self) -> dict[str, Any]:
        """A working day has a beginning and an end, in this order."""
        said: dict[str, Any] = super().clean() or {}
        opens, closes = said.get("opens"), said.get("closes")
        if opens is not None and closes is not None and not opens < closes <= 24:
            self.add_error("closes", _("Choose an hour after the beginning, 24 at most."))
        if said.get("most") == 0:
            self.add_error("most", _("Choose one at least."))
        return said
