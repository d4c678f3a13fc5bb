"""The pages of sign-in in two steps: the authenticator app and the recovery codes."""

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from accounts.decorators import confirmed_again
from accounts.forms import AppForm
from accounts.passkeys import passkeys_of
from accounts.presenters.second_factor import as_download, second_factor_needed
from accounts.recovery_codes import codes_left, codes_renew, codes_show, codes_wait
from accounts.returning import next_page, with_next
from accounts.second_factor import is_strong, second_factor_added
from accounts.totp import totp_enrol, totp_of, totp_picture, totp_remove, totp_secret
from accounts.viewer import viewer_of
from core.errors import Invalid
from core.keys import Owner, Sealer, Tampered, sealer_for

_SECRET = "salus.app-secret"  # noqa: S105 - where the session keeps it, sealed, until it is enrolled


@login_required
def factors(request: HttpRequest) -> HttpResponse:
    """What the person has as a second step."""
    user = viewer_of(request).user
    context = {
        "app": totp_of(user), "passkeys": passkeys_of(user), "codes": codes_left(user),
        "codes_wait": codes_wait(user),
    }  # fmt: skip
    return render(request, "mfa/index.html", context)


@login_required
def needed(request: HttpRequest) -> HttpResponse:
    """Why somebody's role does not count yet, and what to do about it."""
    viewer = viewer_of(request)
    if is_strong(request) or not (viewer.withheld or viewer.user.is_staff):
        return HttpResponseRedirect(reverse("dashboard"))
    context = second_factor_needed(viewer)
    return render(request, "accounts/second_factor_needed.html", context)


# -- the app ---------------------------------------------------------------------------------------


@confirmed_again
@never_cache
def app_add(request: HttpRequest) -> HttpResponse:
    """Enrol an authenticator app: its picture and its secret, then its first code."""
    viewer = viewer_of(request)
    if totp_of(viewer.user):
        return HttpResponseRedirect(reverse("mfa_index"))
    form = AppForm(request.POST if request.method == "POST" else None)
    secret = _secret(request)
    if request.method == "POST" and form.is_valid():
        try:
            totp_enrol(
                user=viewer.user, secret=secret, code=form.cleaned_data["code"], by=viewer.actor
            )
        except Invalid as error:
            form.add_error("code", [problem.text for problem in error.problems])
        else:
            return _enrolled(request)
    context = {
        "form": form, "secret": secret, "next": next_page(request),
        "picture": totp_picture(viewer.user, secret),
    }  # fmt: skip
    return render(request, "mfa/app_add.html", context, status=422 if form.errors else 200)


def _secret(request: HttpRequest) -> str:
    """The secret that is being enrolled: the same until it is, so that a wrong code can be mended."""
    sealer = _sealer()
    try:
        return sealer.open(bytes.fromhex(request.session[_SECRET]), _SECRET).decode()
    except (KeyError, ValueError, Tampered):
        secret = totp_secret()
        request.session[_SECRET] = sealer.seal(secret.encode(), _SECRET).hex()
        return secret


def _sealer() -> Sealer:
    return sealer_for(Owner.portal())


def _enrolled(request: HttpRequest) -> HttpResponse:
    user = viewer_of(request).user
    del request.session[_SECRET]
    second_factor_added(request, user, Authenticator.Type.TOTP)
    messages.success(request, _("Your app is set up. You need its code when you sign in."))
    if codes_wait(user):
        return HttpResponseRedirect(
            with_next(reverse("mfa_view_recovery_codes"), next_page(request))
        )
    return HttpResponseRedirect(next_page(request) or reverse("mfa_index"))


@confirmed_again
def app_remove(request: HttpRequest) -> HttpResponse:
    """Remove the app: asked once more."""
    viewer = viewer_of(request)
    if totp_of(viewer.user) is None:
        return HttpResponseRedirect(reverse("mfa_activate_totp"))
    if request.method == "POST":
        totp_remove(user=viewer.user, by=viewer.actor)
        messages.success(request, _("The app was removed."))
        return HttpResponseRedirect(reverse("mfa_index"))
    last = not passkeys_of(viewer.user)
    return render(request, "mfa/app_remove.html", {"last": last})


# -- recovery codes --------------------------------------------------------------------------------


@confirmed_again
@never_cache
def codes(request: HttpRequest) -> HttpResponse:
    """The recovery codes, once; afterwards how many are left."""
    user = viewer_of(request).user
    # A browser that looks ahead must not use up the one time that they are shown.
    shown = codes_show(user=user) if request.method == "GET" else []
    context = {
        "codes": shown, "left": codes_left(user), "next": next_page(request),
        "download": as_download(shown),
    }  # fmt: skip
    return render(request, "mfa/codes.html", context)


@confirmed_again
def codes_new(request: HttpRequest) -> HttpResponse:
    """Make new ones: asked once more, since the old ones end."""
    viewer = viewer_of(request)
    if request.method == "POST":
        codes_renew(user=viewer.user, by=viewer.actor)
        return HttpResponseRedirect(reverse("mfa_view_recovery_codes"))
    return render(request, "mfa/codes_new.html", {"left": codes_left(viewer.user)})
