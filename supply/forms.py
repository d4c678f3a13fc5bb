"""The one form of this app: a file."""

from typing import IO, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from supply.tables import MOST_BYTES


def content_of(file: IO[bytes]) -> bytes:
    """What was sent, up to one byte more than is allowed, so that its reader can refuse it."""
    return file.read(MOST_BYTES + 1)


class UploadForm(forms.Form):
    """A shipment as a CSV file; what is in it is checked by the service."""

    file = forms.FileField(
        label=_("CSV file"),
        help_text=_("At most 2 MB, 5,000 rows and 50,000 packs."),
        error_messages={"required": _("Choose the CSV file of your shipment.")},
        allow_empty_file=True,  # so that a page and the API say the same of it
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,text/csv,text/plain"}),
    )

    def content(self) -> bytes:
        """The file's bytes."""
        return content_of(cast("IO[bytes]", self.cleaned_data["file"]))
