"""Every component on one page, for those who build pages; itself tested by axe."""

from datetime import UTC, datetime
from typing import Any, Final

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from core.errors import Problem


class SampleForm(forms.Form):
    """A field of every kind."""

    name = forms.CharField(label=_("Full name"), help_text=_("As it stands on your identity card."))
    born = forms.DateField(
        label=_("Date of birth"), widget=forms.DateInput(attrs={"type": "date"}), required=False
    )
    purpose = forms.ChoiceField(
        label=_("Purpose"),
        choices=[("", _("Choose one")), ("care", _("Treatment")), ("second", _("Second opinion"))],
    )
    duration = forms.ChoiceField(
        label=_("How long may they read it?"),
        help_text=_("You can end it earlier at any time."),
        widget=forms.RadioSelect,
        choices=[("30", _("30 days")), ("365", _("One year")), ("", _("Until I end it"))],
    )
    parts = forms.MultipleChoiceField(
        label=_("Which parts?"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[("lab", _("Test results")), ("med", _("Medicines")), ("img", _("Images"))],
    )
    note = forms.CharField(
        label=_("Note"), widget=forms.Textarea(attrs={"rows": 3}), required=False
    )
    file = forms.FileField(label=_("Document"), required=False)
    agreed = forms.BooleanField(label=_("I have read what Salus does not promise"))

    def clean(self) -> dict[str, Any]:
        """An error that belongs to no field."""
        if self.data.get(self.add_prefix("purpose")) == "none":
            raise forms.ValidationError(_("This clinic doesn't take new patients at the moment."))
        return super().clean() or {}


SEALED_AT: Final = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)
BLOOD_PRESSURE: Final = [
    {
        "name": _("Systolic"),
        "points": [
            ["2024-01-05", 148.0],
            ["2024-04-11", 144.0],
            ["2024-07-19", 139.0],
            ["2024-11-02", 141.0],
            ["2025-02-14", 134.0],
            ["2025-06-30", 131.0],
            ["2025-10-08", 128.0],
            ["2026-01-21", 126.0],
        ],
        "band": {"low": 90, "high": 130, "label": _("Usual range")},
    },
    {
        "name": _("Diastolic"),
        "points": [
            ["2024-01-05", 94.0],
            ["2024-04-11", 92.0],
            ["2024-07-19", 88.0],
            ["2024-11-02", 90.0],
            ["2025-02-14", 85.0],
            ["2025-06-30", 84.0],
            ["2025-10-08", 82.0],
            ["2026-01-21", 80.0],
        ],
    },
]


# As in tokens.css.
SWATCHES: Final = (
    "paper", "surface", "sunken", "ink", "ink-soft", "spruce", "apricot", "good", "warn", "bad", "info",
)  # fmt: skip


def sample() -> dict[str, Any]:
    """What the components show; the same every time."""
    return {
        "form": SampleForm(),
        "wrong_form": SampleForm(
            {"wrong-purpose": "none", "wrong-born": "1979-07-04", "wrong-duration": "9"},
            prefix="wrong",
        ),
        "problems": [
            Problem("row 7", str(_("The serial number is missing."))),
            Problem("row 12", str(_("This pack was delivered before it was made."))),
        ],
        "at": SEALED_AT,
        "series": BLOOD_PRESSURE,
        "steps": [_("Choose a doctor"), _("Choose what and how long"), _("Sign")],
        "tones": ["neutral", "good", "warn", "bad", "info"],
        "swatches": SWATCHES,
        "hash": "0x9f3c1b7a52e84d06c1f0a7be3d5592ee41c08b6a7d2f90e3b8146cf75a20d9e4",
    }


@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    """Show each component with sample content."""
    return render(request, "portal/gallery.html", sample())
