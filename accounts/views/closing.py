"""Closing one's account, and opening it again."""

import time
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.closing import (
    TIME_TO_RETURN,
    account_close,
    account_reopen,
    returning_user,
    returns_until,
)
from accounts.decorators import confirmed_again
from accounts.models import User
from accounts.privacy_forms import CloseAccountForm
from accounts.viewer import viewer_of
from accounts.views.requests import sent
from core.registry import registry

REOPEN = "salus.reopen"  # where the session remembers who has just shown that they may come back
TIME_TO_DECIDE = 15 * 60  # seconds


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_again
def close(request: HttpRequest) -> HttpResponse:
    """What goes and what stays; closed once the person has typed that they mean it."""
    form = CloseAccountForm(sent(request))
    if form.is_valid():
        account_close(by=viewer_of(request))
        logout(request)
        return render(request, "accounts/closed.html", {"days": TIME_TO_RETURN.days})
    context = {
        "form": form,
        "stays": [data for data in registry.personal_data_in_order() if data.stays],
        "days": TIME_TO_RETURN.days,
    }
    return render(request, "accounts/close.html", context, status=422 if form.errors else 200)


def offer_return(request: HttpRequest, user: User) -> HttpResponse | None:
    """For somebody who signed in rightly to a closed account: the page that offers it again."""
    if returns_until(user) is None:
        return None
    request.session[REOPEN] = [str(user.pk), time.time()]
    return HttpResponseRedirect(reverse("account-reopen"))


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request: HttpRequest) -> HttpResponse:
    """Open the account again; then one signs in as usual, with all that this takes."""
    user = _returning(request)
    if user is None:
        return HttpResponseRedirect(reverse(settings.LOGIN_URL))
    if request.method == "POST":
        account_reopen(user=user)
        del request.session[REOPEN]
        messages.success(request, _("Your account is open again. Please sign in."))
        return HttpResponseRedirect(reverse(settings.LOGIN_URL))
    return render(request, "accounts/reopen.html", {"until": returns_until(user)})


def _returning(request: HttpRequest) -> User | None:
    pk, at = request.session.get(REOPEN, ("", 0))
    if not pk or time.time() - at > TIME_TO_DECIDE:
        return None
    return returning_user(UUID(pk))
