"""Fields that forms of several apps have."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class BytesField(forms.CharField):
    """What a script has put in: bytes, in the way in which browsers or wallets write them."""

    widget = forms.HiddenInput

    def __init__(self, read: Callable[[str], bytes], longest: int, shortest: int = 0) -> None:
        """Lengths are in bytes."""
        super().__init__(required=False)
        self.read = read
        self.lengths = range(shortest, longest + 1)

    def to_python(self, value: Any) -> bytes:  # type: ignore[override]
        """The bytes; nothing where nothing was put in."""
        text = super().to_python(value) or ""
        try:
            data = self.read(text) if text else b""
        except ValueError:
            raise self._wrong() from None
        if data and len(data) not in self.lengths:
            raise self._wrong()
        return data

    def _wrong(self) -> forms.ValidationError:
        return forms.ValidationError(_("This is not what a passkey or a wallet makes."))
