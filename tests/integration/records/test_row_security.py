"""The second lock: with every filter of the application left out, PostgreSQL alone says who sees what."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection, connections, transaction
from django.utils import timezone

from accounts.models import Organisation
from accounts.viewer import Viewer
from core import checks
from core.acting import NOBODY, SETTING, Acting, act, acting_as, portal_acts, token
from core.registry import registry
from core.row_security import _policy_digest, policy_of
from oversight.models import Case
from records.access import patients_visible_to, versions_visible_to
from records.models import EffectiveAccess, Patient, Scope
from records.services.consents import consent_grant, consent_revoke
from tests.factories.people import OrganisationFactory, clinician
from tests.factories.records import (
    allergy,
    imported,
    observation,
    organization,
    patient,
    patient_with_record,
    written_by,
)

pytestmark = pytest.mark.django_db
TABLES = (
    "records_version", "records_record", "records_patient", "records_consent",
    "records_consentstatement", "records_effectiveaccess",
)  # fmt: skip
OF_PATIENTS = {
    "records_version": "patient_id IS NOT NULL",
    "records_record": "patient_id IS NOT NULL",
}


def rows(table: str) -> list[object]:
    """A raw SELECT: what any mistake in a view could ask."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} WHERE {OF_PATIENTS.get(table, 'true')}")
        return [row[0] for row in cursor.fetchall()]


def seen() -> dict[str, int]:
    return {table: len(rows(table)) for table in TABLES}


# Auditors go through all cases; what was asked and answered lies under the patient's key.
OPEN = {Case}
NOTHING = dict.fromkeys(TABLES, 0)


@contextmanager
def claiming(text: str) -> Iterator[None]:
    """The setting as somebody who can slip in SQL could set it."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT set_config('{SETTING}', %s, true)", [text])
        yield
        transaction.set_rollback(True)


@pytest.fixture
def shared(registry: object) -> tuple[Viewer, Patient, Viewer]:
    """A person, their record, and the clinician with whose hospital they share the results."""
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), allergy(about), about=about)
    doctor = clinician()
    assert doctor.organisation
    tomorrow = timezone.now().date() + timedelta(days=1)
    consent_grant(
        patient=row, grantee=doctor.organisation, scope=Scope.RESULTS, last_day=tomorrow, by=viewer
    )
    return viewer, row, doctor


def test_another_clinician_gets_no_row_of_any_table(shared):
    with acting_as(clinician().acting):
        assert seen() == NOTHING


def test_without_anybody_there_is_the_directory_alone(shared):
    imported(organization())
    with acting_as(NOBODY):
        assert seen() == NOTHING
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM records_version")
            assert cursor.fetchone() == (1,)


def test_the_person_gets_their_own_and_the_grantee_what_was_granted(shared):
    viewer, _row, doctor = shared
    with acting_as(viewer.acting):
        own = seen()
    assert own == {
        "records_version": 3, "records_record": 3, "records_patient": 1, "records_consent": 1,
        "records_consentstatement": 1, "records_effectiveaccess": 1,
    }  # fmt: skip
    with acting_as(doctor.acting):
        granted = seen()
    assert (granted["records_version"], granted["records_patient"]) == (2, 1)


def test_the_two_locks_agree_for_everybody(shared):
    viewer, _row, doctor = shared
    hospital: Organisation = OrganisationFactory()
    author = clinician(hospital)
    about = patient()
    weight = observation(about, **written_by(hospital.pk))
    imported(organization(hospital.pk), about, weight)
    for who in (viewer, doctor, author, clinician()):
        gates = set(versions_visible_to(who).values_list("pk", flat=True))
        people = set(patients_visible_to(who).values_list("pk", flat=True))
        with acting_as(who.acting), connection.cursor() as cursor:
            cursor.execute("SELECT id FROM records_version")
            assert {r[0] for r in cursor.fetchall()} == gates
            assert set(rows("records_patient")) == people


def test_what_is_ended_is_gone_at_once(shared):
    viewer, row, doctor = shared
    consent_revoke(consent=row.consents.get(), by=viewer)
    with acting_as(doctor.acting):
        # That there was a grant to them is no news to them.
        assert seen() == NOTHING | {"records_consent": 1, "records_consentstatement": 2}


def test_what_has_run_out_is_gone(shared):
    _viewer, _row, doctor = shared
    EffectiveAccess.objects.filter(reason="consent").update(ends_at=timezone.now())
    with acting_as(doctor.acting):
        assert (len(rows("records_version")), len(rows("records_patient"))) == (0, 0)


# -- who forges gets nothing -----------------------------------------------------------------------


def forged(viewer: Viewer) -> Iterator[str]:
    good = token(viewer.acting)
    reach, keeping, portal, expires, mac = good.split("|")
    foreign = token(Acting((uuid4(),))).split("|")
    yield "|".join([reach, keeping, portal, expires, "0" * 64])
    yield "|".join([reach, keeping, portal, expires, foreign[4]])
    yield "|".join([foreign[0], keeping, "1", expires, foreign[4]])
    yield "|".join([reach, keeping, "1", expires, mac])
    yield "|".join([reach, reach, portal, expires, mac])
    yield "|".join([reach, keeping, portal, str(int(expires) + 1), mac])
    yield from (reach, "", "|", "||||", "|||||", f"{good}|", good[:-1], good.upper(), " " + good)


def test_a_forged_setting_opens_nothing(shared):
    viewer, _row, _doctor = shared
    for text in forged(viewer):
        with claiming(text):
            assert seen() == NOTHING, text
    with claiming(token(viewer.acting)):
        assert seen() != NOTHING


def test_a_setting_runs_out(shared, monkeypatch):
    viewer, _row, _doctor = shared
    long_ago = time.time() - 7200
    monkeypatch.setattr("core.acting.time.time", lambda: long_ago)
    with claiming(token(viewer.acting)):
        assert seen() == NOTHING


def test_the_portal_s_role_can_neither_read_the_key_nor_lift_the_lock(shared):
    for statement in (
        "SELECT * FROM salus_acting_key",
        "ALTER TABLE records_version DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE records_version NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY salus ON records_version",
        "CREATE POLICY more ON records_version USING (true)",
        "CREATE OR REPLACE FUNCTION salus_reach() RETURNS uuid[] LANGUAGE sql AS 'SELECT NULL'",
        "SET ROLE salus_owner",
    ):
        with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)


def test_the_portal_s_role_is_nobody_special():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication "
            "FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False,) * 5
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        assert cursor.fetchone() == (0,)


def test_a_role_that_could_lift_the_lock_is_refused(monkeypatch, settings):
    assert checks.portal_role(databases=["default"]) == []
    assert checks.portal_role(databases=["owner"]) == []
    for production, answer, words, serious in (
        (False, "true, false", "superuser", True),
        (False, "false, true", "owns the tables", False),
        (True, "false, true", "owns the tables", True),
    ):
        settings.PRODUCTION = production
        monkeypatch.setattr(checks, "ROLE", f"SELECT {answer}")
        [found] = checks.portal_role(databases=["default"])
        assert (words in found.msg, found.is_serious()) == (True, serious)


def test_not_even_the_owner_passes_by(shared):
    database = connection.settings_dict["NAME"]
    owner = connections["owner"].settings_dict
    with psycopg.connect(
        host=owner["HOST"], user=owner["USER"], password=owner["PASSWORD"], dbname=database
    ) as other:
        found = other.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
        ).fetchall()
    assert {name for [name] in found} >= set(TABLES)


# -- for how long it holds -------------------------------------------------------------------------


def test_an_inner_part_gives_back_what_was_before(shared):
    viewer, _row, doctor = shared
    with acting_as(doctor.acting):
        before = seen()
        with portal_acts():
            assert len(rows("records_version")) == 3
        assert seen() == before
        with pytest.raises(ZeroDivisionError), acting_as(viewer.acting):
            raise ZeroDivisionError
        assert seen() == before


@pytest.mark.django_db(transaction=True)
def test_a_pooled_connection_forgets_whom_it_served(shared):
    viewer, _row, _doctor = shared
    with connection.cursor() as cursor:
        # As outside the tests, where nobody acts unless somebody says so.
        cursor.execute(f"SELECT set_config('{SETTING}', '', false)")
        cursor.execute("SELECT pg_backend_pid()")
        backend = cursor.fetchone()
    with transaction.atomic():
        act(viewer.acting)
        assert len(rows("records_version")) == 3
    assert seen() == NOTHING
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        assert cursor.fetchone() == backend
    connection.close()  # back to the pool; the next test gets a fresh one
    connection.close_pool()


# -- nothing is forgotten --------------------------------------------------------------------------


def test_every_table_with_a_patient_in_it_is_locked():
    locked = {rule.model for rule in registry.row_rules}
    with_patient = {
        model
        for model in apps.get_models()
        if any(field.related_model is Patient for field in model._meta.concrete_fields)
    }
    assert (with_patient | {Patient}) - OPEN <= locked


@pytest.mark.django_db(databases=["default", "owner"])
def test_the_database_holds_the_rules_of_the_code():
    with connection.cursor() as cursor:
        for rule in registry.row_rules:
            expected = hashlib.sha256(policy_of(rule).encode()).hexdigest()
            assert _policy_digest(cursor, rule.model._meta.db_table) == expected
