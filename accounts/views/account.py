"""A person's account: the page from which all of its pages can be reached."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.viewer import viewer_of
from core.registry import registry


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Everything about the account that this person can look at or change."""
    groups = registry.account_pages_for(viewer_of(request).roles)
    return render(request, "accounts/account.html", {"groups": groups})
