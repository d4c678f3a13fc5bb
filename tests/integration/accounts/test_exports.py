"""Everything about a person in one file: whole, sealed, one at a time, gone after a week."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, connection
from django.test import Client
from django.utils import timezone

from accounts.exports import building
from accounts.exports.asking import export_discard, export_of, export_start, exports_sweep
from accounts.exports.building import MOST_TRIES, export_build
from accounts.exports.files import export_read, folder
from accounts.models import DataExport, ExportState, Notice, Role, User, Wallet
from accounts.services.members import member_invite
from accounts.viewer import Viewer, viewer_for
from core.acting import NOBODY, acting_as
from core.errors import Conflict, NotFound
from core.keys import Tampered
from core.models import AuditEvent
from core.registry import PersonalData, registry
from oversight.services.cases import case_open
from records.models import Patient, Scope, Version
from records.services.consents import consent_grant
from tests.factories.people import SalusClient, UserFactory, clinician, manager
from tests.factories.privacy import copy_of, json_in, opened_copy
from tests.factories.records import observation, patient, patient_with_record

pytestmark = pytest.mark.django_db
PASSWORD = "a long password of a test"


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def viewer() -> Viewer:
    return viewer_for(UserFactory(name="Robin Reader"))


@pytest.fixture
def asked(monkeypatch) -> list[str]:
    """The copies for which a worker was asked."""
    from accounts.exports import asking

    found: list[str] = []

    class App:
        def send_task(self, name: str, args: list[str], **_: Any) -> None:
            found.extend(args)

    monkeypatch.setattr(asking, "current_app", App())
    return found


@pytest.fixture
def shown(ledger) -> tuple[Viewer, Viewer]:
    """A patient, and a clinician who may see their results and has looked."""
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), about=about)
    doctor = clinician()
    day = timezone.now().date() + timedelta(days=3)
    consent_grant(patient=row, grantee=doctor.user, scope=Scope.RESULTS, last_day=day, by=viewer)
    client = SalusClient()
    client.force_login(doctor.user)
    assert client.get(f"/patients/{row.pk}/").status_code == 200
    return viewer, doctor


def files() -> list[Path]:
    return list(folder().iterdir()) if folder().exists() else []


# -- what is in it ---------------------------------------------------------------------------------


def test_a_patient_gets_all_of_their_record(until_final: Callable[[], None]):
    about = patient()
    viewer, row, _ = patient_with_record(observation(about, "98.60"), about=about)
    doctor = clinician()
    day = timezone.now().date() + timedelta(days=3)
    consent_grant(patient=row, grantee=doctor.user, scope=Scope.RESULTS, last_day=day, by=viewer)
    client = SalusClient()
    client.force_login(doctor.user)
    assert client.get(f"/patients/{row.pk}/").status_code == 200
    until_final()
    copy = opened_copy(viewer, copy_of(viewer))
    assert copy.testzip() is None
    assert "Your health record" in copy.read("README.txt").decode()
    bundle = copy.read("record/record.json")
    assert b'"value":98.60' in bundle  # with the precision that was written
    kinds = [e["resource"]["resourceType"] for e in json_in(copy, "record/record.json")["entry"]]
    assert sorted(kinds) == ["Observation", "Patient"]
    [consent] = json_in(copy, "record/consents.json")
    assert (consent["with"], consent["ended"]) == ("Dr Test", None)
    assert consent["statements"][0]["said"]["text"].startswith("I let Dr Test see this")
    reads = json_in(copy, "audit/who-read-my-record.json")
    assert {(read["who"], read["for"]) for read in reads if read["who"] != "You"} >= {
        ("Dr Test", str(doctor.organisation))
    }
    proofs = zipfile.ZipFile(io.BytesIO(copy.read("record/proofs.zip")))
    listing = json_in(proofs, "archive.json")
    assert len(listing["consents"]) == 1
    assert {item["kind"] for item in listing["items"]} == {"fhir", "head"}
    assert json_in(copy, "account/account.json")["email"] == viewer.user.email


def test_somebody_without_a_record_gets_their_account(viewer: Viewer):
    copy = opened_copy(viewer, copy_of(viewer))
    assert json_in(copy, "account/account.json")["name"] == "Robin Reader"
    assert json_in(copy, "account/notices.json") == []
    assert json_in(copy, "account/what-i-did.json") == [
        {"at": json_in(copy, "account/what-i-did.json")[0]["at"], "name": "account.export-asked",
         "channel": "page"}
    ]  # fmt: skip
    assert not [name for name in copy.namelist() if name.startswith("shipments/")]


def test_how_somebody_signs_in_and_where_they_act_is_in_it(client: Client):
    boss = manager()
    assert boss.organisation is not None
    for email in ("nurse@example.org", boss.user.email):
        member_invite(
            organisation=boss.organisation, email=email, role=Role.NURSE, user=boss.user,
            by=boss.actor,
        )  # fmt: skip
    EmailAddress.objects.create(user=boss.user, email=boss.user.email, verified=True, primary=True)
    Wallet.objects.create(user=boss.user, address=bytes(range(20)), kind="account", name="Mine")
    client.force_login(boss.user)
    copy = opened_copy(boss, copy_of(boss))
    found = json_in(copy, "account/account.json")
    assert found["wallets"][0]["address"] == Wallet.objects.get().shown
    assert len(found["signed_in"]) == 1
    assert {step["type"] for step in found["other_second_steps"]} == {"totp", "recovery_codes"}
    assert [i["role"] for i in found["invitations"]] == ["nurse"]
    assert len(found["invitations_sent"]) == 2
    assert "nurse@example.org" not in copy.read("account/account.json").decode()


def test_what_a_patient_asked_about_their_readers_is_in_it(shown: tuple[Viewer, Viewer]):
    viewer, doctor = shown
    looks = AuditEvent.objects.filter(actor_id=doctor.user.pk, name__startswith="record.")
    case_open(events=list(looks), text="Why did they look?", by=viewer)
    [question] = json_in(opened_copy(viewer, copy_of(viewer)), "audit/questions.json")
    assert (question["question"], question["answer"]) == ("Why did they look?", "")


@pytest.mark.django_db(transaction=True)
def test_no_transaction_lasts_as_long_as_the_making(monkeypatch, until_final, shown):
    viewer, _ = shown
    until_final()
    seen = list[bool]()
    tick = building._Run.tick

    def ticked(run: Any) -> None:
        seen.append(connection.in_atomic_block)
        tick(run)

    monkeypatch.setattr(building._Run, "tick", ticked)
    copy = opened_copy(viewer, copy_of(viewer))
    assert len(seen) > 10
    assert not any(seen)
    assert len(json_in(copy, "record/record.json")["entry"]) == 2


@pytest.mark.django_db(transaction=True)
def test_row_security_gives_the_worker_the_persons_rows_and_no_others(shown, until_final):
    viewer, _ = shown
    until_final()
    stranger = viewer_for(UserFactory())
    with acting_as(NOBODY):
        # As in a worker, whose transactions begin as nobody's.
        assert not Version.objects.exclude(record__patient=None).exists()
        own, other = copy_of(viewer), copy_of(stranger)
    assert len(json_in(opened_copy(viewer, own), "record/record.json")["entry"]) == 2
    assert len(json_in(opened_copy(viewer, own), "record/consents.json")) == 1
    names = opened_copy(stranger, other).namelist()
    assert "record/record.json" not in names


def test_nothing_of_anybody_else_is_in_it(registry):
    about = patient()
    other, row, _ = patient_with_record(observation(about), about=about)
    doctor = clinician()
    day = timezone.now().date() + timedelta(days=3)
    consent_grant(patient=row, grantee=doctor.user, scope=Scope.RESULTS, last_day=day, by=other)
    client = SalusClient()
    client.force_login(doctor.user)
    client.get(f"/patients/{row.pk}/")
    copy = opened_copy(doctor, copy_of(doctor))
    everything = b"".join(copy.read(name) for name in copy.namelist()).decode()
    for secret in (str(row.pk), other.user.name, other.user.email, "Testfield"):
        assert secret not in everything


@pytest.mark.parametrize("rows", [0, 1, 199, 200, 201, 400])
def test_lists_of_any_length_are_whole(viewer: Viewer, rows: int):
    AuditEvent.objects.bulk_create(
        AuditEvent(name="account.token-issued", actor_id=viewer.user.pk, channel="api")
        for _ in range(rows)
    )
    copy = opened_copy(viewer, copy_of(viewer))
    assert len(json_in(copy, "account/what-i-did.json")) == rows + 1


# -- how it lies there -----------------------------------------------------------------------------


def test_the_file_is_noise_without_its_key(viewer: Viewer):
    row = copy_of(viewer)
    [path] = files()
    content = path.read_bytes()
    assert b"Robin" not in content
    assert not zipfile.is_zipfile(path)
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(Tampered):
        opened_copy(viewer, row)


def test_it_is_for_the_person_alone_and_taking_it_is_noted(viewer: Viewer):
    row = copy_of(viewer)
    with pytest.raises(NotFound):
        export_read(export=row, by=viewer_for(UserFactory()))
    opened_copy(viewer, row)
    names = AuditEvent.objects.order_by("pk").values_list("name", "actor_id")
    assert list(names) == [
        ("account.export-asked", viewer.user.pk), ("account.export-taken", viewer.user.pk),
    ]  # fmt: skip


def test_after_a_week_it_is_gone(viewer: Viewer, django_capture_on_commit_callbacks):
    row = copy_of(viewer)
    assert row.expires_at is not None
    assert timedelta(days=6) < row.expires_at - timezone.now() <= timedelta(days=7)
    DataExport.objects.update(expires_at=timezone.now())
    row.refresh_from_db()
    with pytest.raises(NotFound):
        export_read(export=row, by=viewer)
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            exports_sweep()
    row.refresh_from_db()
    assert (row.state, row.sealed_key) == (ExportState.GONE, None)
    assert files() == []
    assert export_of(viewer.user) is None


def test_it_can_be_deleted_at_once(viewer: Viewer, django_capture_on_commit_callbacks):
    row = copy_of(viewer)
    with django_capture_on_commit_callbacks(execute=True):
        export_discard(user=viewer.user)
    assert files() == []
    row.refresh_from_db()
    with pytest.raises(NotFound):
        export_read(export=row, by=viewer)


def test_who_asked_learns_that_it_is_ready(viewer: Viewer):
    copy_of(viewer)
    assert Notice.objects.get(user=viewer.user).type == "export-ready"


# -- one at a time, whatever dies ------------------------------------------------------------------


def test_a_second_one_is_not_begun_while_one_is_made(viewer: Viewer):
    export_start(by=viewer)
    with pytest.raises(Conflict):
        export_start(by=viewer)
    with pytest.raises(IntegrityError):
        DataExport.objects.create(user=viewer.user)


def test_a_new_one_replaces_the_old_one(viewer: Viewer, django_capture_on_commit_callbacks):
    first = copy_of(viewer)
    with django_capture_on_commit_callbacks(execute=True):
        second = export_start(by=viewer)
    first.refresh_from_db()
    assert first.state == ExportState.GONE
    assert files() == []
    assert export_of(viewer.user) == second


def test_made_twice_it_is_made_once(viewer: Viewer):
    row = copy_of(viewer)
    before = files()
    export_build(export_id=row.pk)
    export_build(export_id=uuid4())
    assert files() == before
    assert DataExport.objects.get().tries == 1


def test_a_run_that_lives_is_left_alone(viewer: Viewer):
    row = export_start(by=viewer)
    DataExport.objects.update(state="building", run=uuid4(), beat_at=timezone.now())
    export_build(export_id=row.pk)
    assert DataExport.objects.get().state == ExportState.BUILDING
    assert files() == []


class Killed(BaseException):
    """As when a worker's process is killed: nothing of it goes on."""


def test_what_a_killed_worker_left_is_begun_again(
    viewer: Viewer, asked: list[str], monkeypatch, django_capture_on_commit_callbacks
):
    def killed(run: Any, content: Any, *_: Any) -> None:
        raise Killed

    row = export_start(by=viewer)
    with monkeypatch.context() as patched:
        patched.setattr(building, "_put", killed)
        with pytest.raises(Killed):
            export_build(export_id=row.pk)
    assert len(files()) == 1
    asked.clear()
    with django_capture_on_commit_callbacks(execute=True):
        exports_sweep()
    assert asked == []  # it may still live
    DataExport.objects.update(beat_at=timezone.now() - timedelta(minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        exports_sweep()
    assert asked == [str(row.pk)]
    export_build(export_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.tries) == (ExportState.READY, 2)
    assert json_in(opened_copy(viewer, row), "account/account.json")["name"] == "Robin Reader"
    assert len(files()) == 2
    exports_sweep()
    assert [path.name for path in files()] == [f"{row.pk}.{row.run}"]


def test_a_run_that_was_thought_dead_hands_over_nothing(viewer: Viewer, monkeypatch):
    row = export_start(by=viewer)
    really = building._write

    def slow(run: Any, key: bytes) -> int:
        size = really(run, key)
        with monkeypatch.context() as patched:  # meanwhile another worker makes it
            patched.setattr(building, "_write", really)
            DataExport.objects.update(beat_at=timezone.now() - timedelta(minutes=1))
            export_build(export_id=row.pk)
        return size

    monkeypatch.setattr(building, "_write", slow)
    export_build(export_id=row.pk)
    row.refresh_from_db()
    assert row.state == ExportState.READY
    assert [path.name for path in files()] == [f"{row.pk}.{row.run}"]
    assert Notice.objects.get().count == 1


def test_what_is_not_wanted_any_more_stops(
    viewer: Viewer, monkeypatch, django_capture_on_commit_callbacks
):
    row = export_start(by=viewer)
    monkeypatch.setattr(building, "BEAT_EVERY", 0)
    really = building._put

    def discarded(*args: Any) -> None:
        really(*args)
        with django_capture_on_commit_callbacks(execute=True):
            export_discard(user=viewer.user)

    monkeypatch.setattr(building, "_put", discarded)
    export_build(export_id=row.pk)
    row.refresh_from_db()
    assert row.state == ExportState.GONE
    assert files() == []


def test_what_never_ends_is_given_up(viewer: Viewer):
    row = export_start(by=viewer)
    old = timezone.now() - timedelta(minutes=1)
    DataExport.objects.update(state="building", run=uuid4(), beat_at=old, tries=MOST_TRIES)
    export_build(export_id=row.pk)
    assert DataExport.objects.get().state == ExportState.FAILED
    assert export_start(by=viewer).state == ExportState.WAITING


def test_it_says_how_far_it_is(viewer: Viewer, monkeypatch):
    monkeypatch.setattr(building, "BEAT_EVERY", 0)
    seen = list[tuple[int, int]]()
    really = building._Run._say

    def say(run: Any) -> None:
        really(run)
        seen.append(DataExport.objects.values_list("done", "total").get())

    monkeypatch.setattr(building._Run, "_say", say)
    row = copy_of(viewer)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {row.total}
    assert row.done == row.total


def test_a_copy_takes_the_same_memory_for_any_record(viewer: Viewer, monkeypatch):
    import tracemalloc

    def pieces(count: int) -> PersonalData:
        def export(user_id: Any) -> Iterator[tuple[str, bytes]]:
            yield from (("big.bin", piece) for _ in range(count))

        return PersonalData("big", "x", 99, "", frozenset(), lambda user_id: 1, export)

    piece = bytes(100_000)
    peaks = []
    for count in (10, 500):
        monkeypatch.setattr(registry, "personal_data", [pieces(count)])
        tracemalloc.start()
        row = copy_of(viewer)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert row.size > 0
    assert peaks[1] < peaks[0] + 500_000


# -- the page --------------------------------------------------------------------------------------


@pytest.fixture
def user() -> User:
    made = UserFactory()
    made.set_password(PASSWORD)
    made.save()
    return made


@pytest.fixture
def signed_in(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def confirmed(signed_in: Client) -> Client:
    """Somebody who has just entered the password once more."""
    assert signed_in.post("/account/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return signed_in


def test_the_password_is_asked_for_before_it_is_made_and_before_it_is_taken(
    signed_in: Client, user: User
):
    assert signed_in.get("/account/data/").status_code == 200
    assert signed_in.post("/account/data/")["Location"].startswith("/account/reauthenticate/")
    assert not DataExport.objects.exists()
    copy_of(viewer_for(user))
    answer = signed_in.get("/account/data/file/")
    assert answer["Location"].startswith("/account/reauthenticate/")


def test_from_asking_to_taking(confirmed: Client, user: User, asked: list[str]):
    for _ in range(2):  # two clicks ask once
        assert confirmed.post("/account/data/")["Location"] == "/account/data/"
    row = DataExport.objects.get()
    assert b"waiting for its turn" in confirmed.get("/account/data/").content
    assert b'id="export"' in confirmed.get("/account/data/progress/").content
    assert confirmed.get("/account/data/file/").status_code == 404
    export_build(export_id=row.pk)
    assert confirmed.get("/account/data/progress/")["HX-Redirect"] == "/account/data/"
    assert b"Your copy is ready" in confirmed.get("/account/data/").content
    answer = confirmed.get("/account/data/file/")
    content = b"".join(answer.streaming_content)
    assert zipfile.ZipFile(io.BytesIO(content)).testzip() is None
    assert len(content) == int(answer["Content-Length"])
    assert answer["Content-Disposition"].startswith('attachment; filename="salus-')
    assert answer["Cache-Control"] == "private, no-store"
    confirmed.post("/account/data/", {"delete": "1"})
    assert confirmed.get("/account/data/file/").status_code == 404


def test_nobody_else_gets_it(confirmed: Client, viewer: Viewer):
    copy_of(viewer)
    assert confirmed.get("/account/data/file/").status_code == 404
    assert b"Your copy is ready" not in confirmed.get("/account/data/").content


def test_the_record_of_a_patient_without_a_log_is_there_without_proofs():
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), about=about)
    assert Patient.objects.get(pk=row.pk).account == viewer.user
    copy = opened_copy(viewer, copy_of(viewer))
    assert len(json_in(copy, "record/record.json")["entry"]) == 2
    assert json_in(copy, "record/consents.json") == []
