"""Forms about who somebody is: registering, activating, carers, merging."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.models import Delegation, Ground
from records.models.erasures import AGAINST, FOR
from records.services.registration import PatientDetails
from records.services.sealing import LONGEST

A_YEAR = timedelta(days=365)
NATIONAL, INSURANCE = "urn:salus:identifier:national", "urn:salus:identifier:insurance"


def day_input(**attrs: str) -> forms.DateInput:
    """The browser's own calendar."""
    return forms.DateInput(attrs={"type": "date", **attrs}, format="%Y-%m-%d")


def short(attrs: dict[str, str] | None = None) -> forms.TextInput:
    """A line that the browser does not fill in with the registrar's own data."""
    return forms.TextInput(attrs={"autocomplete": "off"} | (attrs or {}))


class RegisterForm(forms.Form):
    """Who a new patient is."""

    given = forms.CharField(label=_("Given names"), max_length=100, widget=short())
    family = forms.CharField(label=_("Family name"), max_length=100, widget=short())
    born = forms.DateField(label=_("Date of birth"), widget=day_input(autocomplete="off"))
    gender = forms.ChoiceField(
        label=_("Sex"),
        choices=[
            ("female", _("Female")), ("male", _("Male")), ("other", _("Other")),
            ("unknown", _("Not known")),
        ],
        widget=forms.RadioSelect,
    )  # fmt: skip
    line = forms.CharField(
        label=_("Street and number"), max_length=120, required=False, widget=short()
    )
    postcode = forms.CharField(
        label=_("Postal code"), max_length=20, required=False, widget=short()
    )
    city = forms.CharField(label=_("Town"), max_length=80, required=False, widget=short())
    phone = forms.RegexField(
        r"^[+]?[0-9 ()/.\-]{5,30}$",
        label=_("Phone"),
        required=False,
        error_messages={"invalid": _("Enter a phone number.")},
        widget=short({"type": "tel"}),
    )
    email = forms.EmailField(
        label=_("E-mail address"), required=False, widget=forms.EmailInput({"autocomplete": "off"})
    )
    identifier_system = forms.ChoiceField(
        label=_("What kind of number?"),
        choices=[
            ("", _("Our own patient number")), (NATIONAL, _("National identity number")),
            (INSURANCE, _("Insurance number")),
        ],
        required=False,
    )  # fmt: skip
    identifier = forms.CharField(label=_("Number"), max_length=40, required=False, widget=short())
    reason = forms.CharField(
        label=_("Why is this somebody else?"),
        help_text=_("For example: twins, or the same name and a different identity card."),
        max_length=LONGEST,
        required=False,
        widget=short(),
    )

    @property
    def person_fields(self) -> list[forms.BoundField]:
        """All but the reason, which is asked for where somebody looks alike."""
        return [field for field in self if field.name != "reason"]

    def details(self) -> PatientDetails:
        """As the service takes them."""
        wanted = {name: v for name, v in self.cleaned_data.items() if name != "reason"}
        return PatientDetails(**wanted)


class FindForm(forms.Form):
    """Whom to look for among the organisation's own patients."""

    name = forms.CharField(label=_("Family name"), max_length=100, required=False, widget=short())
    born = forms.DateField(label=_("Date of birth"), required=False, widget=day_input())


class ActivateForm(forms.Form):
    """The printed code, and what the person knows."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("As it is printed. It does not matter how you write the dashes."),
        max_length=60,
        widget=short({"spellcheck": "false", "autocapitalize": "characters"}),
    )
    family = forms.CharField(
        label=_("Family name of the person whose record it is"),
        max_length=100,
        widget=forms.TextInput({"autocomplete": "family-name"}),
    )
    born = forms.DateField(label=_("Their date of birth"), widget=day_input(autocomplete="bday"))


class CarerForm(forms.Form):
    """Whom a person lets care for them."""

    email = forms.EmailField(
        label=_("Their e-mail address"),
        help_text=_("The one with which they sign in to Salus, now or later."),
        widget=forms.EmailInput({"autocomplete": "off"}),
    )
    last_day = forms.DateField(
        label=_("Until when?"),
        help_text=_("Up to and including this day. You can end it earlier at any time."),
        widget=day_input(),
    )
    may_share = forms.BooleanField(
        label=_("They may also share the record with others, and end that"), required=False
    )

    def __init__(self, *args: Any, until: date | None = None, **kwargs: Any) -> None:
        """A year, or until the day that is named."""
        super().__init__(*args, **kwargs)
        today = timezone.now().date()
        self.fields["last_day"].initial = until or today + A_YEAR
        self.fields["last_day"].widget.attrs["min"] = today.isoformat()


class GuardianForm(CarerForm):
    """A parent or guardian, set up by a registrar."""

    kind = forms.ChoiceField(
        label=_("What are they?"),
        choices=[
            (kind.value, kind.label) for kind in (Delegation.Kind.PARENT, Delegation.Kind.GUARDIAN)
        ],
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("What have they shown you?"),
        help_text=_("For example: birth certificate and identity card."),
        max_length=LONGEST,
        widget=short(),
    )
    field_order = ("kind", "email", "last_day", "may_share", "reason")


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(label=_("Why?"), max_length=LONGEST, widget=short())


class MergeForm(forms.Form):
    """With which record one is merged, which of the two stays, and why."""

    other = forms.ChoiceField(
        label=_("Which is the same person's record?"), widget=forms.RadioSelect
    )
    stays = forms.ChoiceField(
        label=_("Which of the two stays in use?"),
        help_text=_("The other one is shown in its chart, and is used no more."),
        widget=forms.RadioSelect,
        choices=[("this", _("The one that I came from")), ("other", _("The one chosen above"))],
        initial="this",
    )
    reason = forms.CharField(label=_("How do you know?"), max_length=LONGEST, widget=short())

    def __init__(self, *args: Any, others: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        """Offer those who look alike."""
        super().__init__(*args, **kwargs)
        field = self.fields["other"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(others)


class EraseForm(forms.Form):
    """A word that nobody types by mistake."""

    WORD = _("erase")

    word = forms.CharField(
        label=_("Type “erase” to confirm"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )

    def clean_word(self) -> str:
        """In the person's own language, however it is written."""
        word = str(self.cleaned_data["word"])
        if word.strip().casefold() != str(self.WORD).casefold():
            raise forms.ValidationError(_("This is another word. Nothing was asked."))
        return word


class ErasureDecisionForm(forms.Form):
    """Why a record is erased, or is not."""

    ground = forms.ChoiceField(
        label=_("What do you decide, and why?"),
        choices=[
            (_("Erase it"), [(g.value, g.label) for g in Ground if g in FOR]),
            (_("Do not erase it"), [(g.value, g.label) for g in Ground if g in AGAINST]),
        ],
        widget=forms.Select,
    )


class EmergencyForm(forms.Form):
    """Whose record, and why."""

    identifier = forms.CharField(
        label=_("The patient's number"), max_length=64, widget=short(),
        help_text=_("An identity, insurance or patient number, exactly as it is written."),
    )  # fmt: skip
    reason = forms.CharField(
        label=_("Why can't it wait for the patient?"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=LONGEST,
    )
    understood = forms.BooleanField(
        label=_("I understand that the patient is told at once, and that every look is reviewed.")
    )
