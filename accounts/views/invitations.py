"""Where an invitation's link leads: what it is about, and a button to accept it."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models.people import GUARDED_ROLES
from accounts.second_factor import is_strong
from accounts.services.members import access_invitation, invitation_accept, is_for
from accounts.viewer import CHOSEN, viewer_of


@login_not_required
def invitation(request: HttpRequest, pk: UUID, token: str) -> HttpResponse:
    """Look at it; accepting takes an account with the address that was invited."""
    row = access_invitation(pk, token)
    if not request.user.is_authenticated:
        return render(request, "accounts/invitation.html", {"invitation": row})
    viewer = viewer_of(request)
    if request.method == "POST":
        invitation_accept(invitation=row, user=viewer.user, by=viewer.actor)
        request.session[CHOSEN] = str(row.organisation_id)
        said = _("You belong to %(name)s now.") % {"name": row.organisation.name}
        messages.success(request, said)
        waits = row.role in GUARDED_ROLES and not is_strong(request)
        return HttpResponseRedirect(reverse("second-factor-needed" if waits else "dashboard"))
    context = {"invitation": row, "fits": is_for(row, viewer.user)}
    return render(request, "accounts/invitation.html", context)
