"""A person's own grants, through the same gates and services as the pages."""

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Organisation, User
from accounts.selectors import clinicians, organisations
from accounts.viewer import Viewer, api_viewer
from core.errors import Forbidden, Invalid, Problem
from records.api.serializers import ConsentSerializer, NewConsentSerializer
from records.gates import access_consent
from records.models import Consent, Patient, Scope
from records.presenters.sharing import Grant
from records.selectors import consents_of, own_patient
from records.services.consents import consent_grant, consent_revoke


def _patient(viewer: Viewer) -> Patient:
    patient = own_patient(viewer)
    if patient is None:
        raise Forbidden("You have no record here to share.")
    return patient


def _shown(consent: Consent) -> dict[str, Any]:
    grant = Grant(consent)
    body = {
        "id": consent.pk,
        "grantee_type": "user" if consent.user_id else "organisation",
        "grantee_id": consent.user_id or consent.organisation_id,
        "grantee_name": grant.grantee,
        "scope": consent.scope,
        "status": "active" if grant.active else "ended",
        "last_day": grant.last_day,
        "created_at": consent.created_at,
        "revoked_at": consent.revoked_at,
        "anchor_state": grant.state,
        "proof": reverse("proof", args=[grant.statement.commitment_id]),
    }
    return dict(ConsentSerializer(body).data)


class ConsentsView(APIView):
    """The person's grants."""

    @extend_schema(responses=ConsentSerializer(many=True), operation_id="consents_list")
    def get(self, request: Request) -> Response:
        """Your grants, newest first."""
        patient = _patient(api_viewer(request))
        return Response([_shown(consent) for consent in consents_of(patient)])

    @extend_schema(
        request=NewConsentSerializer,
        responses={201: ConsentSerializer},
        operation_id="consents_create",
    )
    def post(self, request: Request) -> Response:
        """Share your record with a person or an organisation."""
        viewer = api_viewer(request)
        patient = _patient(viewer)
        wanted = NewConsentSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        data = wanted.validated_data
        consent = consent_grant(
            patient=patient,
            grantee=_grantee(data["grantee_type"], data["grantee_id"]),
            scope=Scope(data["scope"]),
            last_day=data["last_day"],
            by=viewer,
        )
        return Response(_shown(consent), 201)


class ConsentEndView(APIView):
    """End a grant."""

    @extend_schema(request=None, responses=ConsentSerializer, operation_id="consents_end")
    def post(self, request: Request, pk: UUID) -> Response:
        """End a grant at once; ending it twice changes nothing."""
        viewer = api_viewer(request)
        return Response(_shown(consent_revoke(consent=access_consent(viewer, pk), by=viewer)))


def _grantee(kind: str, pk: UUID) -> User | Organisation:
    rows = clinicians() if kind == "user" else organisations()
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Invalid(
            problems=[Problem("grantee_id", "There is nobody with this id to share with.")]
        )
    return found
