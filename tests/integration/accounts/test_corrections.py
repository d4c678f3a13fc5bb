"""Asking a clinic to correct what it wrote, and its answer."""

import pytest
from django.db import IntegrityError
from django.test import Client

from accounts.corrections import MOST_OPEN, correction_answer, correction_ask, corrections_of
from accounts.models import (
    CorrectionRequest,
    CorrectionState,
    Membership,
    Notice,
    Organisation,
    Role,
)
from accounts.viewer import Viewer, viewer_for
from core.errors import Conflict, Invalid
from core.models import AuditEvent
from tests.factories.audit import told
from tests.factories.people import (
    OrganisationFactory,
    SalusClient,
    UserFactory,
    clinician,
    manager,
    member,
)
from tests.factories.privacy import copy_of, json_in, opened_copy
from tests.factories.records import (
    imported,
    observation,
    organization,
    patient,
    patient_with_record,
    written_by,
)

pytestmark = pytest.mark.django_db
WISH = "My birthday is the 28th."


@pytest.fixture
def clinic() -> Organisation:
    place = OrganisationFactory(name="Harbour Clinic")
    imported(organization(place.pk))
    return place


@pytest.fixture
def viewer(clinic: Organisation, registrar: Viewer) -> Viewer:
    about = patient()
    return patient_with_record(observation(about, **written_by(clinic.pk)), about=about)[0]


@pytest.fixture
def registrar(clinic: Organisation) -> Viewer:
    return member(Role.REGISTRAR, clinic, name="Rae Gistrar")


@pytest.fixture
def asked(viewer: Viewer, clinic: Organisation, registrar: Viewer) -> CorrectionRequest:
    return correction_ask(organisation=clinic, wish=WISH, by=viewer)


def page_of(viewer: Viewer) -> Client:
    client = SalusClient()
    client.force_login(viewer.user)
    return client


def test_from_the_wish_to_the_answer(viewer: Viewer, clinic: Organisation, registrar: Viewer):
    own, theirs = page_of(viewer), page_of(registrar)
    sent = {"organisation": str(clinic.pk), "wish": WISH}
    assert own.post("/account/corrections/", sent).status_code == 302
    assert WISH in own.get("/account/corrections/").content.decode()
    row = CorrectionRequest.objects.get()
    assert Notice.objects.get(user=registrar.user).type == "correction-asked"
    assert viewer.user.name in theirs.get("/corrections/").content.decode()
    assert WISH in theirs.get(f"/corrections/{row.pk}/").content.decode()
    answer = {"corrected": "yes", "answer": "It is the 28th now."}
    assert theirs.post(f"/corrections/{row.pk}/", answer).status_code == 302
    page = own.get("/account/corrections/").content.decode()
    assert "It is the 28th now." in page
    assert "Corrected" in page
    assert Notice.objects.get(user=viewer.user).type == "correction-answered"
    rows = AuditEvent.objects.filter(name__startswith="account.correction").order_by("pk")
    assert [told(event).target for event in rows] == [str(row.pk)] * 2
    assert list(rows.values_list("name", "actor_id")) == [
        ("account.correction-asked", viewer.user.pk),
        ("account.correction-answered", registrar.user.pk),
    ]


def test_the_words_cannot_be_read_in_the_database(asked: CorrectionRequest):
    assert WISH.encode() not in bytes(CorrectionRequest.objects.get().sealed_wish)


def test_the_copy_of_everything_holds_them(asked: CorrectionRequest, viewer, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    [found] = json_in(opened_copy(viewer, copy_of(viewer)), "account/corrections.json")
    assert (found["asked"], found["wish"]) == ("Harbour Clinic", WISH)


def test_only_who_keeps_something_of_the_person_is_asked(viewer: Viewer, clinic: Organisation):
    page = page_of(viewer)
    other = OrganisationFactory()
    assert str(other.pk) not in page.get("/account/corrections/").content.decode()
    sent = {"organisation": str(other.pk), "wish": WISH}
    assert page.post("/account/corrections/", sent).status_code == 422
    with pytest.raises(Invalid):
        correction_ask(organisation=other, wish=WISH, by=viewer)
    with pytest.raises(Invalid):
        correction_ask(organisation=clinic, wish=WISH, by=viewer_for(UserFactory()))
    assert not CorrectionRequest.objects.exists()


def test_a_clinic_without_anybody_to_answer_is_not_offered(
    viewer: Viewer, clinic: Organisation, registrar: Viewer
):
    Membership.objects.filter(user=registrar.user).update(role=Role.CLINICIAN)
    assert b"Please ask it directly" in page_of(viewer).get("/account/corrections/").content
    with pytest.raises(Invalid):
        correction_ask(organisation=clinic, wish=WISH, by=viewer)


@pytest.mark.parametrize("wish", ["", " ", "x" * 2001])
def test_nothing_and_too_much_are_refused(viewer: Viewer, clinic: Organisation, wish: str):
    sent = {"organisation": str(clinic.pk), "wish": wish}
    assert page_of(viewer).post("/account/corrections/", sent).status_code == 422
    assert not CorrectionRequest.objects.exists()


def test_there_is_an_end_to_asking(viewer: Viewer, clinic: Organisation):
    for _ in range(MOST_OPEN):
        correction_ask(organisation=clinic, wish=WISH, by=viewer)
    with pytest.raises(Conflict):
        correction_ask(organisation=clinic, wish=WISH, by=viewer)
    sent = {"organisation": str(clinic.pk), "wish": WISH}
    assert page_of(viewer).post("/account/corrections/", sent).status_code == 422


def test_a_request_is_answered_once(asked: CorrectionRequest, viewer: Viewer, registrar: Viewer):
    correction_answer(request_id=asked.pk, answer="No.", corrected=False, by=registrar)
    with pytest.raises(Conflict):
        correction_answer(request_id=asked.pk, answer="Yes.", corrected=True, by=registrar)
    answer = {"corrected": "yes", "answer": "Yes."}
    assert page_of(registrar).post(f"/corrections/{asked.pk}/", answer).status_code == 409
    withdraw = f"/account/corrections/{asked.pk}/withdraw/"
    assert page_of(viewer).post(withdraw).status_code == 409
    assert corrections_of(viewer.user)[0].answer == "No."


@pytest.mark.parametrize("sent", [{}, {"corrected": "yes"}, {"corrected": "maybe", "answer": "x"}])
def test_half_an_answer_is_none(asked: CorrectionRequest, registrar: Viewer, sent):
    assert page_of(registrar).post(f"/corrections/{asked.pk}/", sent).status_code == 422
    assert CorrectionRequest.objects.get().state == CorrectionState.OPEN


def test_a_request_is_taken_back_and_then_is_not_the_clinics_any_more(
    asked: CorrectionRequest, viewer: Viewer, registrar: Viewer
):
    for _ in range(2):
        assert page_of(viewer).post(f"/account/corrections/{asked.pk}/withdraw/").status_code == 302
    assert CorrectionRequest.objects.get().state == CorrectionState.WITHDRAWN
    assert page_of(registrar).get(f"/corrections/{asked.pk}/").status_code == 404


def test_nobody_else_sees_or_touches_it(
    asked: CorrectionRequest, clinic: Organisation, viewer: Viewer
):
    for other, status in (
        (viewer_for(UserFactory()), 403), (clinician(clinic), 403), (manager(), 404),
    ):  # fmt: skip
        page = page_of(other)
        for send in (page.get, page.post):
            answer = send(f"/corrections/{asked.pk}/")
            assert answer.status_code == status
            assert WISH not in answer.content.decode()
        assert page.post(f"/account/corrections/{asked.pk}/withdraw/").status_code == 404
    assert CorrectionRequest.objects.get().state == CorrectionState.OPEN


def test_the_database_holds_state_and_answer_together(asked: CorrectionRequest):
    with pytest.raises(IntegrityError):
        CorrectionRequest.objects.update(state=CorrectionState.ANSWERED)


def test_the_clinics_list_costs_the_same_however_long_it_is(
    viewer: Viewer, clinic: Organisation, registrar: Viewer, makes_queries
):
    page = page_of(registrar)
    for count in (1, 5):
        for _ in range(count):
            correction_ask(organisation=clinic, wish=WISH, by=viewer)
        page.get("/corrections/")
        # user, memberships, second factor, acting, count, rows, unread notices
        with makes_queries(7):
            page.get("/corrections/")
