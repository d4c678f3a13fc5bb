"""The trail's pages: for the person whose record was read, and for auditors."""

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.viewer import Viewer
from core import audit
from core.models import AuditEvent
from oversight.models import Case
from oversight.views.trail import harmless
from records.models import Patient
from tests.factories.audit import told
from tests.factories.people import UserFactory, clinician
from tests.factories.records import observation, patient, patient_with_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry")]
READERS = "/my-health/readers/"


@pytest.fixture
def record() -> tuple[Viewer, Patient]:
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), about=about)
    return viewer, row


@pytest.fixture
def auditor() -> User:
    return UserFactory(own_role="auditor", name="Test Auditor")


def look(by: Viewer, row: Patient, target: str = "Observation/1", **more: Any) -> None:
    audit.record(audit.Name.RECORD_READ, by=by.actor, subject=row.pk, target=target, **more)


# -- who read my record ----------------------------------------------------------------------------


def test_it_says_in_plain_words_who_looked_at_what(client: Client, record):
    viewer, row = record
    doctor = clinician()
    for _ in range(3):
        look(doctor, row)
    client.force_login(viewer.user)
    page = client.get(READERS).content.decode()
    assert "<strong>Dr Test</strong>" in page
    assert str(doctor.organisation) in page
    assert "looked at your results." in page
    assert "3 times" in page


def test_different_things_stand_in_one_sentence(client: Client, record):
    viewer, row = record
    doctor = clinician()
    look(doctor, row)
    look(doctor, row, "MedicationRequest/1")
    audit.record(audit.Name.PROOF_READ, by=doctor.actor, subject=row.pk)
    client.force_login(viewer.user)
    words = client.get(READERS).content.decode()
    assert "looked at your medicines and your results and fetched a proof of your record." in words


def test_one_request_counts_once(client: Client, record):
    viewer, row = record
    doctor = clinician()
    with audit.origin():
        look(doctor, row)
        look(doctor, row, "Condition/1")
    client.force_login(viewer.user)
    page = client.get(READERS).content.decode()
    assert "Once" in page


def test_others_never_see_it(client: Client, record):
    _, row = record
    look(clinician(), row)
    other, _, _ = patient_with_record()
    client.force_login(other.user)
    assert "Dr Test" not in client.get(READERS).content.decode()


def test_it_can_be_narrowed_to_a_person_and_a_month(client: Client, record, settings):
    viewer, row = record
    first, second = clinician(), clinician()
    User.objects.filter(pk=second.user.pk).update(name="Dr Other")
    look(first, row)
    last_year = timezone.now() - timedelta(days=365)
    settings.DEMO = True
    with audit.dated(last_year):
        look(second, row, "Condition/1")
    client.force_login(viewer.user)
    by_person = client.get(READERS, {"person": str(first.user.pk)}).content.decode()
    assert "looked at your results" in by_person
    assert "looked at your conditions" not in by_person
    by_month = client.get(READERS, {"month": f"{last_year:%Y-%m}"}).content.decode()
    assert "looked at your conditions" in by_month
    assert "looked at your results" not in by_month


@pytest.mark.parametrize(
    "query",
    [
        "person=x",
        "month=2026-99",
        "before=1-x",
        "before=9-9-9",
        "before=99999999999999999-1",
        "own=x",
        "month=",
        "before=--",
    ],
)
def test_nonsense_in_the_address_counts_as_nothing(client: Client, record, query: str):
    viewer, row = record
    look(clinician(), row)
    client.force_login(viewer.user)
    assert client.get(f"{READERS}?{query}").status_code == 200


def test_older_pages_follow_by_cursor(client: Client, record, settings):
    viewer, row = record
    doctor = clinician()
    settings.DEMO = True
    for days in range(30):
        with audit.dated(timezone.now() - timedelta(days=days, hours=1)):
            for _ in range(8):
                look(doctor, row)
    client.force_login(viewer.user)
    seen, url = [], READERS
    for _ in range(5):
        page = client.get(url)
        seen += [day.day for day in page.context["days"]]
        assert all(
            read.times == 8
            for day in page.context["days"]
            for read in day.reads
            if read.who == "Dr Test"
        )
        if not page.context["older"]:
            break
        url = f"{READERS}?before={page.context['older']}"
    assert len(seen) == len(set(seen)) >= 30


def test_a_page_costs_the_same_for_any_number_of_readers(client: Client, record, makes_queries):
    viewer, row = record
    client.force_login(viewer.user)
    for count in (1, 30):
        for _ in range(count):
            look(clinician(), row)
        client.get(READERS)
        with makes_queries(14):  # the last one: unread notices
            client.get(READERS)


def test_after_the_key_is_destroyed_the_row_stays_and_says_less(record):
    from core.models import DataKey

    _, row = record
    look(clinician(), row)
    DataKey.objects.filter(owner_id=row.pk).update(wrapped=None, destroyed_at=timezone.now())
    look(clinician(), row)
    before, after = AuditEvent.objects.filter(name="record.read").order_by("pk")
    assert before.details is not None
    assert after.details is None
    assert before.subject == after.subject == audit.pseudonym(row.pk)
    assert str(row.pk) not in str(vars(before))


# -- this looks wrong ------------------------------------------------------------------------------


def test_a_question_goes_to_an_auditor_and_the_answer_comes_back(client: Client, record, auditor):
    viewer, row = record
    look(clinician(), row)
    look(clinician(), row)
    event = AuditEvent.objects.filter(name="record.read").latest("pk")
    client.force_login(viewer.user)
    assert b"looked at your results" in client.get(f"{READERS}{event.pk}/wrong/").content
    asked = client.post(f"{READERS}{event.pk}/wrong/", {"text": "I never met them."})
    case = Case.objects.get()
    assert asked["Location"] == f"/my-health/questions/{case.pk}/"
    assert b"I never met" not in bytes(case.sealed_question)
    assert b"An auditor looks into it" in client.get(asked["Location"]).content

    client.force_login(auditor)
    page = client.get(f"/audit/cases/{case.pk}/").content.decode()
    assert "I never met them." in page
    assert "Dr Test" in page
    assert str(row.pk) not in page
    assert "Testfield" not in page
    assert str(audit.pseudonym(row.pk)) in page
    assert client.post(f"/audit/cases/{case.pk}/").status_code == 302
    answered = client.post(f"/audit/cases/{case.pk}/", {"text": "It was the laboratory."})
    assert answered["Location"] == "/audit/cases/"

    client.force_login(viewer.user)
    assert b"It was the laboratory." in client.get(asked["Location"]).content
    assert b"Answered" in client.get(READERS).content
    names = list(
        AuditEvent.objects.filter(name__startswith="audit.case")
        .order_by("pk")
        .values_list("name", "subject")
    )
    mine = audit.pseudonym(row.pk)
    assert names == [
        ("audit.case-opened", mine),
        ("audit.case-taken", mine),
        ("audit.case-answered", mine),
    ]


def test_only_the_looks_of_that_person_on_that_day_are_concerned(client: Client, record):
    viewer, row = record
    doctor = clinician()
    look(doctor, row)
    look(doctor, row)
    look(clinician(), row)
    event = AuditEvent.objects.filter(actor_id=doctor.user.pk).earliest("pk")
    client.force_login(viewer.user)
    client.post(f"{READERS}{event.pk}/wrong/", {"text": "Why?"})
    assert Case.objects.get().concerned.count() == 2


def test_what_is_about_somebody_else_cannot_be_asked_about(client: Client, record):
    _, row = record
    look(clinician(), row)
    event = AuditEvent.objects.get(name="record.read")
    other, _, _ = patient_with_record()
    client.force_login(other.user)
    assert client.get(f"{READERS}{event.pk}/wrong/").status_code == 404
    assert client.post(f"{READERS}{event.pk}/wrong/", {"text": "x"}).status_code == 404
    assert not Case.objects.exists()


@pytest.mark.parametrize("text", ["", "   ", "x" * 4001])
def test_a_question_needs_words(client: Client, record, text: str):
    viewer, row = record
    look(clinician(), row)
    event = AuditEvent.objects.get(name="record.read")
    client.force_login(viewer.user)
    assert client.post(f"{READERS}{event.pk}/wrong/", {"text": text}).status_code == 422
    assert not Case.objects.exists()


def test_asking_twice_opens_one_case(client: Client, record):
    viewer, row = record
    look(clinician(), row)
    event = AuditEvent.objects.get(name="record.read")
    client.force_login(viewer.user)
    for _ in range(2):
        client.post(f"{READERS}{event.pk}/wrong/", {"text": "Why?"})
    assert Case.objects.count() == 1


def test_a_question_is_nobody_elses(client: Client, record, auditor):
    viewer, row = record
    look(clinician(), row)
    event = AuditEvent.objects.get(name="record.read")
    client.force_login(viewer.user)
    client.post(f"{READERS}{event.pk}/wrong/", {"text": "Why?"})
    pk = Case.objects.get().pk
    assert client.get(f"/audit/cases/{pk}/").status_code == 403
    client.force_login(patient_with_record()[0].user)
    assert client.get(f"/my-health/questions/{pk}/").status_code == 404
    client.force_login(auditor)
    assert client.get(f"/my-health/questions/{pk}/").status_code == 404


def test_a_case_is_answered_only_once_it_was_taken_up(client: Client, record, auditor):
    viewer, row = record
    look(clinician(), row)
    client.force_login(viewer.user)
    event = AuditEvent.objects.get(name="record.read")
    client.post(f"{READERS}{event.pk}/wrong/", {"text": "Why?"})
    case = Case.objects.get()
    client.force_login(auditor)
    client.post(f"/audit/cases/{case.pk}/", {"text": "An answer"})
    case.refresh_from_db()
    assert case.state == "open"
    for _ in range(2):
        assert client.post(f"/audit/cases/{case.pk}/").status_code == 302
    assert AuditEvent.objects.filter(name="audit.case-taken").count() == 1


# -- the auditor's trail ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/audit/",
        "/audit/findings/",
        "/audit/rules/",
        "/audit/cases/",
        "/audit/rules/many-patients/",
        "/audit/copy.csv",
    ],
)
def test_it_is_for_auditors_alone(client: Client, record, auditor, path: str):
    viewer, _ = record
    for user in (viewer.user, clinician().user, UserFactory(own_role="administrator")):
        client.force_login(user)
        assert client.get(path).status_code == 403
    client.force_login(auditor)
    assert client.get(path).status_code == 200


@pytest.fixture
def busy(record, settings) -> dict[str, Any]:
    """A trail with something for each way to search."""
    viewer, row = record
    doctor = clinician()
    look(doctor, row, purpose=audit.Purpose.EMERGENCY)
    look(viewer, row)
    settings.DEMO = True
    with audit.dated(timezone.now() - timedelta(days=40)):
        audit.record(audit.Name.PROOF_READ, by=doctor.actor, subject=row.pk)
    return {"doctor": doctor, "row": row, "viewer": viewer}


def found(client: Client, **query: Any) -> list[tuple[str, str]]:
    page = client.get("/audit/", query)
    assert page.status_code == 200, page.content
    return [(r.event.name, r.who) for r in page.context["rows"] if r.event.name != "audit.read"]


def test_it_is_searched_in_every_way(client: Client, busy, auditor):
    client.force_login(auditor)
    doctor, row = busy["doctor"], busy["row"]
    read, proof = ("record.read", "Dr Test"), ("proof.read", "Dr Test")
    assert found(client, person="dr te") == [read, proof]
    assert found(client, person=doctor.user.email) == [read, proof]
    assert found(client, organisation=doctor.organisation.pk) == [read, proof]
    assert found(client, purpose="emergency") == [read]
    assert found(client, what="proof.read") == [proof]
    mine = found(client, patient=audit.pseudonym(row.pk), what="record.read")
    assert mine == [("record.read", "A patient"), read]
    month_ago = (timezone.now() - timedelta(days=30)).date()
    assert found(client, last_day=month_ago) == [proof]
    assert proof not in found(client, first_day=month_ago)


def test_a_patient_is_not_found_by_name(client: Client, busy, auditor):
    client.force_login(auditor)
    page = client.get("/audit/").content.decode()
    assert busy["viewer"].user.name not in page
    assert str(busy["row"].pk) not in page
    assert found(client, person=busy["viewer"].user.name) == []


def test_a_person_of_staff_is_not_unmasked_by_their_own_record(client: Client, busy, auditor):
    doctor = busy["doctor"]
    own = Patient.objects.create(id=uuid4(), account=doctor.user)
    look(doctor, own, count=77)
    client.force_login(auditor)
    assert ("record.read", "A patient") in found(client)
    assert len(found(client, person="Dr Test")) == 2


@pytest.mark.parametrize(
    "query", [{"patient": "x"}, {"what": "x"}, {"purpose": "x"}, {"first_day": "x"},
              {"organisation": "x"}, {"first_day": "2026-02-01", "last_day": "2026-01-01"}],
)  # fmt: skip
def test_a_wrong_search_is_explained(client: Client, auditor, query):
    client.force_login(auditor)
    assert client.get("/audit/", query).status_code == 422
    assert client.get("/audit/copy.csv", query).status_code == 422


def test_going_through_the_trail_stands_in_the_trail(client: Client, auditor):
    client.force_login(auditor)
    client.get("/audit/", {"purpose": "emergency"})
    event = AuditEvent.objects.get(name="audit.read")
    assert (event.actor_id, event.role, event.purpose) == (auditor.pk, "auditor", "oversight")
    assert told(event).parameters == {"purpose": "emergency"}


def test_the_trail_costs_the_same_for_any_number_of_rows(
    client: Client, record, auditor, makes_queries
):
    _, row = record
    client.force_login(auditor)
    for count in (1, 40):
        for _ in range(count):
            look(clinician(), row)
        client.get("/audit/")
        with makes_queries(14):
            client.get("/audit/")


# -- copies ----------------------------------------------------------------------------------------


def body(answer) -> str:
    return b"".join(answer.streaming_content).decode()


def test_a_copy_has_every_row_that_was_found_and_is_noted(client: Client, busy, auditor):
    client.force_login(auditor)
    answer = client.get("/audit/copy.ndjson", {"person": "Dr Test"})
    assert answer["Content-Type"] == "application/x-ndjson"
    rows = [json.loads(line) for line in body(answer).splitlines()]
    assert [row["event"] for row in rows] == ["record.read", "proof.read"]
    assert rows[0]["patient"] == str(audit.pseudonym(busy["row"].pk))
    assert told(AuditEvent.objects.get(name="audit.exported")).parameters == {"person": "Dr Test"}


def test_a_spreadsheet_runs_nothing_out_of_a_copy(client: Client, busy, auditor):
    User.objects.filter(pk=busy["doctor"].user.pk).update(name="=HYPERLINK(1)")
    client.force_login(auditor)
    answer = client.get("/audit/copy.csv", {"what": "proof.read"})
    [row] = csv.DictReader(StringIO(body(answer)))
    assert row["who"] == "'=HYPERLINK(1)"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_each_beginning_of_a_formula_is_disarmed(start: str):
    assert harmless(f"{start}1") == f"'{start}1"
    assert harmless("1") == "1"
    assert harmless(-1) == -1


def test_a_long_copy_has_no_row_twice(client: Client, record, auditor, monkeypatch):
    from oversight import selectors

    _, row = record
    doctor = clinician()
    for _ in range(25):
        look(doctor, row)
    monkeypatch.setattr(selectors.in_chunks, "__defaults__", (7,))
    client.force_login(auditor)
    text = body(client.get("/audit/copy.ndjson", {"what": "record.read"}))
    ids = [json.loads(line)["id"] for line in text.splitlines()]
    assert len(ids) == len(set(ids)) == 25


def test_there_are_two_forms_of_copies(client: Client, auditor):
    client.force_login(auditor)
    assert client.get("/audit/copy.xlsx").status_code == 404
