"""The administration's door: staff come in with a second factor, like everybody with a guarded role."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from accounts.second_factor import is_strong


class StaffSite(admin.AdminSite):
    """Django's own, for active staff whose session has seen their second factor."""

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this session may see any of its pages."""
        return super().has_permission(request) and is_strong(request)

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Staff sign in where everybody does; who lacks the second factor is told so."""
        if request.user.is_authenticated and request.user.is_staff and not is_strong(request):
            return HttpResponseRedirect(reverse("second-factor-needed"))
        guarded = secure_admin_login(super().login)
        answer: HttpResponse = guarded(request, extra_context)
        return answer
