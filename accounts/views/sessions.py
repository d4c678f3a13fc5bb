"""Where a person is signed in."""

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.sessions import access_session, session_end, sessions_end_others, sessions_of
from accounts.viewer import viewer_of


@login_required
@require_safe
def sessions(request: HttpRequest) -> HttpResponse:
    """The devices on which the person is signed in."""
    found = sessions_of(viewer_of(request).user, request.session.session_key)
    return render(request, "accounts/sessions.html", {"sessions": found})


@login_required
@require_POST
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign one of them out, at once."""
    viewer = viewer_of(request)
    row = access_session(viewer.user, pk)
    current = row.session_key == request.session.session_key
    session_end(session=row, by=viewer.actor)
    if current:
        logout(request)
        return HttpResponseRedirect(reverse("home"))
    messages.success(request, _("That device is signed out."))
    return HttpResponseRedirect(reverse("sessions"))


@login_required
@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    viewer = viewer_of(request)
    count = sessions_end_others(
        user=viewer.user, but=request.session.session_key or "", by=viewer.actor
    )
    said = ngettext(
        "%(count)d other device is signed out.", "%(count)d other devices are signed out.", count
    )
    messages.success(request, said % {"count": count})
    return HttpResponseRedirect(reverse("sessions"))
