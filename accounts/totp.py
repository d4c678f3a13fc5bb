"""Authenticator apps (TOTP, RFC 6238): enrolled with a code, and each code taken once.

allauth keeps the rows. It remembers used codes in the cache, for one period and without a drift of
clocks; here the last accepted step stands in the row (RFC 6238, 5.2), so that neither a restart of
the cache nor a tolerant clock lets a code in twice.
"""

import base64
import hmac
import re
import time

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, generate_totp_secret, hotp_value
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.notices import notify
from accounts.recovery_codes import codes_ensure
from core import audit
from core.errors import Conflict, Invalid, Problem

PERIOD = 30  # seconds
DRIFT = 1  # steps that a clock may be off
NEVER = -1


def totp_of(user: User) -> Authenticator | None:
    """The person's app, if they have enrolled one."""
    return Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()


def totp_secret() -> str:
    """A new secret, base32 of 20 random bytes."""
    return str(generate_totp_secret())


def totp_code(secret: str, at: float) -> str:
    """The code of a moment (seconds since 1970)."""
    return str(format_hotp_value(hotp_value(secret, int(at) // PERIOD)))


def totp_picture(user: User, secret: str) -> str:
    """The QR code that an app scans: an SVG as a data address, which our CSP lets pages show."""
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(user, secret))
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _step(secret: str, code: str, after: int) -> int | None:
    """The step later than `after` whose code this is; None where there is none."""
    plain = re.sub(r"\s", "", code).encode()
    now = int(time.time()) // PERIOD
    fitting = None
    for step in range(now - DRIFT, now + DRIFT + 1):
        right = hmac.compare_digest(totp_code(secret, step * PERIOD).encode(), plain)
        if right and step > after and fitting is None:
            fitting = step
    return fitting


@transaction.atomic
def totp_enrol(*, user: User, secret: str, code: str, by: audit.Actor) -> Authenticator:
    """Keep the app whose code this is; the code is used up with it."""
    User.objects.select_for_update().get(pk=user.pk)
    if totp_of(user):
        raise Conflict(_("You have an authenticator app already. Remove it first."))
    step = _step(secret, code, NEVER)
    if step is None:
        raise Invalid(problems=[Problem("code", _("This is not the code that your app shows."))])
    sealed = get_adapter().encrypt(secret)
    row: Authenticator = Authenticator.objects.create(
        user=user, type=Authenticator.Type.TOTP, data={"secret": sealed, "step": step}
    )
    audit.record(audit.Name.APP_ADDED, by=by, target=str(row.pk))
    codes_ensure(user=user, by=by)
    notify(user, "app-added", by=by)
    return row


@transaction.atomic
def totp_accept(*, row: Authenticator, code: str) -> bool:
    """Whether this is a code of the app that was not taken before; it is taken with that."""
    locked = Authenticator.objects.select_for_update().get(pk=row.pk)
    secret = get_adapter().decrypt(locked.data["secret"])
    step = _step(secret, code, int(locked.data.get("step", NEVER)))
    if step is None:
        return False
    locked.data["step"] = step
    locked.save(update_fields=["data"])
    return True


@transaction.atomic
def totp_remove(*, user: User, by: audit.Actor) -> None:
    """Forget the app; recovery codes go with the last factor."""
    row = totp_of(user)
    if row is None:
        return
    audit.record(audit.Name.APP_REMOVED, by=by, target=str(row.pk))
    row.delete()
    delete_dangling_recovery_codes(user)
    notify(user, "app-removed", by=by)
