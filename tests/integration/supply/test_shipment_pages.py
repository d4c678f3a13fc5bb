"""The pages of shipments: who gets in, what they say, and how much they ask of the database."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from core.registry import registry
from supply.models import EpcisEvent, Item, Shipment, ShipmentState
from supply.progress import progress_set
from supply.services import shipment_check, shipment_confirm
from tests.factories.supply import (
    HEADER,
    OrganisationFactory,
    ProductFactory,
    csv_of,
    pharma_viewer,
    row,
    user_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(viewer):
    return client_of(viewer.user)


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text_of(response) -> str:
    return " ".join(response.content.decode().split())


def upload(client, data: bytes):
    file = SimpleUploadedFile("shipment.csv", data, "text/csv")
    return client.post(reverse("shipment-upload"), {"file": file})


def page_of(shipment) -> str:
    return reverse("shipment", args=[shipment.id])


# -- who gets in -----------------------------------------------------------------------------------

PLAIN = ["shipments", "shipment-upload", "shipment-template"]
OF_ONE = ["shipment", "shipment-progress", "shipment-epcis"]
DECISIONS = ["shipment-record", "shipment-discard"]


@pytest.mark.parametrize("role", [r for r in Role if r != Role.PHARMA])
def test_other_roles_are_refused(role, draft, maker):
    member = role in (Role.CLINICIAN, Role.PAYER, Role.RESEARCHER)
    other = client_of(user_of(maker if member else None, role))
    for name in PLAIN:
        assert other.get(reverse(name)).status_code == 403
    for name in OF_ONE:
        assert other.get(reverse(name, args=[draft.id])).status_code == 403
    for name in DECISIONS:
        assert other.post(reverse(name, args=[draft.id])).status_code == 403
    assert Shipment.objects.get().state == ShipmentState.CHECKED


def test_the_shipments_of_others_are_not_there(draft, pharmacy):
    other = client_of(pharma_viewer(pharmacy).user)
    for name in OF_ONE:
        assert other.get(reverse(name, args=[draft.id])).status_code == 404
    for name in DECISIONS:
        assert other.post(reverse(name, args=[draft.id])).status_code == 404
    assert "No shipments yet" in text_of(other.get(reverse("shipments")))


def test_who_is_not_signed_in_is_asked_to(db):
    response = Client().get(reverse("shipments"))
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))


def test_decisions_are_not_taken_by_a_link(client, draft):
    for name in DECISIONS:
        assert client.get(reverse(name, args=[draft.id])).status_code == 405


# -- uploading -------------------------------------------------------------------------------------


def test_the_upload_page_explains_the_file(client, product):
    text = text_of(client.get(reverse("shipment-upload")))
    for column in HEADER.split(","):
        assert f"<code>{column}</code>" in text
    assert product.name in text
    assert product.gtin in text
    assert reverse("shipment-template") in text


def test_the_template_is_a_header_that_we_read(client):
    response = client.get(reverse("shipment-template"))
    assert response.content == b"\xef\xbb\xbf" + HEADER.encode() + b"\r\n"
    assert response.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in response.headers["Content-Disposition"]


def test_a_good_file_leads_to_its_preview(client, good_file, product, pharmacy):
    response = upload(client, good_file)
    draft = Shipment.objects.get()
    assert response.status_code == 302
    assert response.url == page_of(draft)
    text = text_of(client.get(response.url))
    for part in (product.name, pharmacy.name, "SN001 to SN010", "Record this shipment", "Discard"):
        assert part in text
    assert not Item.objects.exists()


def test_a_bad_file_comes_back_with_all_that_is_wrong(client, product, pharmacy):
    response = upload(
        client,
        csv_of(
            row(product, pharmacy.gln, "SN1", expiry="270500"),
            row(product, pharmacy.gln, "<script>alert(1)</script>"),
        ),
    )
    text = text_of(response)
    assert response.status_code == 422
    assert "<strong>Row 2, Expiry</strong>: the day is 00" in text
    assert "<strong>Row 3, Serial</strong>: “&lt;script&gt;alert(1)&lt;/script&gt;”" in text
    assert "Nothing was stored: 2 problems in the file" in text
    assert not Shipment.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "the file is empty"), (b"PK\x03\x04", "spreadsheet"), (b"x" * 2_097_153, "2 MB")],
)
def test_what_is_no_table_is_told_in_plain_words(client, data, words):
    response = upload(client, data)
    assert response.status_code == 422
    assert words in text_of(response)


def test_no_file_at_all(client):
    response = client.post(reverse("shipment-upload"))
    assert response.status_code == 422
    assert "Choose the CSV file of your shipment." in text_of(response)


def test_an_organisation_without_products_is_told_so(pharmacy):
    text = text_of(client_of(pharma_viewer(pharmacy).user).get(reverse("shipment-upload")))
    assert "No product is registered for your organisation" in text


# -- deciding --------------------------------------------------------------------------------------


def test_discarding_a_draft(client, draft):
    response = client.post(reverse("shipment-discard", args=[draft.id]), follow=True)
    assert "The draft was discarded." in text_of(response)
    assert not Shipment.objects.exists()


def test_recording_a_draft(client, draft, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as asked:
        response = client.post(reverse("shipment-record", args=[draft.id]))
    assert response.url == page_of(draft)
    assert len(asked) == 1
    text = text_of(client.get(page_of(draft)))
    assert "0 of 11 packs" in text
    assert 'hx-trigger="every 1s"' in text
    assert "<noscript>" in text


def test_a_decision_that_comes_too_late(client, draft, recorded):
    recorded(draft)
    response = client.post(reverse("shipment-discard", args=[draft.id]))
    assert response.status_code == 409
    assert "Only a draft can be discarded." in text_of(response)


# -- how far it is ---------------------------------------------------------------------------------


def test_progress_is_shown_and_ends_with_a_new_page(client, draft, viewer, recorded):
    shipment_confirm(shipment=draft, by=viewer)
    url = reverse("shipment-progress", args=[draft.id])
    progress_set(draft.id, 4, 11)
    response = client.get(url)
    assert "4 of 11 packs" in text_of(response)
    assert "HX-Refresh" not in response.headers
    assert "<html" not in text_of(response)
    recorded(draft)
    assert client.get(url).headers["HX-Refresh"] == "true"


def test_a_recorded_shipment_links_to_every_proof(client, draft, recorded):
    recorded(draft)
    text = text_of(client.get(page_of(draft)))
    for event in EpcisEvent.objects.all():
        assert f'href="/proofs/{event.commitment_id}.json"' in text
    assert 'data-state="queued"' in text
    assert "Record this shipment" not in text


def test_a_failed_shipment_says_why(client, draft, product, pharmacy, viewer, recorded):
    recorded(shipment_check(data=csv_of(row(product, pharmacy.gln, "X")), by=viewer))
    recorded(draft)
    text = text_of(client.get(page_of(draft)))
    assert "<strong>Row 3, Serial</strong>: X was recorded before" in text


def test_the_epcis_document_is_what_was_sealed(client, draft, recorded):
    url = reverse("shipment-epcis", args=[draft.id])
    assert client.get(url).status_code == 404  # nothing is sealed yet
    recorded(draft)
    response = client.get(url)
    text = b"".join(response.streaming_content)
    events = [bytes(event.document) for event in EpcisEvent.objects.all()]
    assert all(event in text for event in events)
    listed = json.loads(text)["epcisBody"]["eventList"]
    assert [event["bizStep"] for event in listed] == ["commissioning", "commissioning", "shipping"]
    assert "attachment" in response.headers["Content-Disposition"]


# -- start page, navigation ------------------------------------------------------------------------


def test_the_start_page_shows_recent_shipments_to_pharma_alone(client, draft, pharmacy):
    text = text_of(client.get(reverse("dashboard")))
    assert page_of(draft) in text
    assert reverse("shipment-upload") in text
    assert [item.url_name for item in registry.nav_for(frozenset({"pharma"}))] == ["shipments"]
    assert "shipments" not in [item.url_name for item in registry.nav_for(frozenset({"patient"}))]


# -- how much is asked -----------------------------------------------------------------------------


def files(maker, pharmacy, count):
    for number in range(count):
        product = ProductFactory(manufacturer=maker)
        yield csv_of(
            *(row(product, pharmacy.gln, f"S{number}-{line}") for line in "abc"),
            row(product, OrganisationFactory().gln, f"S{number}-d"),
        )


def test_a_list_of_any_length_takes_the_same_queries(
    client, maker, pharmacy, viewer, recorded, makes_queries
):
    client.get(reverse("shipments"))  # the session is in the cache from here on
    for data in files(maker, pharmacy, 1):
        recorded(shipment_check(data=data, by=viewer))
    with makes_queries(6):  # user, memberships, acting, count, rows, unread notices
        client.get(reverse("shipments"))
    for data in files(maker, pharmacy, 5):
        recorded(shipment_check(data=data, by=viewer))
    with makes_queries(6):
        assert text_of(client.get(reverse("shipments"))).count("data-state") == 6


def test_a_shipment_of_any_length_takes_the_same_queries(
    client, product, pharmacy, viewer, recorded, makes_queries
):
    def queries(lines: int, run: str) -> None:
        rows = [row(product, pharmacy.gln, f"{run}{n}") for n in range(lines)]
        rows += [row(product, OrganisationFactory().gln, f"{run}x{n}") for n in range(2)]
        done = recorded(shipment_check(data=csv_of(*rows), by=viewer))
        # user, memberships, acting, shipment, count and rows of lines, departures, unread notices
        with makes_queries(8):
            assert client.get(page_of(done)).status_code == 200

    client.get(reverse("shipments"))
    queries(2, "A")
    queries(150, "B")


def test_long_files_are_shown_in_pages(client, product, pharmacy, viewer):
    data = csv_of(*(row(product, pharmacy.gln, f"S{n}") for n in range(101)))
    draft = shipment_check(data=data, by=viewer)
    assert "Page 1 of 2" in text_of(client.get(page_of(draft)))
    assert ">S100<" in text_of(client.get(page_of(draft), {"page": 2})).replace("> ", ">")
