"""What a person was told, and how they want to be told."""

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.notices.preferences import Wanted, preference_set, preferences_of
from accounts.notices.presenters import by_day, shown
from accounts.notices.selectors import access_notice, notices_of
from accounts.notices.telling import notice_read, notices_read_all
from accounts.viewer import viewer_of
from core.cursors import page_of
from core.registry import registry


@require_safe
@login_required
def notices(request: HttpRequest) -> HttpResponse:
    """The person's notices by day, newest first."""
    user = viewer_of(request).user
    before = request.GET.get("before", "")
    page = page_of(notices_of(user), before, at=lambda row: row.last_at, field="last_at")
    context = {
        "days": by_day(shown(page.rows)),
        "older": page.older,
        "newest": page.rows[0].last_at.isoformat() if page.rows else "",
        "first": not before,
        "unread_here": any(row.read_at is None for row in page.rows),
    }
    return render(request, "accounts/notices.html", context)


@require_safe
@login_required
def follow(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Go to what a notice is about; it counts as read then."""
    notice = access_notice(viewer_of(request).user, pk)
    notice_read(notice=notice)
    kind = registry.notice_type(notice.type)
    return HttpResponseRedirect(kind.url(notice.about) if kind else reverse("notices"))


@require_POST
@login_required
def read(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark one as read."""
    notice_read(notice=access_notice(viewer_of(request).user, pk))
    return HttpResponseRedirect(reverse("notices"))


@require_POST
@login_required
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark as read what the page showed; what came meanwhile stays unread."""
    until = _moment(request.POST.get("until", ""))
    notices_read_all(user=viewer_of(request).user, until=until or timezone.now())
    return HttpResponseRedirect(reverse("notices"))


def _moment(text: str) -> datetime | None:
    try:
        found = parse_datetime(text)
    except ValueError:
        return None
    return found if found and timezone.is_aware(found) else None


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def preferences(request: HttpRequest) -> HttpResponse:
    """How the person is told of what; a box that can't be unticked is not asked for."""
    viewer = viewer_of(request)
    found = preferences_of(viewer.user, viewer.roles)
    if request.method == "POST":
        for one in found:
            if one.type.can_be_off:
                wanted = Wanted(
                    f"app-{one.type.key}" in request.POST, f"mail-{one.type.key}" in request.POST
                )
                preference_set(user=viewer.user, type=one.type.key, wanted=wanted)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("notice-preferences"))
    return render(request, "accounts/notice_preferences.html", {"preferences": found})
