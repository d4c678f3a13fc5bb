"""A person's own grants, through the same gates and services as the pages."""

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from accounts.models import Organisation, User
from accounts.selectors import clinicians, organisations
from accounts.viewer import Viewer, api_viewer
from core.api import ApiView
from core.errors import Forbidden, Invalid, Problem
from records.api.serializers import (
    GRANTING,
    ConsentSerializer,
    DraftSerializer,
    EndingSerializer,
    NewConsentSerializer,
    SignedSerializer,
)
from records.gates import access_consent
from records.models import Consent, Custody, Patient, Scope
from records.presenters.sharing import Grant
from records.presenters.signing import Signing
from records.selectors import consents_of, own_patient
from records.services.consents import (
    consent_draft,
    consent_end_draft,
    consent_grant,
    consent_revoke,
)
from records.services.signing import consent_end_signed, consent_grant_signed
from records.services.statements import TIME_TO_SIGN, Draft


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
        "custody": grant.newest.custody,
        "anchor_state": grant.state,
        "proof": reverse("proof", args=[grant.proof_id]),
    }
    return dict(ConsentSerializer(body).data)


class ConsentsView(ApiView):
    """The person's grants."""

    area = "consents"

    @extend_schema(responses=ConsentSerializer(many=True), operation_id="consents_list")
    def get(self, request: Request) -> Response:
        """Your grants, newest first."""
        patient = _patient(api_viewer(request))
        return Response([_shown(consent) for consent in consents_of(patient)])

    @extend_schema(
        request=GRANTING, responses={201: ConsentSerializer}, operation_id="consents_create"
    )
    def post(self, request: Request) -> Response:
        """Share your record: a draft that you have signed, or else recorded by Salus for you."""
        viewer = api_viewer(request)
        patient = _patient(viewer)
        if _is_signed(request):
            signed = _valid(SignedSerializer(data=request.data))
            consent = consent_grant_signed(
                token=signed["token"], answer=signed["signature"], by=viewer
            )
        else:
            consent = consent_grant(patient=patient, by=viewer, **_wanted(request))
        return Response(_shown(consent), 201)


class ConsentDraftsView(ApiView):
    """Statements to be signed by the person's own key."""

    area = "consents"

    @extend_schema(
        request=NewConsentSerializer,
        responses={201: DraftSerializer},
        operation_id="consents_draft",
    )
    def post(self, request: Request) -> Response:
        """What to sign in order to share; nothing is shared yet."""
        viewer = api_viewer(request)
        draft = consent_draft(
            patient=_patient(viewer), by=viewer, custody=Custody.OWN, **_wanted(request)
        )
        return _drafted(draft, viewer)


class ConsentEndView(ApiView):
    """End a grant."""

    area = "consents"

    @extend_schema(
        request=EndingSerializer,
        responses=ConsentSerializer,
        operation_id="consents_end",
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """End a grant at once, signed by you or recorded by Salus; a second time changes nothing."""
        viewer = api_viewer(request)
        consent = access_consent(viewer, pk)
        if _is_signed(request):
            signed = _valid(SignedSerializer(data=request.data))
            ended = consent_end_signed(
                consent=consent, token=signed["token"], answer=signed["signature"], by=viewer
            )
        else:
            ended = consent_revoke(consent=consent, by=viewer)
        return Response(_shown(ended))


class ConsentEndDraftsView(ApiView):
    """Ends to be signed by the person's own key."""

    area = "consents"

    @extend_schema(
        request=None, responses={201: DraftSerializer}, operation_id="consents_end_draft"
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """What to sign in order to end a grant; nothing is ended yet."""
        viewer = api_viewer(request)
        consent = access_consent(viewer, pk)
        return _drafted(consent_end_draft(consent=consent, by=viewer, custody=Custody.OWN), viewer)


def _is_signed(request: Request) -> bool:
    return isinstance(request.data, dict) and bool({"token", "signature"} & set(request.data))


def _valid(given: Serializer[object]) -> dict[str, Any]:
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _wanted(request: Request) -> dict[str, Any]:
    """What a grant is made of, as the services take it."""
    data = _valid(NewConsentSerializer(data=request.data))
    return {
        "grantee": _grantee(data["grantee_type"], data["grantee_id"]),
        "scope": Scope(data["scope"]),
        "last_day": data["last_day"],
    }


def _drafted(draft: Draft, viewer: Viewer) -> Response:
    signing = Signing(draft, viewer)
    asked = signing.for_script
    body = {
        "token": signing.token,
        "text": signing.text,
        "statement": base64.b64encode(draft.statement).decode(),
        "typed_data": asked["typedData"],
        "challenge": asked["challenge"],
        "rp_id": asked["rpId"],
        "credentials": asked["credentials"],
        "expires_at": timezone.now() + timedelta(seconds=TIME_TO_SIGN),
    }
    return Response(dict(DraftSerializer(body).data), 201)


def _grantee(kind: str, pk: UUID) -> User | Organisation:
    rows = clinicians() if kind == "user" else organisations()
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Invalid(
            problems=[Problem("grantee_id", "There is nobody with this id to share with.")]
        )
    return found
