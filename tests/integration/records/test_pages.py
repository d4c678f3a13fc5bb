"""The record's pages: who gets in, what they cost, what they say when something is wrong."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.viewer import Viewer
from records.models import Consent, Patient
from tests.factories.people import OrganisationFactory, UserFactory, clinician
from tests.factories.records import allergy, observation, patient, patient_with_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry")]
OWN = ["/my-health/", "/my-health/trends/", "/my-health/timeline/", "/my-health/readers/",
       "/sharing/", "/sharing/new/"]  # fmt: skip


def record(observations: int = 2) -> tuple[Viewer, Patient]:
    about = patient()
    values = [observation(about, f"{70 + n}.0") for n in range(observations)]
    viewer, row, _ = patient_with_record(*values, allergy(about), about=about)
    return viewer, row


def shared(row: Patient, viewer: Viewer, client: Client, to: object) -> Consent:
    """Share by the pages, as a person without a key of their own does."""
    client.force_login(viewer.user)
    kind = "user" if hasattr(to, "email") else "organisation"
    chosen = client.post(
        "/sharing/new/",
        {
            "grantee": f"{kind}:{to.pk}",  # type: ignore[attr-defined]
            "scope": "everything",
            "last_day": timezone.now().date() + timedelta(days=3),
        },
    )
    assert chosen.status_code == 302, chosen.content
    answer = client.post(chosen["Location"], {"way": "portal"})
    assert answer.status_code == 302, answer.content
    return Consent.objects.latest("created_at")


@pytest.mark.parametrize("path", OWN)
def test_a_patient_opens_their_own_pages(client: Client, path: str):
    viewer, _ = record()
    client.force_login(viewer.user)
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("path", OWN)
def test_somebody_without_a_record_is_told_so(client: Client, path: str):
    client.force_login(UserFactory())
    answer = client.get(path)
    assert answer.status_code == 200
    assert b"There is no record for you here yet" in answer.content


@pytest.mark.parametrize("path", [*OWN, "/patients/", "/dashboard/", "/audit/"])
def test_without_a_sign_in_the_sign_in_page_comes(client: Client, path: str):
    answer = client.get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


@pytest.mark.parametrize("page", ["", "trends/", "timeline/"])
def test_a_chart_is_404_before_and_after_a_grant(client: Client, page: str):
    viewer, row = record()
    doctor = clinician()
    url = f"/patients/{row.pk}/{page}"

    client.force_login(doctor.user)
    assert client.get(url).status_code == 404
    consent = shared(row, viewer, client, doctor.user)
    client.force_login(doctor.user)
    assert client.get(url).status_code == 200
    client.force_login(viewer.user)
    assert client.post(f"/sharing/{consent.pk}/end/").status_code == 302
    client.force_login(doctor.user)
    refused = client.get(url)
    assert refused.status_code == 404
    assert b"Testfield" not in refused.content


def test_a_grant_of_somebody_else_cannot_be_ended(client: Client):
    viewer, row = record()
    consent = shared(row, viewer, client, OrganisationFactory())
    other, _ = record()
    client.force_login(other.user)
    assert client.post(f"/sharing/{consent.pk}/end/").status_code == 404
    consent.refresh_from_db()
    assert consent.status == "active"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"grantee": ""}, "required"),
        ({"grantee": f"user:{uuid4()}"}, "not one of the available choices"),
        ({"scope": "all"}, "not one of the available choices"),
        ({"last_day": "2020-01-01"}, "This day has passed"),
        ({"last_day": "9999-12-31"}, "within the next five years"),
        ({"last_day": "soon"}, "Enter a valid date"),
    ],
)
def test_a_wrong_entry_is_explained_and_changes_nothing(client: Client, change, words: str):
    viewer, _ = record()
    hospital = OrganisationFactory()
    client.force_login(viewer.user)
    good = {
        "grantee": f"organisation:{hospital.pk}",
        "scope": "everything",
        "last_day": timezone.now().date().isoformat(),
    }
    answer = client.post("/sharing/new/", good | change)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Consent.objects.exists()


def test_the_person_sees_who_read_what(client: Client):
    viewer, row = record()
    doctor = clinician()
    shared(row, viewer, client, doctor.user)
    client.force_login(doctor.user)
    client.get(f"/patients/{row.pk}/")
    client.force_login(viewer.user)
    page = client.get("/my-health/readers/").content.decode()
    assert "Dr Test" in page
    assert str(doctor.organisation) in page


@pytest.mark.parametrize(("path", "queries"), [("/my-health/", 7), ("/my-health/timeline/", 7)])
def test_pages_cost_the_same_for_any_number_of_entries(
    client: Client, path: str, queries: int, makes_queries
):
    for count in (1, 30):
        viewer, _ = record(count)
        client.force_login(viewer.user)
        client.get(path)
        with makes_queries(queries):
            client.get(path)


def test_the_auditor_reads_the_trail_and_others_do_not(client: Client):
    viewer, _ = record()
    client.force_login(viewer.user)
    assert client.get("/audit/").status_code == 403
    client.force_login(UserFactory(own_role="auditor"))
    answer = client.get("/audit/")
    assert answer.status_code == 200
    assert b"Testfield" not in answer.content
