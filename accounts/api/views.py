"""Who am I, with which tokens, and what was I told."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.confirming import require_confirmed
from accounts.api.serializers import (
    CountSerializer,
    MadeTokenSerializer,
    MeSerializer,
    NewTokenSerializer,
    NoticeSerializer,
    PreferenceSerializer,
    ReadNoticesSerializer,
    TokenSerializer,
)
from accounts.models import ApiToken, Notice
from accounts.notices.preferences import Preference, Wanted, preference_set, preferences_of
from accounts.notices.presenters import shown
from accounts.notices.selectors import access_notice, notices_of, unread_count
from accounts.notices.telling import notice_read, notices_read_all
from accounts.selectors import memberships_of
from accounts.tokens import access_token, token_digest, token_issue, token_revoke, tokens_of
from accounts.viewer import Viewer, api_viewer
from core.api import ApiList, ApiView
from core.errors import Forbidden, NotFound
from core.paging import CursorPages


class MeView(ApiView):
    """The person who asks, their roles and the organisation that they act for."""

    area = "account"

    @extend_schema(responses=MeSerializer, operation_id="me")
    def get(self, request: Request) -> Response:
        """Whose token or session this is, their roles, and for whom they act."""
        viewer = api_viewer(request)
        body = {
            "id": viewer.user.pk,
            "email": viewer.user.email,
            "name": viewer.user.name,
            "program": viewer.user.is_program,
            "roles": sorted(viewer.roles),
            "organisation": viewer.organisation,
            "memberships": [
                {
                    "organisation": member.organisation,
                    "role": member.role,
                    "acting": member.organisation == viewer.organisation,
                }
                for member in memberships_of(viewer.user)
            ],
            "scopes": request.auth.scopes if isinstance(request.auth, ApiToken) else None,
            "unread_notices": unread_count(viewer.user),
        }
        return Response(MeSerializer(body).data)


# -- tokens ----------------------------------------------------------------------------------------


class TokensView(ApiList[ApiToken]):
    """The person's own tokens, newest first."""

    area = "account"
    serializer_class = TokenSerializer

    def get_queryset(self) -> QuerySet[ApiToken]:
        """Ended ones too."""
        return tokens_of(api_viewer(self.request).user)

    @extend_schema(operation_id="tokens_list")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Your tokens, newest first, without their secrets."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        request=NewTokenSerializer,
        responses={201: MadeTokenSerializer},
        operation_id="tokens_create",
    )
    def post(self, request: Request) -> Response:
        """Make a token; its secret comes this once.

        Only from a session that has just confirmed who it is: no token makes another one.
        """
        viewer = api_viewer(request)
        if isinstance(request.auth, ApiToken):
            words = _("A token can't make another token. Make it on the page of your tokens.")
            raise Forbidden(words)
        require_confirmed(request)
        sent = NewTokenSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        wanted: dict[str, Any] = dict(sent.validated_data)
        wanted["lifetime"] = timedelta(days=wanted.pop("days"))
        token = token_issue(user=viewer.user, by=viewer.actor, **wanted)
        row = tokens_of(viewer.user).get(digest=token_digest(token))
        return Response({**TokenSerializer(row).data, "token": token}, 201)


class TokenView(ApiView):
    """One of the person's tokens."""

    area = "account"

    @extend_schema(responses={204: None}, operation_id="tokens_end")
    def delete(self, request: Request, pk: UUID) -> Response:
        """End it at once; it stays in the list. A second time changes nothing."""
        viewer = api_viewer(request)
        token_revoke(token=access_token(viewer, pk), by=viewer.actor)
        return Response(status=204)


# -- notices ---------------------------------------------------------------------------------------


class NoticePages(CursorPages):
    """By when they last happened."""

    ordering = ("-last_at", "-id")  # type: ignore[assignment]


@extend_schema_view(get=extend_schema(operation_id="notices_list"))
class NoticesView(ApiList[Notice]):
    """What the person was told, newest first."""

    area = "account"
    serializer_class = NoticeSerializer
    pagination_class = NoticePages

    def get_queryset(self) -> QuerySet[Notice]:
        """Nobody else's."""
        return notices_of(api_viewer(self.request).user)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """A page of it, in words; cursors are made from the rows."""
        page: Sequence[Notice] = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(NoticeSerializer(shown(page), many=True).data)


class ReadNoticesView(ApiView):
    """All at once."""

    area = "account"

    @extend_schema(
        request=ReadNoticesSerializer, responses=CountSerializer, operation_id="notices_read_all"
    )
    def post(self, request: Request) -> Response:
        """Mark everything as read that last happened until a moment; says how many were unread."""
        sent = ReadNoticesSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        until = sent.validated_data["until"]
        count = notices_read_all(user=api_viewer(request).user, until=until)
        return Response({"count": count})


class ReadNoticeView(ApiView):
    """One of them."""

    area = "account"

    @extend_schema(request=None, responses={204: None}, operation_id="notices_read")
    def post(self, request: Request, pk: UUID) -> Response:
        """Mark it as read; a second time changes nothing."""
        notice_read(notice=access_notice(api_viewer(request).user, pk))
        return Response(status=204)


class PreferencesView(ApiView):
    """How the person is told."""

    area = "account"

    @extend_schema(
        responses=PreferenceSerializer(many=True), operation_id="notice_preferences_list"
    )
    def get(self, request: Request) -> Response:
        """Of everything that may concern you."""
        viewer = api_viewer(request)
        found = preferences_of(viewer.user, viewer.roles)
        return Response(PreferenceSerializer(found, many=True).data)


class PreferenceView(ApiView):
    """How the person is told of one type."""

    area = "account"

    @extend_schema(
        request=PreferenceSerializer,
        responses=PreferenceSerializer,
        operation_id="notice_preferences_set",
    )
    def put(self, request: Request, type: str) -> Response:
        """Choose; 409 for what can't be switched off."""
        viewer = api_viewer(request)
        _preference(viewer, type)
        sent = PreferenceSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        wanted = Wanted(**sent.validated_data["wanted"])
        preference_set(user=viewer.user, type=type, wanted=wanted)
        return Response(PreferenceSerializer(_preference(viewer, type)).data)


def _preference(viewer: Viewer, type: str) -> Preference:
    for one in preferences_of(viewer.user, viewer.roles):
        if one.type.key == type:
            return one
    raise NotFound
