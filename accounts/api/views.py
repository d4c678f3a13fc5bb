"""Who am I."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import MeSerializer
from accounts.viewer import api_viewer


class MeView(APIView):
    """The person who asks, their roles and the organisation that they act for."""

    @extend_schema(responses=MeSerializer, operation_id="me")
    def get(self, request: Request) -> Response:
        """Whose token or session this is, their roles, and for whom they act."""
        viewer = api_viewer(request)
        place = viewer.organisation
        body = {
            "id": viewer.user.pk,
            "email": viewer.user.email,
            "name": viewer.user.name,
            "roles": sorted(viewer.roles),
            "organisation": {"id": str(place.pk), "name": place.name, "kind": place.kind}
            if place
            else None,
        }
        return Response(MeSerializer(body).data)
