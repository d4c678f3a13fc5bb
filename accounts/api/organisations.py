"""Organisations and their members for programs, through the pages' gates and services."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.pagination import MemberPages, OrganisationPages
from accounts.api.serializers import (
    InvitationSerializer,
    MembershipSerializer,
    OrganisationSerializer,
    SigningKeySerializer,
)
from accounts.models import Invitation, Membership, Organisation, Role
from accounts.permissions import (
    access_membership,
    access_organisation,
    access_sent_invitation,
    require_manager,
)
from accounts.presenters.organisations import key_rows
from accounts.selectors import invitations_of, keys_of, members_of, organisations
from accounts.services.members import invitation_cancel, member_invite, membership_end
from accounts.viewer import api_viewer
from core.api import ApiList, ApiView


@extend_schema_view(get=extend_schema(operation_id="organisations_list"))
class OrganisationsView(ApiList[Organisation]):
    """The organisations that were checked."""

    area = "organisations"
    serializer_class = OrganisationSerializer
    pagination_class = OrganisationPages

    def get_queryset(self) -> QuerySet[Organisation]:
        """What everybody who signed in may know."""
        api_viewer(self.request)
        return organisations()


class OrganisationView(ApiView):
    """One organisation."""

    area = "organisations"

    @extend_schema(responses=OrganisationSerializer, operation_id="organisations_read")
    def get(self, request: Request, pk: UUID) -> Response:
        """Its name, kind and numbers."""
        return Response(OrganisationSerializer(access_organisation(api_viewer(request), pk)).data)


class KeysView(ApiView):
    """The keys with which an organisation signs."""

    area = "organisations"

    @extend_schema(responses=SigningKeySerializer(many=True), operation_id="organisations_keys")
    def get(self, request: Request, pk: UUID) -> Response:
        """As JSON Web Keys, newest first; retired ones only check."""
        rows = key_rows(keys_of(access_organisation(api_viewer(request), pk)))
        return Response(SigningKeySerializer(rows, many=True).data)


@extend_schema_view(get=extend_schema(operation_id="members_list"))
class MembersView(ApiList[Membership]):
    """Who acts for the organisation that the caller manages: each role of each member."""

    area = "organisations"
    serializer_class = MembershipSerializer
    pagination_class = MemberPages

    def get_queryset(self) -> QuerySet[Membership]:
        """Those of today."""
        return members_of(require_manager(api_viewer(self.request)))


class MemberView(ApiView):
    """One role of one member."""

    area = "organisations"

    @extend_schema(responses={204: None}, operation_id="members_end")
    def delete(self, request: Request, pk: int) -> Response:
        """End it at once."""
        viewer = api_viewer(request)
        membership_end(membership=access_membership(viewer, pk), by=viewer.actor)
        return Response(status=204)


@extend_schema_view(get=extend_schema(operation_id="invitations_list"))
class InvitationsView(ApiList[Invitation]):
    """Who was asked to act for the organisation that the caller manages."""

    area = "organisations"
    serializer_class = InvitationSerializer
    pagination_class = MemberPages

    def get_queryset(self) -> QuerySet[Invitation]:
        """Those that wait for an answer."""
        return invitations_of(require_manager(api_viewer(self.request)))

    @extend_schema(
        request=InvitationSerializer, responses={201: InvitationSerializer},
        operation_id="invitations_create",
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        """Ask somebody by e-mail."""
        viewer = api_viewer(request)
        organisation = require_manager(viewer)
        sent = InvitationSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        wanted: dict[str, Any] = sent.validated_data
        row = member_invite(
            organisation=organisation, email=wanted["email"], role=Role(wanted["role"]),
            user=viewer.user, by=viewer.actor,
        )  # fmt: skip
        return Response(InvitationSerializer(row).data, status=201)


class InvitationView(ApiView):
    """One invitation."""

    area = "organisations"

    @extend_schema(responses={204: None}, operation_id="invitations_cancel")
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take it back."""
        viewer = api_viewer(request)
        invitation_cancel(invitation=access_sent_invitation(viewer, pk), by=viewer.actor)
        return Response(status=204)
