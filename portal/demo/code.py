"""The authenticator app that all people of the demo share, and the code that it shows now."""

import time
from dataclasses import dataclass

from accounts.models import User
from accounts.totp import PERIOD, totp_code, totp_enrol
from core.audit import Actor
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


def app_enrol(user: User) -> None:
    """Make the app the person's second factor."""
    code = totp_code(APP_SECRET, time.time())
    totp_enrol(user=user, secret=APP_SECRET, code=code, by=Actor.system("set-up"))
