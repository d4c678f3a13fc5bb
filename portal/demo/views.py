"""One-click sign-in as a demo person; the address exists in the demo alone."""

import time

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from portal.demo.code import current_code
from portal.demo.mail import latest_mails
from portal.demo.people import MAKER, PRODUCTS, WHOLESALER
from portal.demo.roles import DEMO_ROLES
from portal.demo.shipment_csv import bad_csv, good_csv


@login_not_required
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as the demo person of a role and go to the moment prepared for it."""
    if not settings.DEMO:
        raise Http404
    role = next((r for r in DEMO_ROLES if r.key == request.POST.get("role")), None)
    if role is None:
        raise Http404
    user = get_object_or_404(User, email=role.email)
    get_adapter(request).login(request, user)
    # One click stands for the password and for the second factor.
    record_authentication(request, user, "password")
    record_authentication(request, user, "mfa", type="totp")
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return HttpResponseRedirect(wanted)
    return HttpResponseRedirect(role.path)


@login_not_required
@require_safe
def code(request: HttpRequest) -> HttpResponse:
    """The current code of the demo's authenticator app, as a part of a page."""
    if not settings.DEMO:
        raise Http404
    return render(request, "portal/demo/code.html", {"code": current_code()})


@login_not_required
@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """The latest mails that the demo has written; it sends none."""
    if not settings.DEMO:
        raise Http404
    return render(request, "portal/demo/mail.html", {"mails": latest_mails()})


@require_safe
def shipment_file(request: HttpRequest, kind: str) -> HttpResponse:
    """A file to try the upload with; each download names packs that do not exist yet."""
    if not settings.DEMO:
        raise Http404
    make = {"good": good_csv, "bad": bad_csv}[kind]
    gtins = [product.gtin for product in PRODUCTS]
    text = make(MAKER.gln, WHOLESALER.gln, gtins, run=int(time.time()))
    answer = HttpResponse(text, content_type="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="shipment-{kind}.csv"'
    return answer
