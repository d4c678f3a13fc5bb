"""Forms of the sharing pages."""

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from accounts.selectors import clinicians, organisations
from records.models import Scope

USUAL = timedelta(days=90)


class ShareForm(forms.Form):
    """Whom to share with, what, and until when."""

    grantee = forms.ChoiceField(
        label=_("Who may see your record?"),
        help_text=_("A person, or everybody who works for an organisation."),
    )
    scope = forms.ChoiceField(
        label=_("What may they see?"),
        choices=Scope.choices,
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


def _label(one: User | Organisation) -> str:
    if isinstance(one, Organisation):
        return f"{one.name} · {one.get_kind_display()}"
    places = ", ".join(member.organisation.name for member in one.memberships.all())
    return f"{one} · {places}" if places else str(one)
