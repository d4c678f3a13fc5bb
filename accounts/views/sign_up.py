"""The last step of signing up with a passkey alone: the passkey itself."""

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.stages import PasskeySignupStage
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.forms import NewPasskeyForm
from accounts.passkeys import passkey_add, passkey_options
from accounts.returning import with_next
from accounts.second_factor import second_factor_added
from core.audit import Actor
from core.errors import Conflict, Invalid

_STATE = "salus.first-passkey"  # where the session remembers what the passkey must answer


@login_stage_required(stage=PasskeySignupStage.key, redirect_urlname="account_signup")
def first_passkey(request: HttpRequest) -> HttpResponse:
    """Make the passkey of the account whose address was just confirmed, and sign in with it."""
    stage: Any = request._login_stage  # type: ignore[attr-defined]  # as allauth hands it over
    sent = request.POST if request.method == "POST" else None
    form = NewPasskeyForm(sent, initial={"name": _("My passkey")})
    if request.method == "POST" and form.is_valid():
        try:
            return _signed_up(request, stage, form)
        except (Invalid, Conflict) as error:
            form.add_error(None, [p.text for p in error.problems] or error.detail)
    options, request.session[_STATE] = passkey_options(stage.login.user)
    context = {"form": form, "options": options, "site": settings.BASE_URL}
    status = 422 if form.errors else 200
    return render(request, "mfa/first_passkey.html", context, status=status)


def _signed_up(request: HttpRequest, stage: Any, form: NewPasskeyForm) -> HttpResponse:
    user = stage.login.user
    passkey_add(
        user=user,
        name=form.cleaned_data["name"],
        answer=form.cleaned_data["credential"],
        state=request.session.pop(_STATE, {}),
        by=Actor(user.pk),
    )
    second_factor_added(request, user, Authenticator.Type.WEBAUTHN)
    answer = stage.exit()
    return HttpResponseRedirect(with_next(reverse("mfa_view_recovery_codes"), answer["Location"]))
