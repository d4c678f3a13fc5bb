"""An organisation's pages, for its managers: details, members, signing key."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.decorators import confirmed_again
from accounts.forms import InvitationForm, OrganisationForm
from accounts.permissions import access_membership, access_sent_invitation, require_manager
from accounts.presenters.organisations import key_rows, member_rows
from accounts.selectors import invitations_of, keys_of, members_of
from accounts.services.members import invitation_cancel, member_invite, membership_end
from accounts.services.organisations import organisation_change, organisation_key_make
from accounts.viewer import viewer_of
from accounts.views.requests import sent, with_errors
from core.errors import Conflict, Invalid


def details(request: HttpRequest) -> HttpResponse:
    """Its name and numbers, and whether it was checked."""
    viewer = viewer_of(request)
    organisation = require_manager(viewer)
    form = OrganisationForm(sent(request), initial=OrganisationForm.initial_of(organisation))
    if request.method == "POST" and form.is_valid():
        try:
            organisation_change(organisation=organisation, details=form.details(), by=viewer.actor)
        except (Invalid, Conflict) as error:
            with_errors(form, error)
        else:
            messages.success(request, _("Your changes were saved."))
            return HttpResponseRedirect(reverse("organisation"))
    return _page(request, "details", {"form": form, "organisation": organisation}, form)


def members(request: HttpRequest) -> HttpResponse:
    """Who acts for it, who is invited, and a form to invite somebody."""
    viewer = viewer_of(request)
    organisation = require_manager(viewer)
    form = InvitationForm(sent(request), roles=organisation.roles)
    if request.method == "POST" and form.is_valid():
        try:
            invitation = member_invite(
                organisation=organisation, email=form.cleaned_data["email"],
                role=form.cleaned_data["role"], user=viewer.user, by=viewer.actor,
            )  # fmt: skip
        except (Invalid, Conflict) as error:
            with_errors(form, error)
        else:
            said = _("An invitation is on its way to %(email)s.") % {"email": invitation.email}
            messages.success(request, said)
            return HttpResponseRedirect(reverse("organisation-members"))
    context = {
        "form": form, "organisation": organisation,
        "members": member_rows(members_of(organisation)),
        "invitations": invitations_of(organisation),
    }  # fmt: skip
    return _page(request, "members", context, form)


def keys(request: HttpRequest) -> HttpResponse:
    """The keys with which it signs, newest first."""
    organisation = require_manager(viewer_of(request))
    context = {"organisation": organisation, "keys": key_rows(keys_of(organisation))}
    return _page(request, "keys", context)


@require_POST
@confirmed_again
def key_make(request: HttpRequest) -> HttpResponse:
    """A new key in place of the present one."""
    viewer = viewer_of(request)
    key = organisation_key_make(organisation=require_manager(viewer), by=viewer.actor)
    messages.success(request, _("Key %(number)d signs from now on.") % {"number": key.number})
    return HttpResponseRedirect(reverse("organisation-keys"))


@require_POST
def member_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a membership at once."""
    viewer = viewer_of(request)
    membership = access_membership(viewer, pk)
    try:
        membership_end(membership=membership, by=viewer.actor)
    except Conflict as error:
        messages.error(request, error.detail)
    else:
        said = _("%(name)s does not act for you as %(role)s any more.") % {
            "name": membership.user, "role": membership.get_role_display(),
        }  # fmt: skip
        messages.success(request, said)
    return HttpResponseRedirect(reverse("organisation-members"))


@require_POST
def invitation_take_back(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take an invitation back."""
    viewer = viewer_of(request)
    try:
        row = invitation_cancel(invitation=access_sent_invitation(viewer, pk), by=viewer.actor)
    except Conflict as error:
        messages.error(request, error.detail)
    else:
        said = _("The invitation to %(email)s was taken back.") % {"email": row.email}
        messages.success(request, said)
    return HttpResponseRedirect(reverse("organisation-members"))


def _page(
    request: HttpRequest, page: str, context: dict[str, Any], form: object = None
) -> HttpResponse:
    status = 422 if getattr(form, "errors", None) else 200
    template = f"accounts/organisation/{page}.html"
    return render(request, template, context | {"page": page}, status=status)
