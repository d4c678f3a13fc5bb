"""What the page frame needs: navigation, who is signed in, whether this is the demo."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.notices.selectors import unread_count
from accounts.viewer import Viewer, viewer_of
from core.registry import registry
from portal.demo.roles import DEMO_ROLES


def shell(request: HttpRequest) -> dict[str, Any]:
    """The frame's context; without a sign-in only the public entries."""
    user = getattr(request, "user", None)
    base = {
        "demo": settings.DEMO,
        "demo_roles": DEMO_ROLES if settings.DEMO else (),
        "current_url_name": _url_name(request),
    }
    if user is None or not user.is_authenticated:
        return base | {"navigation": [], "viewer": None}
    viewer = viewer_of(request)
    return base | {
        "navigation": registry.nav_for(viewer.roles),
        "viewer": viewer,
        "unread": SimpleLazyObject(lambda: _unread(request, viewer)),
    }


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
