"""From the recorded shipment to proofs on a real chain."""

import base64

import pytest
from django.test import Client
from django.urls import reverse

from supply.models import EpcisEvent
from tests.factories.supply import OrganisationFactory, pharma_viewer

pytestmark = pytest.mark.django_db


def client_of(viewer) -> Client:
    client = Client()
    client.force_login(viewer.user)
    return client


def test_every_event_gets_a_proof_for_sender_and_recipient(
    ledger, draft, viewer, pharmacy, recorded, until_final
):
    recorded(draft)
    sender, recipient = client_of(viewer), client_of(pharma_viewer(pharmacy))
    stranger = client_of(pharma_viewer(OrganisationFactory()))
    page = reverse("shipment", args=[draft.id])
    events = list(EpcisEvent.objects.all())
    waiting = sender.get(f"/proofs/{events[0].commitment_id}.json")
    assert (waiting.status_code, waiting.json()) == (202, {"state": "queued"})
    assert "Waiting to be sealed" in sender.get(page).content.decode()
    until_final()
    assert 'data-state="final"' in sender.get(page).content.decode()
    assert "Waiting to be sealed" not in sender.get(page).content.decode()
    for event in events:
        url = f"/proofs/{event.commitment_id}.json"
        for allowed in (sender, recipient):
            body = allowed.get(url).json()
            assert base64.b64decode(body["document"]) == bytes(event.document)
            assert (body["format"], body["kind"]) == ("salus-proof/1", "epcis")
            assert body["reference"].endswith(f"/events/{event.id}")
        assert stranger.get(url).status_code == 404
