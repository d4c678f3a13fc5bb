"""Files of a record: sealed in pieces, bound to their place, gone with the patient's key."""

import hashlib
import io
import tracemalloc
from pathlib import Path

import pytest
from django.core.files.storage import storages

from accounts.viewer import Viewer
from core.errors import Invalid, NotFound
from core.keys import Owner, Tampered, sealer_for
from records.models import Attachment, Patient, Version
from records.selectors import opened
from records.services.attachments import attachment_read, attachment_write, attachments_forget
from records.services.binaries import INLINE, binary_create, binary_read
from tests.factories.registering import registered, registrar

pytestmark = pytest.mark.django_db
MEGABYTE = 1024**2


@pytest.fixture(autouse=True)
def folder(settings, tmp_path: Path) -> Path:
    options = {"location": str(tmp_path / "files")}
    backend = "django.core.files.storage.FileSystemStorage"
    settings.STORAGES = settings.STORAGES | {
        "attachments": {"BACKEND": backend, "OPTIONS": options}
    }
    return tmp_path / "files"


@pytest.fixture
def clerk() -> Viewer:
    return registrar()


@pytest.fixture
def patient(clerk: Viewer) -> Patient:
    return registered(clerk)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def read(row: Attachment, patient: Patient) -> bytes:
    sealer = sealer_for(Owner.patient(patient.pk))
    return b"".join(attachment_read(attachment_id=row.pk, sealer=sealer))


class Endless(io.RawIOBase):
    """So many bytes, made as they are read."""

    def __init__(self, size: int) -> None:
        self.left = size

    def read(self, size: int = -1) -> bytes:
        count = min(size, self.left)
        self.left -= count
        return b"a" * count


def test_what_was_written_comes_back_and_lies_sealed(patient: Patient, folder: Path):
    data = b"a secret of somebody " * 10_000
    row, digest = attachment_write(
        patient=patient, stream=io.BytesIO(data), content_type="text/plain"
    )
    assert digest == hashlib.sha256(data).hexdigest()
    assert row.size == len(data)
    assert read(row, patient) == data
    [path] = files(folder)
    assert b"secret" not in path.read_bytes()


@pytest.mark.parametrize("harm", ["cut", "flip", "swap"])
def test_a_changed_file_is_noticed(harm: str, patient: Patient, folder: Path):
    row, _digest = attachment_write(
        patient=patient, stream=Endless(300_000), content_type="text/plain"
    )
    [path] = files(folder)
    content, piece = path.read_bytes(), 64 * 1024 + 16
    changed = {
        "cut": content[:piece],
        "flip": content[:-1] + bytes([content[-1] ^ 1]),
        "swap": content[piece : 2 * piece] + content[:piece] + content[2 * piece :],
    }
    path.write_bytes(changed[harm])
    with pytest.raises(Tampered):
        read(row, patient)


def test_one_file_in_the_place_of_another_is_noticed(patient: Patient, folder: Path):
    rows = [
        attachment_write(patient=patient, stream=Endless(10), content_type="text/plain")[0]
        for _ in range(2)
    ]
    first, second = sorted(files(folder), key=lambda path: path.name != str(rows[0].pk))
    first.write_bytes(second.read_bytes())
    with pytest.raises(Tampered):
        read(rows[0], patient)


def test_one_that_is_too_large_leaves_nothing(patient: Patient, folder: Path):
    with pytest.raises(Invalid):
        attachment_write(patient=patient, stream=Endless(11), content_type="a/b", limit=10)
    assert not Attachment.objects.exists()
    assert not files(folder)


def test_nobody_reads_it_with_another_patients_key(patient: Patient, clerk: Viewer):
    row, _digest = attachment_write(patient=patient, stream=Endless(9), content_type="a/b")
    other = registered(clerk, family="Other")
    with pytest.raises(NotFound):
        read(row, other)


def test_fifty_megabytes_take_a_few(patient: Patient):
    tracemalloc.start()
    try:
        row, _digest = attachment_write(
            patient=patient, stream=Endless(50 * MEGABYTE), content_type="a/b"
        )
        sealer = sealer_for(Owner.patient(patient.pk))
        size = sum(map(len, attachment_read(attachment_id=row.pk, sealer=sealer)))
        _now, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == 50 * MEGABYTE
    assert most < 8 * MEGABYTE


def test_what_is_forgotten_is_gone_and_can_be_forgotten_twice(patient: Patient, folder: Path):
    attachment_write(patient=patient, stream=Endless(9), content_type="a/b")
    attachments_forget(patient.pk)
    attachments_forget(patient.pk)
    assert not files(folder)
    assert not Attachment.objects.exists()


@pytest.mark.parametrize("size", [0, 5, INLINE, INLINE + 1, 3 * INLINE + 7])
def test_a_binary_says_in_its_committed_bytes_what_it_holds(
    size: int, patient: Patient, clerk: Viewer, folder: Path
):
    version = binary_create(
        author_id=clerk.organisation.pk,
        patient=patient,
        content_type="text/plain",
        stream=Endless(size),
    )
    [found] = opened(Version.objects.filter(pk=version.pk))
    kind, pieces = binary_read(found)
    assert (kind, b"".join(pieces)) == ("text/plain", b"a" * size)
    assert bool(files(folder)) == (size > INLINE)
    if size > INLINE:
        assert hashlib.sha256(b"a" * size).hexdigest().encode() in found.document


def test_there_is_a_storage():
    assert storages["attachments"] is not None
