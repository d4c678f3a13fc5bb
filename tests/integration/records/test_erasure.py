"""Erasure: who asks, who decides, and that nothing of the person is left to be read."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from accounts.models import Organisation, Role
from accounts.viewer import Viewer, viewer_for
from chain.canonical import parse
from chain.models import Commitment, Kind, RegistryEntry
from core.errors import Conflict, Forbidden, NotFound
from core.keys import KeyDestroyed, Owner, Sealer, sealer_for
from core.master_key import FileMasterKey, WrongMasterKey
from core.models import AuditEvent, DataKey, KeyEpoch
from records.models import (
    AccountLink,
    Consent,
    Delegation,
    EffectiveAccess,
    ErasureRequest,
    Ground,
    Patient,
    PatientHash,
    Scope,
    Version,
)
from records.selectors import opened
from records.services import erasure
from records.services.consents import consent_grant
from records.services.delegations import carer_offer
from records.services.erasure import (
    erasure_ask,
    erasure_carry_out,
    erasure_decide,
    erasure_document,
    erasure_withdraw,
    erasures_sweep,
)
from records.services.people import patient_link
from tests.factories.keys import key_file
from tests.factories.people import UserFactory, clinician, member
from tests.factories.records import imported, observation
from tests.factories.registering import registered, registrar

__all__ = ["key_file"]
pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("registry", "clean_cache", "key_file"),
]
State = ErasureRequest.State
DAYS = timedelta(days=30)
WORD = "Xanthippe-of-nowhere"


class Story:
    """Somebody with a record that is shared, a carer who was asked, and who decides."""

    def __init__(self) -> None:
        self.clerk = registrar()
        self.patient = registered(self.clerk, given=WORD)
        imported(
            observation({"id": str(self.patient.pk)})
            | {"subject": {"reference": f"Patient/{self.patient.pk}"}, "note": [{"text": WORD}]}
        )
        self.owner = viewer_for(UserFactory())
        patient_link(patient=self.patient, account=self.owner.user)
        self.patient.refresh_from_db()
        self.doctor = clinician()
        last_day = timezone.now().date() + DAYS
        consent_grant(
            patient=self.patient, grantee=self.doctor.user, scope=Scope.EVERYTHING, by=self.owner,
            last_day=last_day,
        )  # fmt: skip
        carer_offer(
            patient=self.patient, email="carer@example.org", may_share=False, by=self.owner,
            last_day=last_day,
        )  # fmt: skip
        home = Organisation.objects.create(name="Home", kind="hospital", home=True)
        self.manager: Viewer = member(Role.MANAGER, home)

    def granted(self) -> ErasureRequest:
        row = erasure_ask(by=self.owner)
        return erasure_decide(request_id=row.pk, ground=Ground.WITHDRAWN, by=self.manager)

    def erased(self) -> ErasureRequest:
        row = self.granted()
        erasure_carry_out(request_id=row.pk)
        row.refresh_from_db()
        return row


@pytest.fixture
def story() -> Story:
    return Story()


# -- asking and deciding ---------------------------------------------------------------------------


def test_one_asks_once_and_for_ones_own_record_alone(story: Story):
    erasure_ask(by=story.owner)
    with pytest.raises(Conflict):
        erasure_ask(by=story.owner)
    with pytest.raises(Forbidden):
        erasure_ask(by=story.doctor)


def test_one_may_take_it_back_before_it_is_decided(story: Story):
    row = erasure_ask(by=story.owner)
    with pytest.raises(NotFound):
        erasure_withdraw(request_id=row.pk, by=story.doctor)
    erasure_withdraw(request_id=row.pk, by=story.owner)
    with pytest.raises(Conflict):
        erasure_decide(request_id=row.pk, ground=Ground.UNLAWFUL, by=story.manager)
    second = story.granted()
    with pytest.raises(Conflict):
        erasure_withdraw(request_id=second.pk, by=story.owner)


def test_only_the_managers_of_who_runs_salus_decide(story: Story):
    row = erasure_ask(by=story.owner)
    for by in (story.owner, story.clerk, story.doctor, member(Role.MANAGER)):
        with pytest.raises(Forbidden):
            erasure_decide(request_id=row.pk, ground=Ground.UNLAWFUL, by=by)


def test_a_refusal_changes_nothing_and_says_why(story: Story):
    row = erasure_ask(by=story.owner)
    erasure_decide(request_id=row.pk, ground=Ground.RETENTION, by=story.manager)
    erasures_sweep()
    row.refresh_from_db()
    assert (row.state, row.ground) == (State.REFUSED, Ground.RETENTION)
    assert len(opened(Version.objects.filter(patient=story.patient))) == 2
    assert story.owner.user.notices.filter(type="erasure-refused").exists()


# -- carrying it out -------------------------------------------------------------------------------


def test_nothing_is_left_to_find_or_read_by(story: Story):
    patient = story.patient
    row = story.erased()
    assert (row.state, row.patient_id) == (State.DONE, None)
    with pytest.raises(KeyDestroyed):
        sealer_for(Owner.patient(patient.pk))
    for version in Version.objects.filter(patient=patient):
        assert not any([version.sealed, version.tokens, version.range_keys, version.handle])
        assert version.began_at is None
    for model in (PatientHash, EffectiveAccess, AccountLink):
        assert not model.objects.filter(patient=patient).exists()
    assert Patient.objects.get(pk=patient.pk).account_id is None
    consent = Consent.objects.get(patient=patient)
    assert consent.status == Consent.Status.REVOKED
    assert RegistryEntry.objects.filter(person_id=patient.pk, action="revoke").exists()
    assert Delegation.objects.get(patient=patient).state == Delegation.State.ENDED
    assert not any(
        Commitment.objects.filter(owner_id=patient.pk).values_list("sealed_salt", flat=True)[0]
    )


def test_the_ledger_says_that_something_was_erased_and_not_whose(story: Story):
    row = story.erased()
    commitment = Commitment.objects.get(kind=Kind.ERASED)
    assert row.commitment == commitment
    document = erasure_document(row)
    assert parse(document)["ground"] == "withdrawn"
    assert str(story.patient.pk) not in commitment.reference + document.decode()


def test_the_person_is_told_when_backups_are_gone(story: Story, settings):
    story.erased()
    notice = story.owner.user.notices.get(type="erasure-done")
    assert notice.mail_state != "none"


def test_audit_rows_stay_and_their_details_are_noise(story: Story):
    before = AuditEvent.objects.count()
    story.erased()
    assert AuditEvent.objects.count() > before
    assert AuditEvent.objects.filter(name="erasure.done").exists()


@pytest.mark.parametrize("step", ["_leaf", "_forget", "key_destroy", "rotate_past", "_finish"])
def test_whoever_is_killed_goes_on(step: str, story: Story, monkeypatch: pytest.MonkeyPatch):
    row = story.granted()

    def killed(*args: Any, **more: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(erasure, step, killed)
        with pytest.raises(SystemExit):
            erasure_carry_out(request_id=row.pk)
    erasures_sweep()
    erasure_carry_out(request_id=row.pk)
    row.refresh_from_db()
    assert row.state == State.DONE
    assert Commitment.objects.filter(kind=Kind.ERASED).count() == 1
    assert list(KeyEpoch.objects.filter(destroyed_at=None).values_list("number", flat=True)) == [2]


# -- yesterday's backup ----------------------------------------------------------------------------


def test_yesterdays_database_opens_nothing_with_todays_master_key(
    story: Story, settings, key_file: Path
):
    owner = Owner.patient(story.patient.pk)
    key = sealer_for(owner).key
    sealed = bytes(Version.objects.filter(patient=story.patient)[0].sealed)
    with (
        connection.cursor() as cursor
    ):  # the backup: all rows as they are, in a schema of their own
        cursor.execute("CREATE TEMP TABLE old_keys AS SELECT * FROM core_datakey")
        cursor.execute("CREATE TEMP TABLE old_epochs AS SELECT * FROM core_keyepoch")
        cursor.execute("CREATE TEMP TABLE old_versions AS SELECT * FROM records_version")
    story.erased()
    settings.MASTER_KEY = key_file.read_text().strip()
    master = FileMasterKey.of(settings.MASTER_KEY)
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, wrapped FROM old_epochs WHERE wrapped IS NOT NULL")
        epochs = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM old_versions WHERE sealed <> ''")
        assert cursor.fetchone()[0]
    assert epochs
    for number, wrapped in epochs:
        for name in (number, master.epoch):
            with pytest.raises(WrongMasterKey):
                master.unwrap(bytes(wrapped), name)
    # Restored over today's rows, the portal itself opens nothing either.
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_keyepoch e SET wrapped = o.wrapped, destroyed_at = NULL "
            "FROM old_epochs o WHERE o.number = e.number"
        )
        cursor.execute(
            "UPDATE core_datakey k SET wrapped = o.wrapped, destroyed_at = NULL, epoch_id = o.epoch_id "
            "FROM old_keys o WHERE o.id = k.id"
        )
    with pytest.raises(WrongMasterKey):
        sealer_for(owner)
    # The test would notice: with the key itself the backup does open.
    assert Sealer(owner, key).key == key
    assert sealed not in [bytes(v) for v in Version.objects.values_list("sealed", flat=True)]


def test_no_table_holds_words_wrapped_keys_or_sealed_bytes(story: Story):
    wrapped = bytes(DataKey.objects.get(owner_id=story.patient.pk).wrapped or b"")
    sealed = [bytes(v.sealed) for v in Version.objects.filter(patient=story.patient)]
    secrets = [WORD.encode().hex(), wrapped.hex(), *(value.hex() for value in sealed)]
    story.erased()
    for model in apps.get_models():
        with connection.cursor() as cursor:
            cursor.execute(f'SELECT t::text FROM "{model._meta.db_table}" t')
            rows = "\n".join(row[0] for row in cursor.fetchall())
        assert WORD not in rows
        assert not any(secret in rows for secret in secrets), model._meta.label
