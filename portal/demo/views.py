"""One-click sign-in as a demo person; the address exists in the demo alone."""

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.models import User
from portal.demo.roles import DEMO_ROLES


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
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return HttpResponseRedirect(role.path or reverse("dashboard"))
