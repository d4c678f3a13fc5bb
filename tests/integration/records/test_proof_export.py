"""The archive of a person's proofs, and the head that they keep: checked as a stranger would."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

import salus_verify
from accounts.viewer import Viewer
from chain.contracts import current_registry
from chain.heads import heads_of
from chain.models import Commitment, Contract
from chain.proofs import kept_head, trust_file
from core.audit import Actor, pseudonym
from core.models import AuditEvent, DataKey
from records.models import Patient, Scope
from records.services.consents import consent_grant, consent_revoke
from records.services.exporting import export_proofs
from tests.factories.audit import told
from tests.factories.people import UserFactory, clinician
from tests.factories.records import allergy, observation, patient, patient_with_record

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
Run = Callable[[], None]


def record() -> tuple[Viewer, Patient]:
    about = patient()
    viewer, row, _ = patient_with_record(observation(about), allergy(about), about=about)
    return viewer, row


def share(viewer: Viewer, row: Patient, *, ended: bool = False) -> None:
    consent = consent_grant(
        patient=row, grantee=clinician().user, scope=Scope.EVERYTHING,
        last_day=timezone.now().date() + timedelta(days=1), by=viewer,
    )  # fmt: skip
    if ended:
        consent_revoke(consent=consent, by=viewer)


def exported(row: Patient) -> io.BytesIO:
    file = io.BytesIO()
    export_proofs(row, file, by=Actor.system("test"))
    file.seek(0)
    return file


def checked(file: io.BytesIO, log: Contract, against: bytes | None = None) -> salus_verify.Report:
    trust = json.dumps(trust_file(log, current_registry())).encode()
    node = salus_verify.node_at(django_settings.CHAIN_RPC_URL)
    return salus_verify.verify_archive(file, trust, [node], against=against)


def test_a_stranger_finds_everything_proven(ledger: Contract, until_final: Run):
    viewer, row = record()
    share(viewer, row)
    share(viewer, row, ended=True)
    until_final()
    file = exported(row)
    head = json.dumps(kept_head(heads_of(row.pk)[0])).encode()
    report = checked(file, ledger, head)
    assert report.exit_code == 0, report.steps
    with zipfile.ZipFile(file) as zipped:
        listing = json.loads(zipped.read("archive.json"))
        assert len(listing["consents"]) == 2
        assert {item["kind"] for item in listing["items"]} == {"fhir", "head"}
        assert listing["missing"] == []
        names = zipped.namelist()
    assert len(names) == len(set(names)) == len(listing["items"]) + 2 + 3


def test_several_batches_share_one_tree_file(ledger: Contract, until_final: Run):
    viewer, row = record()
    until_final()
    share(viewer, row)
    until_final()
    file = exported(row)
    assert checked(file, ledger).exit_code == 0
    with zipfile.ZipFile(file) as zipped:
        tree = json.loads(zipped.read("tree.json"))
    assert [batch["sequence"] for batch in tree["batches"]] == [1, 2]


def test_an_older_head_still_fits_and_a_newer_one_shows_what_is_missing(
    ledger: Contract, until_final: Run
):
    viewer, row = record()
    until_final()
    early, old = exported(row), json.dumps(kept_head(heads_of(row.pk)[0])).encode()
    share(viewer, row)
    until_final()
    new = json.dumps(kept_head(heads_of(row.pk)[0])).encode()
    assert checked(exported(row), ledger, old).exit_code == 0
    assert checked(early, ledger, new).exit_code == 1


def test_what_is_not_final_is_named(ledger: Contract, until_final: Run):
    viewer, row = record()
    until_final()
    share(viewer, row)
    file = exported(row)
    with zipfile.ZipFile(file) as zipped:
        [missing] = json.loads(zipped.read("archive.json"))["missing"]
    consent = Commitment.objects.get(kind="consent")
    assert missing == {"commitment": "0x" + bytes(consent.digest).hex(), "reason": "not-final"}
    assert checked(file, ledger).exit_code == 0


def test_the_export_is_audited(ledger: Contract, until_final: Run):
    _, row = record()
    until_final()
    exported(row)
    event = AuditEvent.objects.get(name="proof.read", subject=pseudonym(row.pk))
    assert told(event, row.pk).target == "archive"


def test_the_command_writes_one_private_file(ledger: Contract, until_final: Run, tmp_path: Path):
    _, row = record()
    until_final()
    path, said = tmp_path / "all.zip", io.StringIO()
    call_command("export_proofs", str(row.pk), output=path, stdout=said)
    assert "under 1 entries of the log" in said.getvalue()
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert checked(io.BytesIO(path.read_bytes()), ledger).exit_code == 0


def test_the_command_leaves_nothing_behind_for_an_erased_record(
    ledger: Contract, until_final: Run, tmp_path: Path
):
    _, row = record()
    until_final()
    key = DataKey.objects.get(owner_id=row.pk)
    key.wrapped, key.destroyed_at = None, key.created_at
    key.save()
    with pytest.raises(CommandError):
        call_command("export_proofs", str(row.pk), output=tmp_path / "all.zip")
    assert list(tmp_path.iterdir()) == []


def test_there_must_be_such_a_patient(tmp_path: Path):
    with pytest.raises(CommandError, match="no patient"):
        call_command("export_proofs", str(uuid4()), output=tmp_path / "all.zip")


# -- the page --------------------------------------------------------------------------------------


def test_the_person_downloads_their_newest_head(ledger: Contract, until_final: Run, client: Client):
    viewer, _ = record()
    until_final()
    client.force_login(viewer.user)
    page = client.get("/my-health/seals/").content.decode()
    assert "Keep this seal" in page
    answer = client.get("/my-health/seals/newest.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    assert json.loads(answer.content)["format"] == "salus-kept-head/1"


def test_before_the_first_seal_the_page_says_so(client: Client):
    viewer, _ = record()
    client.force_login(viewer.user)
    assert "Nothing is sealed yet" in client.get("/my-health/seals/").content.decode()
    assert client.get("/my-health/seals/newest.json").status_code == 404


def test_nobody_else_has_anything_to_download(ledger: Contract, until_final: Run, client: Client):
    record()
    until_final()
    client.force_login(UserFactory())
    assert b"salus-kept-head" not in client.get("/my-health/seals/newest.json").content
