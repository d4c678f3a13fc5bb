"""Getting an account back: the person's pages, and the managers' one."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.ratelimit import consume
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, login_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.decorators import confirmed_again
from accounts.forms import PasswordForm
from accounts.models import Recovery
from accounts.presenters.second_factor import days
from accounts.recovery import (
    access_recovery,
    live_recovery,
    recoveries_to_confirm,
    recovery_ask,
    recovery_by_link,
    recovery_confirm,
    recovery_stop,
    recovery_to_stop,
    recovery_use,
    unconfirmed,
)
from accounts.viewer import viewer_of
from core.errors import TooMany


@login_not_required
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What to do when one can't sign in any more."""
    return render(
        request, "accounts/recovery/about.html", {"wait_words": days(settings.RECOVERY_WAIT)}
    )


@login_stage_required(stage=AuthenticateStage.key, redirect_urlname="recovery")
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for it, from the second step of signing in: the password was right."""
    user = request._login_stage.login.user  # type: ignore[attr-defined]  # as allauth hands it over
    waiting = live_recovery(user)
    if request.method == "POST" and waiting is None:
        if not consume(request, action="recovery", user=user):
            raise TooMany(_("You have asked several times today. Try again tomorrow."))
        waiting = recovery_ask(user=user)
    context = {
        "recovery": waiting, "wait_words": days(settings.RECOVERY_WAIT),
        "unconfirmed": unconfirmed(waiting) if waiting else (),
    }  # fmt: skip
    return render(request, "accounts/recovery/ask.html", context)


@login_not_required
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """“It was not me”, from a letter."""
    recovery = recovery_to_stop(token)
    if request.method != "POST":
        return render(request, "accounts/recovery/stop.html")
    recovery_stop(recovery=recovery)
    return render(request, "accounts/recovery/stopped.html")


@login_not_required
def link(request: HttpRequest, token: str) -> HttpResponse:
    """The one-time link at the end: with the password it signs in, to enrol anew."""
    recovery = recovery_by_link(token)
    form = PasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if not consume(request, action="recovery_link"):
            raise TooMany
        if form.is_valid() and _knows_password(request, recovery, form):
            return _recovered(request, recovery)
    status = 422 if form.errors else 200
    return render(request, "accounts/recovery/link.html", {"form": form}, status=status)


def _knows_password(request: HttpRequest, recovery: Recovery, form: PasswordForm) -> bool:
    """Whether the password is right; wrong ones count towards the lock like at any sign-in."""
    sent = {"email": recovery.user.email, "password": form.cleaned_data["password"]}
    try:
        user = get_adapter(request).authenticate(request, **sent)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    if user is None or user.pk != recovery.user.pk:
        form.add_error("password", _("This is not your password."))
        return False
    return True


def _recovered(request: HttpRequest, recovery: Recovery) -> HttpResponse:
    user: Any = recovery.user
    recovery_use(recovery=recovery)
    record_authentication(request, user, "password", reauthenticated=True)
    messages.success(request, _("Your account is yours again. Now set up a new second step."))
    answer: HttpResponse = perform_login(
        request, Login(user=user, redirect_url=reverse("mfa_index"))
    )
    return answer


# -- managers --------------------------------------------------------------------------------------


@login_required
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Colleagues who ask for their account back."""
    rows = recoveries_to_confirm(viewer_of(request))
    return render(request, "accounts/recovery/waiting.html", {"recoveries": rows})


@confirmed_again
def confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Confirm that it is really the colleague: asked once more."""
    viewer = viewer_of(request)
    recovery = access_recovery(viewer, pk)
    if request.method == "POST":
        recovery_confirm(recovery=recovery, by=viewer)
        messages.success(request, _("Thank you. We have told %(name)s.") % {"name": recovery.user})
        return HttpResponseRedirect(reverse("recoveries"))
    return render(request, "accounts/recovery/confirm.html", {"recovery": recovery})
