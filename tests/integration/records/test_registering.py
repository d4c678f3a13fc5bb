"""From a chart to an account: registering, finding doubles, the printed code, and claiming."""

from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from accounts.models import Role
from accounts.viewer import Viewer, viewer_for
from core.acting import acting_as
from core.audit import own_actor, pseudonym
from core.errors import Conflict, Forbidden, Invalid, NotFound, TooMany
from core.keys import Owner
from core.models import AuditEvent, DataKey
from records.blind_index import Demographics
from records.likeness import Grade
from records.models import ActivationCode, EffectiveAccess, Patient, PatientHash, Scope, Version
from records.registry import access_administered, patients_found
from records.selectors import chart_of, opened, own_patient
from records.services.consents import consent_grant
from records.services.index import index_rebuild
from records.services.matching import patient_match
from records.services.people import patient_link, patient_unlink
from records.services.registration import (
    ATTEMPTS,
    LooksKnown,
    code_issue,
    code_redeem,
    patient_register,
)
from tests.factories.audit import told
from tests.factories.people import OrganisationFactory, UserFactory, clinician, member
from tests.factories.records import imported, observation, patient
from tests.factories.registering import KIM, described, details, registered, registrar

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
KNOWN = {"family": KIM["family"], "born": KIM["born"]}


def person() -> Viewer:
    return viewer_for(UserFactory())


# -- registering -----------------------------------------------------------------------------------


def test_a_registered_patient_is_a_fhir_patient_by_the_organisation():
    clerk = registrar()
    row = registered(clerk)
    version = Version.objects.get(patient=row)
    [found] = opened([version])
    assert (version.number, version.author_id) == (1, clerk.organisation.pk)
    assert found.resource["name"] == [
        {"use": "official", "family": "Testfield", "given": ["Kim", "Lee"]}
    ]
    assert found.resource["birthDate"] == "1980-02-29"
    assert AuditEvent.objects.get(name="patient.registered").subject == pseudonym(row.pk)


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.MANAGER, Role.NURSE])
def test_only_registrars_register(role: Role):
    with pytest.raises(Forbidden):
        patient_register(details=details(), by=member(role))
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    "change", [{"born": date(2999, 1, 1)}, {"born": date(1492, 1, 1)}, {"gender": "both"}]
)
def test_what_can_not_be_is_refused(change):
    with pytest.raises(Invalid):
        patient_register(details=details(**change), by=registrar())
    assert not Patient.objects.exists()


def test_who_looks_known_is_registered_with_a_reason_alone():
    clerk = registrar()
    first = registered(clerk)
    with pytest.raises(LooksKnown) as refused:
        patient_register(details=details(phone="", email=""), by=clerk)
    assert [c.patient for c in refused.value.candidates] == [first]
    assert refused.value.candidates[0].grade == Grade.CERTAIN
    assert Patient.objects.count() == 1
    patient_register(details=details(), by=clerk, reason="Twins with one name")
    assert Patient.objects.count() == 2


def test_a_double_is_found_whoever_registered_it_and_the_person_is_told():
    row = registered(registrar())
    other = registrar()
    found = patient_match(resource=described(other, family="Tesfield"), by=other)
    assert [c.patient for c in found] == [row]
    seen = AuditEvent.objects.get(name="patient.matched", actor_id=other.user.pk)
    assert seen.subject == pseudonym(row.pk)


def test_somebody_else_is_no_candidate():
    clerk = registrar()
    registered(clerk)
    wanted = described(clerk, family="Elsewhere", given="Max", born=date(1999, 5, 5), phone="", email="",
                     identifier="B-2")  # fmt: skip
    assert patient_match(resource=wanted, by=clerk) == []


def test_looking_for_people_has_a_limit(settings):
    clerk = registrar()
    settings.ACCOUNT_RATE_LIMITS = {"patient_match": "2/h/user"}
    resource = described(clerk)
    patient_match(resource=resource, by=clerk)
    patient_match(resource=resource, by=clerk)
    with pytest.raises(TooMany):
        patient_match(resource=resource, by=clerk)


def test_an_erased_patient_is_found_no_more():
    clerk = registrar()
    row = registered(clerk)
    DataKey.objects.filter(owner_id=Owner.patient(row.pk).id).update(
        wrapped=None, destroyed_at=timezone.now()
    )
    resource = described(clerk)
    assert patient_match(resource=resource, by=clerk) == []


# -- the blind index -------------------------------------------------------------------------------


def test_imported_patients_are_in_the_index_and_a_rebuilt_one_is_the_same():
    about = patient(telecom=[{"system": "phone", "value": "+1 555 0100 200"}])
    imported(about)
    before = set(PatientHash.objects.values_list("patient", "kind", "digest"))
    assert {kind for _, kind, _ in before} == {"family", "sound", "given", "born", "phone"}
    assert len(before) == len(Demographics.of(about).digests())
    PatientHash.objects.all().delete()
    assert index_rebuild() == 1
    assert {
        (p, k, bytes(d)) for p, k, d in PatientHash.objects.values_list("patient", "kind", "digest")
    } == {(p, k, bytes(d)) for p, k, d in before}


def test_nobody_but_the_portal_reads_the_index():
    clerk = registrar()
    row = registered(clerk)
    owner = person()
    patient_link(patient=row, account=owner.user)
    for viewer in (clerk, owner, clinician(clerk.organisation)):
        with acting_as(viewer.acting), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM records_patienthash")
            assert cursor.fetchone() == (0,)


def test_an_organisation_finds_its_own_patients_by_name_and_birth_date():
    clerk = registrar()
    row, other = registered(clerk), registered(clerk, family="Elsewhere", born=date(1999, 5, 5))
    registered(registrar())
    assert set(patients_found(clerk)) == {row, other}
    assert list(patients_found(clerk, name="TESTFÍELD")) == [row]
    assert list(patients_found(clerk, born="1999-05-05")) == [other]
    assert list(patients_found(clerk, name="Testfield", born="1999-05-05")) == []


def test_a_foreign_patient_is_not_there_and_a_clinician_is_no_registrar():
    row = registered(registrar())
    with pytest.raises(NotFound):
        access_administered(registrar(), row.pk)
    with pytest.raises(Forbidden):
        access_administered(clinician(), row.pk)


def test_who_was_imported_with_nobody_is_administered_by_the_home_organisation():
    about = patient()
    imported(about)
    with pytest.raises(NotFound):
        access_administered(registrar(), about["id"])
    home = registrar(OrganisationFactory(home=True))
    assert access_administered(home, about["id"]).resource["id"] == about["id"]


# -- the code --------------------------------------------------------------------------------------


def test_the_code_and_what_the_person_knows_make_the_record_theirs():
    clerk = registrar()
    row = registered(clerk)
    code, made = code_issue(patient_id=row.pk, by=clerk)
    assert len(code.replace("-", "")) * 5 >= 80
    assert code.encode() not in bytes(made.digest)
    claimer = person()
    code_redeem(
        code=f" {code.lower().replace('-', ' ')} ", family="testfield", born=KIM["born"], by=claimer
    )
    assert own_patient(claimer) == row
    assert len(chart_of(claimer, row.pk)) == 1
    linked = AuditEvent.objects.get(name="patient.linked")
    assert (linked.actor_id, linked.subject) == (own_actor(claimer.user.pk), pseudonym(row.pk))
    assert told(linked, row.pk).target == f"User/{claimer.user.pk}"


def test_an_imported_patient_is_claimed_the_same_way():
    about = patient()
    imported(about, observation(about))
    clerk = registrar(OrganisationFactory(home=True))
    code, _ = code_issue(patient_id=about["id"], by=clerk)
    claimer = person()
    code_redeem(code=code, family="Testfield", born=date(1980, 2, 29), by=claimer)
    assert len(chart_of(claimer, about["id"])) == 2


@pytest.mark.parametrize(
    "said",
    [{"family": "Testfeld"}, {"born": date(1980, 2, 28)}, {"code": "AAAAA-AAAAA-AAAAA-AAAAA"}],
)
def test_whatever_is_wrong_the_words_are_the_same(said):
    clerk = registrar()
    code, _ = code_issue(patient_id=registered(clerk).pk, by=clerk)
    with pytest.raises(Invalid, match="do not fit together"):
        code_redeem(**({"code": code, "by": person()} | KNOWN | said))
    assert not Patient.objects.exclude(account=None).exists()
    assert AuditEvent.objects.filter(name="patient.code-refused").count() == 1


def test_wrong_answers_lock_the_code():
    clerk = registrar()
    code, made = code_issue(patient_id=registered(clerk).pk, by=clerk)
    for _ in range(ATTEMPTS):
        with pytest.raises(Invalid):
            code_redeem(code=code, family="Guess", born=KIM["born"], by=person())
    made.refresh_from_db()
    assert made.state == "locked"
    with pytest.raises(Invalid):
        code_redeem(code=code, by=person(), **KNOWN)


def test_an_account_can_not_try_for_ever(settings):
    settings.ACCOUNT_RATE_LIMITS = {"activation": "3/d/user"}
    guesser = person()
    for _ in range(3):
        with pytest.raises(Invalid):
            code_redeem(code="guess", by=guesser, **KNOWN)
    with pytest.raises(TooMany):
        code_redeem(code="guess", by=guesser, **KNOWN)


def test_a_new_code_ends_the_old_one_and_a_used_one_is_used():
    clerk = registrar()
    row = registered(clerk)
    old, _ = code_issue(patient_id=row.pk, by=clerk)
    new, _ = code_issue(patient_id=row.pk, by=clerk)
    with pytest.raises(Invalid):
        code_redeem(code=old, by=person(), **KNOWN)
    code_redeem(code=new, by=person(), **KNOWN)
    with pytest.raises(Invalid):
        code_redeem(code=new, by=person(), **KNOWN)
    assert sorted(ActivationCode.objects.values_list("state", flat=True)) == ["ended", "used"]


def test_a_code_runs_out():
    clerk = registrar()
    code, _ = code_issue(patient_id=registered(clerk).pk, by=clerk)
    ActivationCode.objects.update(expires_at=timezone.now())
    with pytest.raises(Invalid):
        code_redeem(code=code, by=person(), **KNOWN)


def test_there_is_no_code_for_a_record_with_an_owner_or_of_somebody_elses_patient():
    clerk = registrar()
    row = registered(clerk)
    with pytest.raises(NotFound):
        code_issue(patient_id=row.pk, by=registrar())
    patient_link(patient=row, account=UserFactory())
    with pytest.raises(Conflict):
        code_issue(patient_id=row.pk, by=clerk)


def test_an_account_has_one_record():
    clerk = registrar()
    code, made = code_issue(patient_id=registered(clerk).pk, by=clerk)
    owner = person()
    patient_link(patient=registered(clerk), account=owner.user)
    with pytest.raises(Conflict):
        code_redeem(code=code, by=owner, **KNOWN)
    made.refresh_from_db()
    assert (made.state, made.attempts) == ("live", 0)


# -- the wrong person ------------------------------------------------------------------------------


def test_the_home_organisations_manager_takes_a_record_from_the_wrong_account(registry):
    home = OrganisationFactory(home=True)
    row = registered(registrar(home))
    wrong = person()
    patient_link(patient=row, account=wrong.user)
    friend = clinician()
    consent = consent_grant(
        patient=Patient.objects.get(pk=row.pk), grantee=friend.user, scope=Scope.EVERYTHING,
        last_day=timezone.now().date() + timedelta(days=5), by=wrong,
    )  # fmt: skip
    assert chart_of(friend, row.pk)

    patient_unlink(patient=row, reason="The wrong Kim", by=member(Role.MANAGER, home))

    assert own_patient(wrong) is None
    assert chart_of(wrong, row.pk) == chart_of(friend, row.pk) == []
    consent.refresh_from_db()
    assert consent.status == "revoked"
    assert row.links.get().ended_at
    assert not EffectiveAccess.objects.filter(patient=row).exists()
    right = UserFactory()
    assert patient_link(patient=row, account=right).account == right


def test_nobody_else_takes_a_record_away():
    home = OrganisationFactory(home=True)
    row = registered(registrar(home))
    patient_link(patient=row, account=UserFactory())
    for by in (registrar(home), member(Role.MANAGER), clinician(home)):
        with pytest.raises(Forbidden):
            patient_unlink(patient=row, reason="because", by=by)
    with pytest.raises(Invalid):
        patient_unlink(patient=row, reason=" ", by=member(Role.MANAGER, home))
    cache.clear()
