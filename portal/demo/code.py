"""The code that the demo's authenticator app shows now."""

import time
from dataclasses import dataclass

from accounts.totp import PERIOD, totp_code
from portal.demo.people import APP_SECRET


@dataclass(frozen=True)
class ShownCode:
    """A code, and how many seconds it is still shown."""

    text: str
    seconds: int

    @property
    def spoken(self) -> str:
        """In two halves, as apps show it."""
        return f"{self.text[:3]} {self.text[3:]}"


def current_code() -> ShownCode:
    """What the app would show at this moment."""
    now = time.time()
    return ShownCode(totp_code(APP_SECRET, now), PERIOD - int(now) % PERIOD)
