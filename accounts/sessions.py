"""Where a person is signed in: listed with device and place, ended at once.

The rows are allauth's (`UserSession`); they are made at sign-in. Of the address only the network is
kept: enough to tell home from abroad.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from core import audit
from core.errors import NotFound

LONGEST_AGENT = 200  # characters
SEEN_EVERY = 60  # seconds: how exact "last seen" is, to spare a write per request
_BROWSERS = (
    ("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)  # fmt: skip
_SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS", "Mac"), ("CrOS", "Chromebook"), ("Linux", "Linux"),
)  # fmt: skip


@dataclass(frozen=True)
class SignedIn:
    """One place where somebody is signed in."""

    row: UserSession
    current: bool

    @property
    def device(self) -> str:
        """Browser and system, as far as the browser tells."""
        agent = self.row.user_agent
        browser = next((name for part, name in _BROWSERS if part in agent), "")
        system = next((name for part, name in _SYSTEMS if part in agent), "")
        if browser and system:
            return _("%(browser)s on %(system)s") % {"browser": browser, "system": system}
        return browser or system or _("An unknown device")

    @property
    def on_phone(self) -> bool:
        """Whether it is carried about."""
        return bool(re.search("iPhone|Android|Mobile", self.row.user_agent))

    @property
    def place(self) -> str:
        """The network that it was last seen in."""
        return str(self.row.ip)

    @property
    def since(self) -> datetime:
        """When the person signed in there."""
        return self.row.created_at  # type: ignore[no-any-return]

    @property
    def seen_at(self) -> datetime:
        """When it was last used."""
        return self.row.last_seen_at  # type: ignore[no-any-return]


def network_of(address: str) -> str:
    """An address without its last part: /24 of IPv4, /48 of IPv6."""
    parsed = ipaddress.ip_address(address)
    bits = 24 if parsed.version == 4 else 48
    return str(ipaddress.ip_network(f"{address}/{bits}", strict=False).network_address)


def keep_network_alone(sender: object, instance: UserSession, **_: Any) -> None:
    """Before allauth saves a row (it has no other hook): the whole address is never stored."""
    instance.ip = network_of(instance.ip)


def note_sign_in(sender: object, request: HttpRequest, user: User, **_: Any) -> None:
    """Whoever is signed in, in whatever way, stands in the list of sessions."""
    key = request.session.session_key
    if not key:
        return
    UserSession.objects.update_or_create(
        session_key=key,
        defaults={
            "user": user,
            "ip": get_adapter(request).get_client_ip(request),
            "user_agent": request.META.get("HTTP_USER_AGENT", "")[:LONGEST_AGENT],
            "last_seen_at": timezone.now(),
        },
    )
    cache.set(_seen(key), 1, SEEN_EVERY)


def _seen(session_key: str) -> str:
    return f"session-seen:{session_key}"


# -- reading ---------------------------------------------------------------------------------------


def _live(user: User) -> QuerySet[UserSession]:
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    rows: QuerySet[UserSession] = UserSession.objects.filter(user=user, session_key__in=alive)
    return rows


def sessions_of(user: User, current: str | None) -> list[SignedIn]:
    """Everywhere that the person is signed in, this session first, in one query."""
    rows = _live(user).order_by("-last_seen_at")
    found = [SignedIn(row, row.session_key == current) for row in rows]
    return sorted(found, key=lambda place: not place.current)


def access_session(user: User, pk: int) -> UserSession:
    """One of the person's own; raises NotFound."""
    row = _live(user).filter(pk=pk).first()
    if row is None:
        raise NotFound
    return row


# -- ending ----------------------------------------------------------------------------------------


@transaction.atomic
def session_end(*, session: UserSession, by: audit.Actor) -> None:
    """Sign that device out: its next request finds no session."""
    audit.record(audit.Name.SESSION_ENDED, by=by, target=str(session.pk))
    session.end()


@transaction.atomic
def sessions_end(*, user: User, but: str | None = None) -> int:
    """Sign the person out everywhere, or everywhere else; gives how many sessions ended."""
    rows = list(UserSession.objects.filter(user=user).exclude(session_key=but or ""))
    for row in rows:
        row.end()
    return len(rows)


@transaction.atomic
def sessions_end_others(*, user: User, but: str, by: audit.Actor) -> int:
    """The person signs out everywhere but where they are; gives how many sessions ended."""
    count = _live(user).exclude(session_key=but).count()
    sessions_end(user=user, but=but)
    audit.record(audit.Name.SESSION_ENDED, by=by, target="others", count=count)
    return count


class LastSeenMiddleware:
    """Notes once a minute that a session is in use, and from which network."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """After the answer is made: who was signed out by it is seen no more."""
        response = self.get_response(request)
        session = getattr(request, "session", None)
        # A page that never asked who it is for is no sign of life (and asking costs a query).
        if session is not None and session.accessed and request.user.is_authenticated:
            key = session.session_key
            if key and cache.add(_seen(key), 1, SEEN_EVERY):
                place = network_of(get_adapter(request).get_client_ip(request))
                rows = UserSession.objects.filter(session_key=key)
                rows.update(last_seen_at=timezone.now(), ip=place)
        return response
