"""The pages of a person's wallets."""

from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.decorators import confirmed_again
from accounts.limits import limit
from accounts.models import Wallet
from accounts.viewer import viewer_of
from accounts.views.requests import sent
from accounts.wallet_forms import NewWalletForm, WalletNameForm
from accounts.wallet_messages import Purpose, wallet_answer
from accounts.wallets import access_wallet, wallet_link, wallet_rename, wallet_unlink, wallets_of
from core.errors import Conflict, SalusError

UNUSABLE = 422


@login_required
def wallets(request: HttpRequest) -> HttpResponse:
    """The person's wallets."""
    found = wallets_of(viewer_of(request).user)
    return render(request, "accounts/wallets/list.html", {"wallets": found})


@confirmed_again
def add(request: HttpRequest) -> HttpResponse:
    """Add a wallet, by a message that it signs."""
    limit(request, "wallet_add")
    form, status = NewWalletForm(sent(request), initial={"name": _suggested(request)}), 200
    if request.method == "POST":
        status = UNUSABLE
        if form.is_valid():
            try:
                wallet = _added(request, form)
            except SalusError as error:
                status = show(error, form)
            else:
                said = _("“%(name)s” was added. You can sign in with it now.")
                messages.success(request, said % {"name": wallet.name})
                return HttpResponseRedirect(reverse("wallets"))
    context = {"form": form, **for_wallet(Purpose.LINK)}
    return render(request, "accounts/wallets/add.html", context, status=status)


def _added(request: HttpRequest, form: NewWalletForm) -> Wallet:
    viewer = viewer_of(request)
    signer = wallet_answer(session=request.session, purpose=Purpose.LINK, answer=form.answer)
    return wallet_link(
        user=viewer.user, name=form.cleaned_data["name"], signer=signer, by=viewer.actor
    )


@login_required
def rename(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Call a wallet something else."""
    wallet = access_wallet(viewer_of(request).user, pk)
    form = WalletNameForm(sent(request), initial={"name": wallet.name})
    if request.method == "POST" and form.is_valid():
        wallet_rename(wallet=wallet, name=form.cleaned_data["name"])
        return HttpResponseRedirect(reverse("wallets"))
    context = {"form": form, "wallet": wallet}
    status = UNUSABLE if form.errors else 200
    return render(request, "accounts/wallets/rename.html", context, status=status)


@confirmed_again
def remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remove a wallet: asked once more."""
    wallet = access_wallet(viewer_of(request).user, pk)
    context: dict[str, Any] = {"wallet": wallet}
    if request.method == "POST":
        try:
            wallet_unlink(wallet=wallet, by=viewer_of(request).actor)
        except Conflict as error:
            context["problem"] = error.detail
        else:
            messages.success(request, _("“%(name)s” was removed.") % {"name": wallet.name})
            return HttpResponseRedirect(reverse("wallets"))
    status = Conflict.status if "problem" in context else 200
    return render(request, "accounts/wallets/remove.html", context, status=status)


def for_wallet(purpose: Purpose) -> dict[str, Any]:
    """What a page on which a wallet signs needs."""
    return {
        "statement": purpose.statement,
        "asked": {
            "ask": reverse("wallet-message"),
            "purpose": purpose.value,
            "site": settings.BASE_URL,
        },
    }


def show(error: SalusError, form: forms.Form) -> int:
    """Say in the form what is wrong; gives the answer's status."""
    form.add_error(None, [problem.text for problem in error.problems] or error.detail)
    return error.status if error.status >= UNUSABLE else UNUSABLE


def _suggested(request: HttpRequest) -> str:
    count = wallets_of(viewer_of(request).user).count()
    return _("Wallet %(number)d") % {"number": count + 1} if count else _("My wallet")
