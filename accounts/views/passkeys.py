"""The pages of a person's passkeys."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.decorators import confirmed_again
from accounts.forms import NewPasskeyForm, PasskeyNameForm
from accounts.passkeys import (
    Passkey,
    access_passkey,
    passkey_add,
    passkey_options,
    passkey_remove,
    passkey_rename,
    passkeys_of,
)
from accounts.recovery_codes import codes_wait
from accounts.returning import next_page, with_next
from accounts.second_factor import second_factor_added
from accounts.viewer import viewer_of
from accounts.views.requests import sent
from core.errors import Conflict, Invalid

_STATE = "salus.passkey"  # where the session remembers what a new passkey must answer


@login_required
def passkeys(request: HttpRequest) -> HttpResponse:
    """The person's passkeys."""
    return render(request, "mfa/passkeys.html", {"passkeys": passkeys_of(viewer_of(request).user)})


@confirmed_again
def add(request: HttpRequest) -> HttpResponse:
    """Add a passkey; the browser makes it, together with the device."""
    form = NewPasskeyForm(sent(request), initial={"name": _suggested(request)})
    if request.method == "POST" and form.is_valid():
        try:
            passkey = _added(request, form)
        except (Invalid, Conflict) as error:
            form.add_error(None, [p.text for p in error.problems] or error.detail)
        else:
            said = _("“%(name)s” was added. You can sign with it now, and sign in with it.")
            messages.success(request, said % {"name": passkey.name})
            return _added_to(request)
    options, request.session[_STATE] = passkey_options(viewer_of(request).user)
    context = {
        "form": form, "options": options, "next": next_page(request), "site": settings.BASE_URL,
    }  # fmt: skip
    return render(request, "mfa/add.html", context, status=422 if form.errors else 200)


def _added_to(request: HttpRequest) -> HttpResponse:
    """On to the recovery codes, where they were made with this first factor."""
    user = viewer_of(request).user
    second_factor_added(request, user, Authenticator.Type.WEBAUTHN)
    if codes_wait(user):
        return HttpResponseRedirect(
            with_next(reverse("mfa_view_recovery_codes"), next_page(request))
        )
    return HttpResponseRedirect(next_page(request) or reverse("passkeys"))


def _added(request: HttpRequest, form: NewPasskeyForm) -> Passkey:
    viewer = viewer_of(request)
    return passkey_add(
        user=viewer.user,
        name=form.cleaned_data["name"],
        answer=form.cleaned_data["credential"],
        state=request.session.pop(_STATE, {}),
        by=viewer.actor,
    )


@login_required
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Call a passkey something else."""
    passkey = access_passkey(viewer_of(request).user, pk)
    form = PasskeyNameForm(sent(request), initial={"name": passkey.name})
    if request.method == "POST" and form.is_valid():
        passkey_rename(passkey=passkey, name=form.cleaned_data["name"])
        return HttpResponseRedirect(reverse("passkeys"))
    context: dict[str, Any] = {"form": form, "passkey": passkey}
    return render(request, "mfa/rename.html", context, status=422 if form.errors else 200)


@confirmed_again
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a passkey: asked once more."""
    passkey = access_passkey(viewer_of(request).user, pk)
    if request.method == "POST":
        passkey_remove(passkey=passkey, by=viewer_of(request).actor)
        messages.success(request, _("“%(name)s” was removed.") % {"name": passkey.name})
        return HttpResponseRedirect(reverse("passkeys"))
    return render(request, "mfa/remove.html", {"passkey": passkey})


def _suggested(request: HttpRequest) -> str:
    count = len(passkeys_of(viewer_of(request).user))
    return _("Passkey %(number)d") % {"number": count + 1} if count else _("My passkey")
