"""Merging and unmerging: two people, new versions, the same answer from both locks, all as before."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Role
from accounts.viewer import Viewer, viewer_for
from core.acting import acting_as
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.models import DataKey
from records.access import patients_visible_to, versions_visible_to
from records.models import EffectiveAccess, Patient, PatientMerge, Scope, Version
from records.selectors import chart_of, opened, patients_listed
from records.services.consents import consent_grant, consent_revoke
from records.services.delegations import carer_offer, delegation_accept
from records.services.merging import merge_confirm, merge_propose, merge_refuse, merge_undo
from records.services.people import patient_link
from records.services.registration import code_issue, code_redeem
from tests.factories.people import UserFactory, clinician, member, with_address
from tests.factories.records import imported, observation
from tests.factories.registering import KIM, registered, registrar

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registry", "clean_cache")]
LATER = timedelta(days=30)


class Case:
    """An owner with a record, a double of it with an entry of its own, and two who decide."""

    def __init__(self) -> None:
        self.clerk = registrar()
        self.second = member(Role.MANAGER, self.clerk.organisation)
        self.stays, self.double = registered(self.clerk), registered(self.clerk, phone="")
        for row in (self.stays, self.double):
            imported(observation({"id": str(row.pk)}) | _about(row))
        self.owner = viewer_for(UserFactory())
        patient_link(patient=self.stays, account=self.owner.user)
        self.stays.refresh_from_db()

    def proposed(
        self, retired: Patient | None = None, survivor: Patient | None = None
    ) -> PatientMerge:
        return merge_propose(
            retired=(retired or self.double).pk, survivor=(survivor or self.stays).pk,
            reason="One and the same Kim", by=self.clerk,
        )  # fmt: skip

    def merged(
        self, retired: Patient | None = None, survivor: Patient | None = None
    ) -> PatientMerge:
        return merge_confirm(merge=self.proposed(retired, survivor), by=self.second)

    def shared(self, to: Viewer, scope: Scope = Scope.EVERYTHING):
        return consent_grant(
            patient=self.stays, grantee=to.user, scope=scope, by=self.owner,
            last_day=timezone.now().date() + LATER,
        )  # fmt: skip


def _about(row: Patient) -> dict[str, object]:
    return {"subject": {"reference": f"Patient/{row.pk}"}}


@pytest.fixture
def case() -> Case:
    return Case()


def both_locks(viewer: Viewer) -> set[int]:
    """What somebody sees of patients; the gates and the database must say the same."""
    gates = set(versions_visible_to(viewer).exclude(patient=None).values_list("pk", flat=True))
    people = set(patients_visible_to(viewer).values_list("pk", flat=True))
    with acting_as(viewer.acting), connection.cursor() as cursor:
        cursor.execute("SELECT id FROM records_version WHERE patient_id IS NOT NULL")
        assert {r[0] for r in cursor.fetchall()} == gates
        cursor.execute("SELECT id FROM records_patient")
        assert {r[0] for r in cursor.fetchall()} == people
    return gates


def entries(viewer: Viewer, row: Patient) -> list[str]:
    return sorted(o.version.type for o in chart_of(viewer, row.pk))


BOTH = ["Observation", "Observation", "Patient", "Patient"]


def test_nothing_changes_before_a_second_person_confirms(case: Case):
    merge = case.proposed()
    assert entries(case.owner, case.stays) == ["Observation", "Patient"]
    with pytest.raises(Forbidden):
        merge_confirm(merge=merge, by=case.clerk)
    with pytest.raises(NotFound):
        merge_confirm(merge=merge, by=registrar())
    merge_confirm(merge=merge, by=case.second)
    assert entries(case.owner, case.stays) == BOTH


def test_whoever_may_see_the_survivor_sees_the_other_too_while_merged(case: Case):
    doctor, narrow, stranger = clinician(), clinician(), clinician()
    helper = with_address(viewer_for(UserFactory()))
    case.shared(doctor)
    delegation_accept(
        delegation=carer_offer(
            patient=case.stays, email=helper.user.email, may_share=False, by=case.owner,
            last_day=timezone.now().date() + LATER,
        ),
        by=helper,
    )  # fmt: skip
    everybody = (case.owner, doctor, narrow, helper, stranger, case.clerk, case.second)
    before = [both_locks(viewer) for viewer in everybody]
    rows = list(EffectiveAccess.objects.order_by("pk").values())

    merge = case.merged()
    case.shared(narrow, Scope.RESULTS)  # what is granted meanwhile reaches both as well
    assert entries(case.owner, case.stays) == entries(doctor, case.stays) == BOTH
    assert entries(helper, case.stays) == entries(narrow, case.stays) == BOTH
    assert entries(stranger, case.stays) == []
    for viewer in everybody:
        both_locks(viewer)

    consent_revoke(consent=case.stays.consents.latest("created_at"), by=case.owner)
    assert both_locks(narrow) == set()

    merge_undo(merge=merge, reason="Two sisters", by=case.clerk)
    assert (
        entries(case.owner, case.stays) == entries(doctor, case.stays) == ["Observation", "Patient"]
    )
    assert list(EffectiveAccess.objects.order_by("pk").values()) == rows
    numbers = dict(Version.objects.filter(current=False).values_list("pk", "current"))
    for seen, viewer in zip(before, everybody, strict=True):
        # Whatever they saw they see, and else only newer versions of the same Patient resources.
        new = Version.objects.filter(pk__in=both_locks(viewer) - seen)
        assert seen <= both_locks(viewer)
        assert set(new.values_list("type", flat=True)) <= {"Patient"}
        known = Version.objects.filter(pk__in=seen, type="Patient").values("record")
        assert not new.exclude(record__in=known).exists()
    assert numbers


def test_both_say_of_each_other_what_they_are_and_nothing_is_overwritten(case: Case):
    first = {o.version.patient_id: o.document for o in _patients()}
    merge = case.merged()
    said = {o.version.patient_id: o.resource for o in _patients()}
    assert said[case.double.pk]["active"] is False
    assert said[case.double.pk]["link"] == [
        {"other": {"reference": f"Patient/{case.stays.pk}"}, "type": "replaced-by"}
    ]
    assert said[case.stays.pk]["link"][0]["type"] == "replaces"
    merge_undo(merge=merge, reason="Two sisters", by=case.second)
    said = {o.version.patient_id: o.resource for o in _patients()}
    assert "link" not in said[case.double.pk]
    assert "link" not in said[case.stays.pk]
    assert said[case.double.pk]["active"] is True
    old = Version.objects.filter(type="Patient", number=1).select_related("record")
    assert {o.version.patient_id: o.document for o in opened(old)} == first
    assert sorted(Version.objects.filter(type="Patient").values_list("number", flat=True)) == [
        1, 1, 2, 2, 3, 3,
    ]  # fmt: skip


def _patients():
    return opened(Version.objects.filter(type="Patient", current=True).select_related("record"))


def test_a_list_of_patients_shows_the_surviving_one_alone(case: Case):
    doctor = clinician()
    case.shared(doctor)
    case.merged()
    assert [p for p, _ in patients_listed(doctor)] == [case.stays]


def test_a_merged_record_can_not_be_claimed(case: Case):
    code, _ = code_issue(patient_id=case.double.pk, by=case.clerk)
    case.merged()
    with pytest.raises(Invalid):
        code_redeem(code=code, family="Testfield", born=KIM["born"], by=viewer_for(UserFactory()))
    with pytest.raises(Conflict):
        code_issue(patient_id=case.double.pk, by=case.clerk)


def test_a_chain_of_merges_shows_all_and_comes_apart_link_by_link(case: Case):
    third = registered(case.clerk, given="Kimberly")
    imported(observation({"id": str(third.pk)}) | _about(third))
    inner = case.merged(retired=third, survivor=case.double)
    outer = case.merged()
    third.refresh_from_db()
    assert third.merged_into == case.stays
    assert len(entries(case.owner, case.stays)) == 6
    both_locks(case.owner)
    merge_undo(merge=inner, reason="Somebody else", by=case.clerk)
    assert entries(case.owner, case.stays) == BOTH
    merge_undo(merge=outer, reason="Somebody else", by=case.clerk)
    assert entries(case.owner, case.stays) == ["Observation", "Patient"]
    assert not EffectiveAccess.objects.exclude(origin=None).exists()


def test_there_are_no_circles_and_no_second_merge(case: Case):
    third = registered(case.clerk, given="Kimberly")
    case.merged()
    for retired, survivor in (
        (case.stays, case.double), (case.double, third), (third, case.double), (third, third),
    ):  # fmt: skip
        with pytest.raises(Conflict):
            case.proposed(retired, survivor)


def test_the_one_with_the_account_stays_and_two_accounts_are_refused(case: Case):
    with pytest.raises(Conflict, match="has to be the one that stays"):
        case.proposed(retired=case.stays, survivor=case.double)
    waiting = case.proposed()
    patient_link(patient=case.double, account=UserFactory())
    with pytest.raises(Conflict, match="Both records belong to accounts"):
        merge_confirm(merge=waiting, by=case.second)
    assert entries(case.owner, case.stays) == ["Observation", "Patient"]


def test_an_erased_patient_is_refused(case: Case):
    DataKey.objects.filter(owner_id=case.double.pk).update(
        wrapped=None, destroyed_at=timezone.now()
    )
    with pytest.raises((Conflict, NotFound)):
        case.proposed()


def test_only_the_office_of_both_patients_proposes_and_with_a_reason(case: Case):
    foreign = registered(registrar())
    with pytest.raises(NotFound):
        case.proposed(retired=foreign)
    with pytest.raises(Forbidden):
        merge_propose(
            retired=case.double.pk, survivor=case.stays.pk, reason="x",
            by=clinician(case.clerk.organisation),
        )  # fmt: skip
    with pytest.raises(Invalid):
        merge_propose(retired=case.double.pk, survivor=case.stays.pk, reason="", by=case.clerk)


def test_what_was_refused_or_undone_is_decided(case: Case):
    merge = merge_refuse(merge=case.proposed(), by=case.second)
    for again in (
        lambda: merge_confirm(merge=merge, by=case.second),
        lambda: merge_undo(merge=merge, reason="why", by=case.second),
    ):
        with pytest.raises(Conflict):
            again()
    assert case.merged().state == "merged"
