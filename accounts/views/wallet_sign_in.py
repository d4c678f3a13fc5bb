"""Signing in with a wallet, and the message that a wallet is asked to sign."""

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import get_login_redirect_url, perform_login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.limits import limit
from accounts.models import Wallet
from accounts.returning import next_page
from accounts.views.requests import sent
from accounts.views.wallets import UNUSABLE, for_wallet, show
from accounts.wallet_forms import WalletAnswerForm, WalletAskForm
from accounts.wallet_messages import Purpose, wallet_answer, wallet_message
from accounts.wallets import wallet_that_signed
from core.api import refused
from core.errors import Forbidden, Invalid, Problem, SalusError


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in with a wallet that one has added before."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(get_login_redirect_url(request, next_page(request)))
    limit(request, "login")
    form, status = WalletAnswerForm(sent(request)), 200
    if request.method == "POST":
        status = UNUSABLE
        if form.is_valid():
            try:
                wallet = _signed(request, form)
            except SalusError as error:
                status = show(error, form)
            else:
                return _let_in(request, wallet)
    context = {"form": form, "next": next_page(request), **for_wallet(Purpose.SIGN_IN)}
    return render(request, "accounts/wallets/sign_in.html", context, status=status)


def _signed(request: HttpRequest, form: WalletAnswerForm) -> Wallet:
    signer = wallet_answer(session=request.session, purpose=Purpose.SIGN_IN, answer=form.answer)
    return wallet_that_signed(signer)


def _let_in(request: HttpRequest, wallet: Wallet) -> HttpResponse:
    """A first factor was given; what else is asked for is allauth's to know."""
    record_authentication(request, wallet.user, method="wallet")
    answer: HttpResponse = perform_login(
        request,
        wallet.user,
        redirect_url=next_page(request) or None,
        signal_kwargs={"wallet": str(wallet.pk)},
    )
    return answer


@login_not_required
@require_POST
def message(request: HttpRequest) -> HttpResponse:
    """The message for a wallet to sign, for the script of a page."""
    try:
        return JsonResponse({"message": _message(request)})
    except SalusError as error:
        return refused(error)


def _message(request: HttpRequest) -> str:
    limit(request, "wallet_message")
    form = WalletAskForm(request.POST)
    if not form.is_valid():
        said = [Problem(name, str(text)) for name, all in form.errors.items() for text in all]
        raise Invalid(problems=said)
    purpose = Purpose(form.cleaned_data["purpose"])
    if purpose == Purpose.LINK and not request.user.is_authenticated:
        raise Forbidden(_("You are signed out. Please sign in once more."))
    address = form.cleaned_data["address"]
    return wallet_message(session=request.session, purpose=purpose, address=address).text
