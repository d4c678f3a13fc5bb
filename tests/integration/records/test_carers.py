"""Carers and parents: offered, accepted, seeing what the person sees, deciding where it was said."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.viewer import Viewer, viewer_for
from core.acting import acting_as
from core.audit import own_actor, pseudonym
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.models import AuditEvent
from records.access import patients_visible_to, versions_visible_to
from records.delegates import access_delegation, cared_for, carers_of, offers_to
from records.gates import access_consent, access_person
from records.models import Delegation, EffectiveAccess, Patient, Scope
from records.presenters.signing import Signed
from records.selectors import chart_of
from records.services.consents import consent_grant, consent_revoke, statement_document
from records.services.delegations import (
    carer_offer,
    delegation_accept,
    delegation_end,
    guardian_offer,
    majority,
)
from tests.factories.audit import told
from tests.factories.people import UserFactory, clinician, with_address
from tests.factories.records import allergy, observation, patient, patient_with_record
from tests.factories.registering import registered, registrar

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry", "clean_cache")]
TODAY = timezone.now().date
SOON = timedelta(days=30)


def record() -> tuple[Viewer, Patient]:
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), allergy(about), about=about)
    return viewer, row


def carer() -> Viewer:
    return with_address(viewer_for(UserFactory(name="Dana Carer")))


def offered(viewer: Viewer, row: Patient, to: Viewer, *, may_share: bool = False) -> Delegation:
    return carer_offer(
        patient=row, email=to.user.email.upper(), last_day=TODAY() + SOON, may_share=may_share,
        by=viewer,
    )  # fmt: skip


def cared(*, may_share: bool = False) -> tuple[Viewer, Patient, Viewer, Delegation]:
    viewer, row = record()
    helper = carer()
    delegation = offered(viewer, row, helper, may_share=may_share)
    return viewer, row, helper, delegation_accept(delegation=delegation, by=helper)


def test_an_offer_opens_nothing_before_it_is_accepted():
    viewer, row = record()
    helper = carer()
    offer = offered(viewer, row, helper)
    assert chart_of(helper, row.pk) == []
    assert [o.delegation for o in offers_to(helper)] == [offer]
    delegation_accept(delegation=offer, by=helper)
    assert len(chart_of(helper, row.pk)) == 3
    assert offers_to(helper) == []
    assert [c.about.patient for c in cared_for(helper)] == [row]


def test_the_answer_is_the_same_whether_the_address_is_known_or_not():
    viewer, row = record()
    known, unknown = carer(), "nobody@example.org"
    offered(viewer, row, known)
    carer_offer(patient=row, email=unknown, last_day=TODAY(), may_share=False, by=viewer)
    shown = {(c.name, c.row.state, c.row.delegate) for c in carers_of(row)}
    assert shown == {
        (known.user.email.upper(), "offered", None), (unknown, "offered", None),
    }  # fmt: skip


def test_nobody_accepts_for_somebody_else():
    viewer, row = record()
    offer = offered(viewer, row, carer())
    for other in (carer(), viewer_for(UserFactory()), clinician()):
        with pytest.raises(NotFound):
            delegation_accept(delegation=offer, by=other)
    assert not EffectiveAccess.objects.filter(reason="delegate").exists()


def test_the_two_locks_agree_for_a_carer_too():
    _viewer, _row, helper, _ = cared()
    with acting_as(helper.acting), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM records_version WHERE patient_id IS NOT NULL")
        assert {r[0] for r in cursor.fetchall()} == set(
            versions_visible_to(helper).filter(patient__isnull=False).values_list("pk", flat=True)
        )
        cursor.execute("SELECT count(*) FROM records_delegation")
        assert cursor.fetchone() == (1,)
    with acting_as(carer().acting), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_delegation")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("who", ["patient", "carer"])
def test_either_ends_it_at_any_time(who: str):
    viewer, row, helper, delegation = cared()
    by = viewer if who == "patient" else helper
    delegation_end(delegation=access_delegation(by, delegation.pk), by=by)
    assert chart_of(helper, row.pk) == []
    assert not patients_visible_to(helper).exists()
    assert cared_for(helper) == []
    assert carers_of(row) == []
    ended = delegation_end(delegation=delegation, by=viewer)
    assert ended.ended_by == by.user
    assert AuditEvent.objects.filter(name="delegation.ended").count() == 1


def test_it_ends_by_itself_and_the_same_person_can_be_named_again():
    viewer, row, helper, delegation = cared()
    Delegation.objects.update(ends_at=timezone.now())
    EffectiveAccess.objects.filter(delegation=delegation).update(ends_at=timezone.now())
    assert chart_of(helper, row.pk) == []
    assert cared_for(helper) == []
    again = delegation_accept(delegation=offered(viewer, row, helper), by=helper)
    assert again.pk != delegation.pk
    assert len(chart_of(helper, row.pk)) == 3


def test_strangers_end_nothing():
    _viewer, _row, _helper, delegation = cared()
    for other in (carer(), clinician(), registrar()):
        with pytest.raises(NotFound):
            access_delegation(other, delegation.pk)
        with pytest.raises(Forbidden):
            delegation_end(delegation=delegation, by=other)


def test_a_carer_who_may_share_shares_and_ends_and_it_says_who_did():
    _viewer, row, helper, _ = cared(may_share=True)
    doctor = clinician()
    consent = consent_grant(
        patient=row, grantee=doctor.user, scope=Scope.RESULTS, last_day=TODAY() + SOON, by=helper
    )
    assert chart_of(doctor, row.pk)
    [statement] = consent.statements.all()
    text = Signed(statement_document(statement)).text
    assert text.startswith(
        "For the person whose record this is, Dana Carer (carer) lets Dr Test see"
    )
    event = AuditEvent.objects.get(name="consent.granted")
    assert (event.actor_id, event.role) == (own_actor(helper.user.pk), "carer")
    assert (event.subject, event.purpose) == (pseudonym(row.pk), "carer")
    assert told(event, row.pk).target == f"Consent/{consent.pk}"
    consent_revoke(consent=access_consent(helper, consent.pk), by=helper)
    assert chart_of(doctor, row.pk) == []


def test_a_carer_who_may_not_share_sees_the_grants_and_changes_none():
    viewer, row, helper, _ = cared()
    doctor = clinician()
    consent = consent_grant(
        patient=row, grantee=doctor.user, scope=Scope.RESULTS, last_day=TODAY() + SOON, by=viewer
    )
    assert str(access_consent(helper, consent.pk).pk) == str(consent.pk)
    with pytest.raises(Forbidden):
        consent_revoke(consent=consent, by=helper)
    with pytest.raises(Forbidden):
        consent_grant(
            patient=row, grantee=helper.user, scope=Scope.RESULTS, last_day=TODAY(), by=helper
        )
    with pytest.raises(NotFound):
        access_consent(doctor, consent.pk)
    with pytest.raises(NotFound):
        access_person(doctor, row.pk)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"last_day": date(2020, 1, 1)}, Invalid),
        ({"last_day": date(9999, 12, 31)}, Invalid),
        ({"email": "self"}, Invalid),
    ],
)
def test_what_makes_no_sense_is_refused(change, error):
    viewer, row = record()
    wanted = {"email": "a@example.org", "last_day": TODAY(), "may_share": False} | change
    if wanted["email"] == "self":
        wanted["email"] = viewer.user.email
    with pytest.raises(error):
        carer_offer(patient=row, by=viewer, **wanted)
    assert not Delegation.objects.exists()


def test_the_same_person_is_named_once_and_by_the_patient_alone():
    viewer, row = record()
    helper = carer()
    offered(viewer, row, helper)
    with pytest.raises(Conflict):
        offered(viewer, row, helper)
    with pytest.raises(Forbidden):
        offered(helper, row, helper)


# -- parents ---------------------------------------------------------------------------------------


def child(clerk: Viewer, years: int = 5) -> tuple[Patient, date]:
    born = TODAY().replace(day=1) - timedelta(days=365 * years)
    return registered(clerk, given="Toni", born=born), born


def parent_of(
    row: Patient, clerk: Viewer, last_day: date, to: Viewer, **more: object
) -> Delegation:
    wanted = {"kind": "parent", "may_share": True, "reason": "Birth certificate"} | more
    return guardian_offer(patient=row, email=to.user.email, last_day=last_day, by=clerk, **wanted)  # type: ignore[arg-type]


def test_a_registrar_sets_up_a_parent_until_the_child_is_of_age():
    clerk, mother = registrar(), carer()
    row, born = child(clerk)
    last = majority(born) - timedelta(days=1)
    made = delegation_accept(delegation=parent_of(row, clerk, last, mother), by=mother)
    assert made.last_day == last
    assert len(chart_of(mother, row.pk)) == 1
    with pytest.raises(Conflict):
        parent_of(row, clerk, last, mother)
    delegation_end(delegation=access_delegation(clerk, made.pk), by=clerk)
    assert chart_of(mother, row.pk) == []


def test_nobody_is_a_parent_beyond_the_18th_birthday():
    clerk = registrar()
    row, born = child(clerk)
    with pytest.raises(Invalid):
        parent_of(row, clerk, majority(born), carer())
    grown, _ = child(clerk, years=19)
    with pytest.raises(Invalid):
        parent_of(grown, clerk, TODAY(), carer())
    assert parent_of(grown, clerk, TODAY(), carer(), kind="guardian")


def test_only_the_childs_own_registrar_with_a_reason():
    clerk = registrar()
    row, _ = child(clerk)
    for by, error in ((registrar(), NotFound), (clinician(clerk.organisation), Forbidden)):
        with pytest.raises(error):
            parent_of(row, by, TODAY(), carer())
    for change in ({"reason": " "}, {"kind": "carer"}):
        with pytest.raises(Invalid):
            parent_of(row, clerk, TODAY(), carer(), **change)


def test_who_was_born_on_a_leap_day_is_of_age_on_the_first_of_march():
    assert majority(date(2008, 2, 29)) == date(2026, 3, 1)


def test_the_list_of_carers_costs_the_same_for_any_number(makes_queries):
    viewer, row = record()
    for number in range(1, 5):
        carer_offer(
            patient=row, email=f"{number}@example.org", last_day=TODAY(), may_share=False, by=viewer
        )
        with makes_queries(2):  # the rows, the key
            assert len(carers_of(row)) == number
