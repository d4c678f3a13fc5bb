"""The pages of tokens: a person's own, and those of the organisation that they manage."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import confirmed_again
from accounts.models import ApiToken
from accounts.permissions import require_manager
from accounts.token_forms import MachineTokenForm, NewTokenForm
from accounts.tokens import (
    access_token,
    machine_token_issue,
    machine_tokens_for,
    program_roles,
    token_issue,
    token_revoke,
    tokens_of,
)
from accounts.viewer import viewer_of
from accounts.views.requests import sent


@require_safe
@login_required
def tokens(request: HttpRequest) -> HttpResponse:
    """The person's own tokens."""
    rows = tokens_of(viewer_of(request).user)
    context = {"tokens": rows, "new_url": reverse("token-new")}
    return render(request, "accounts/tokens.html", context)


@require_safe
@login_required
def machine_tokens(request: HttpRequest) -> HttpResponse:
    """The tokens of the organisation that the person manages; raises Forbidden."""
    viewer = viewer_of(request)
    context = {
        "organisation": require_manager(viewer),
        "tokens": machine_tokens_for(viewer),
        "new_url": reverse("machine-token-new"),
    }
    return render(request, "accounts/tokens.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_again
def new(request: HttpRequest) -> HttpResponse:
    """Make a token for a program of the person's own."""
    viewer = viewer_of(request)
    form = NewTokenForm(sent(request))
    if form.is_valid():
        token = token_issue(user=viewer.user, by=viewer.actor, **_wanted(form))
        return _once(request, token, "tokens")
    return _form(request, form, "tokens")


@require_http_methods(["GET", "HEAD", "POST"])
@confirmed_again
def new_machine(request: HttpRequest) -> HttpResponse:
    """Make a token that acts for the organisation; raises Forbidden."""
    viewer = viewer_of(request)
    organisation = require_manager(viewer)
    form = MachineTokenForm(sent(request), roles=program_roles(organisation))
    if form.is_valid():
        role = form.cleaned_data["role"]
        token = machine_token_issue(
            organisation=organisation, role=role, by=viewer, **_wanted(form)
        )
        return _once(request, token, "machine-tokens")
    return _form(request, form, "machine-tokens")


def _wanted(form: NewTokenForm) -> dict[str, Any]:
    data = form.cleaned_data
    return {
        "name": data["name"], "scopes": data["scopes"],
        "lifetime": timedelta(days=int(data["days"])),
    }  # fmt: skip


def _form(request: HttpRequest, form: NewTokenForm, back: str) -> HttpResponse:
    context = {"form": form, "back": reverse(back)}
    status = 422 if form.errors else 200
    return render(request, "accounts/token_new.html", context, status=status)


def _once(request: HttpRequest, token: str, back: str) -> HttpResponse:
    """The token, for the only time: in the answer itself, so that no session ever holds it."""
    context = {"token": token, "back": reverse(back)}
    return render(request, "accounts/token_made.html", context, status=201)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def end(request: HttpRequest, pk: UUID) -> HttpResponse:
    """End a token: asked once more."""
    viewer = viewer_of(request)
    token = access_token(viewer, pk)
    back = "machine-tokens" if token.kind == ApiToken.Kind.MACHINE else "tokens"
    if request.method == "POST":
        token_revoke(token=token, by=viewer.actor)
        messages.success(request, _("“%(name)s” was ended.") % {"name": token.name})
        return HttpResponseRedirect(reverse(back))
    return render(request, "accounts/token_end.html", {"token": token, "back": reverse(back)})
