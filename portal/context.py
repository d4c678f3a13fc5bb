"""What the page frame needs: navigation, who is signed in, whether this is the demo."""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from accounts.notices.selectors import unread_count
from accounts.viewer import Viewer, viewer_of
from core.registry import registry
from portal.demo.code import current_code
from portal.demo.roles import DEMO_ROLES

PUBLIC = ("verify", "explorer", "account_login")  # the navigation of those who did not sign in


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame's context; without a sign-in only the public entries."""
    user = getattr(request, "user", None)
    base = {
        "demo": settings.DEMO,
        "demo_code": current_code if settings.DEMO else None,
        "demo_roles": DEMO_ROLES if settings.DEMO else (),
        "current_url_name": _url_name(request),
        "section": _section(request, PUBLIC),
    }
    if user is None or not user.is_authenticated:
        return base | {"navigation": [], "viewer": None}
    viewer = viewer_of(request)
    items = registry.nav_for(viewer.roles)
    section = _section(request, [*(item.url_name for item in items), "dashboard"])
    return base | {
        "navigation": items,
        "viewer": viewer,
        "section": section,
        "unread": SimpleLazyObject(lambda: _unread(request, viewer)),
    }


def _section(request: HttpRequest, url_names: Iterable[str]) -> str:
    """Under which entry of the navigation the page stands: that with the most of its address."""
    places = {name: reverse(name) for name in url_names}
    fitting = [name for name, place in places.items() if request.path.startswith(place)]
    return max(fitting, key=lambda name: len(places[name]), default="")


def _unread(request: HttpRequest, viewer: Viewer) -> int:
    """How many notices wait, asked once per request and only by pages that show it."""
    known: int | None = getattr(request, "_salus_unread", None)
    if known is None:
        known = unread_count(viewer.user)
        request._salus_unread = known  # type: ignore[attr-defined]
    return known


def _url_name(request: HttpRequest) -> str:
    match = getattr(request, "resolver_match", None)
    return (match.view_name or "") if match else ""
