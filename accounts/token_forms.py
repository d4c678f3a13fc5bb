"""Forms of the pages of tokens."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from accounts.scopes import READ, WRITE, api_areas, rights_in


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
    )
    field_order = ["name", "role", "scopes", "days"]

    def __init__(self, *args: Any, roles: Sequence[Role], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(r.value, r.label) for r in roles]
