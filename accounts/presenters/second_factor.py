"""What the account's pages show, put into words."""

import base64
import math
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Role
from accounts.returning import with_next
from accounts.second_factor import has_second_factor
from accounts.totp import totp_of
from accounts.viewer import Viewer


def second_factor_needed(viewer: Viewer) -> dict[str, Any]:
    """Which roles wait for a second factor, and whether one was set up."""
    step = "mfa_reauthenticate" if totp_of(viewer.user) else "mfa_reauthenticate_webauthn"
    return {
        "roles": [Role(role).label for role in sorted(viewer.withheld)],
        "enrolled": has_second_factor(viewer.user),
        "step_url": with_next(reverse(step), reverse("dashboard")),
    }


def days(wait: timedelta) -> str:
    """A span of time, rounded up to whole days (or hours, below two days)."""
    hours = math.ceil(wait / timedelta(hours=1))
    if hours > 48:
        count = math.ceil(hours / 24)
        return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}
    return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}


def as_download(codes: Sequence[str]) -> str:
    """A text file in the link itself: the codes are never asked for a second time."""
    text = _("Recovery codes of Salus. Each works once.") + "\n\n" + "\n".join(codes) + "\n"
    return "data:text/plain;base64," + base64.b64encode(text.encode()).decode()
