"""A person's account: the page from which all of its pages can be reached, and their name."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.closing import name_change
from accounts.privacy_forms import NameForm
from accounts.viewer import viewer_of
from accounts.views.requests import sent
from core.registry import registry


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Everything about the account that this person can look at or change."""
    groups = registry.account_pages_for(viewer_of(request).roles)
    return render(request, "accounts/account.html", {"groups": groups})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def name(request: HttpRequest) -> HttpResponse:
    """What others call the person."""
    viewer = viewer_of(request)
    form = NameForm(sent(request), initial={"name": viewer.user.name})
    if form.is_valid():
        name_change(name=form.cleaned_data["name"], by=viewer)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(reverse("account"))
    return render(request, "accounts/name.html", {"form": form}, status=422 if form.errors else 200)
